//! Who the person is for the hub: tokens, kept and renewed, and asked for when they are gone.

pub mod credentials;
pub mod password;
pub mod rotation;

use hackstream_control_api::login::{Login, Refresh, Tokens as Granted};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::UnixMillis;

use crate::api::Api;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::witness::Witness;
use credentials::{Kept, Store};
use password::Password;

/// A service token, for programs: used as it is, and instead of a login.
pub const TOKEN_VARIABLE: &str = "HACKSTREAM_API_TOKEN";

/// Where the tokens of this command come from.
#[derive(Debug)]
pub enum Tokens<'a> {
    /// One that a program was given.
    Service(String),
    /// Those of a person.
    Person(Box<Person<'a>>),
}

/// A person with an account, or one who says so when asked.
#[derive(Debug)]
pub struct Person<'a> {
    /// The hub.
    pub api: Api,
    /// Where the tokens are kept.
    pub store: Store<'a>,
    /// What is remembered of the hub's audit log.
    pub witness: Witness,
    /// How the person can be asked.
    pub context: &'a Context,
    /// Who it is, unless they type something else.
    pub username: Option<String>,
}

impl Tokens<'_> {
    /// An access token that should be good.
    ///
    /// # Errors
    /// [`CliError::NotLoggedIn`] if there is none and nobody can be asked; those of the hub and of
    /// files.
    pub fn access(&self) -> Result<String, CliError> {
        match self {
            Self::Service(token) => Ok(token.clone()),
            Self::Person(person) => person.access(),
        }
    }

    /// Another access token, as the hub does not take this one.
    ///
    /// # Errors
    /// Those of [`Self::access`].
    pub fn renew(&self, refused: &str) -> Result<String, CliError> {
        match self {
            Self::Service(_) => Err(CliError::NotLoggedIn(format!(
                "the hub does not take the token in {TOKEN_VARIABLE}: it may have expired; make \
                 another one"
            ))),
            Self::Person(person) => person.renew(refused),
        }
    }

    /// What is kept of the person, if it is one.
    ///
    /// # Errors
    /// Those of files.
    pub fn kept(&self) -> Result<Option<Kept>, CliError> {
        match self {
            Self::Service(_) => Ok(None),
            Self::Person(person) => person.store.load(),
        }
    }
}

impl Person<'_> {
    fn access(&self) -> Result<String, CliError> {
        let kept = self.store.load()?;
        match rotation::next(kept.as_ref(), None, self.context.now()) {
            rotation::Next::Use(token) => Ok(token),
            rotation::Next::Refresh(_) => self.refresh(None),
            rotation::Next::LogIn => self.log_in(),
        }
    }

    fn renew(&self, refused: &str) -> Result<String, CliError> {
        self.refresh(Some(refused))
    }

    /// Exchanges the refresh token, unless another process has done so meanwhile: the hub takes each
    /// once.
    fn refresh(&self, refused: Option<&str>) -> Result<String, CliError> {
        let locked = self.store.lock()?;
        let kept = locked.load()?;
        match rotation::next(kept.as_ref(), refused, self.context.now()) {
            rotation::Next::Use(token) => return Ok(token),
            rotation::Next::LogIn => {}
            rotation::Next::Refresh(kept) => {
                let known = self.witness.load()?;
                let body = Refresh {
                    refresh_token: kept.refresh_token.clone(),
                    seen: known.as_ref().map(|known| known.end.seq),
                };
                let request = Request::post("/v1/token/refresh", &body)?;
                match self.api.ask::<Granted>(&request, None) {
                    Ok(granted) => {
                        let shown = granted.audit.clone();
                        let renewed = self.kept(kept.username.clone(), granted);
                        // First of all: the old refresh token is void by now.
                        locked.save(&renewed)?;
                        self.context.heard(&self.witness, known.as_ref(), &shown)?;
                        return Ok(renewed.access_token);
                    }
                    Err(CliError::Refused(problem)) if problem.status == 401 => {
                        locked.remove()?;
                        self.warn_of_copy(&problem)?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        drop(locked);
        self.log_in()
    }

    /// That somebody else used this login is more than that it is over: the person has to know.
    fn warn_of_copy(&self, problem: &Problem) -> Result<(), CliError> {
        match problem.code {
            Code::TokenReused => self.context.tell(
                "warning: what renews this login was used twice, so somebody else may have a copy of it. \
                 The hub has voided the login. `hackstream audit` shows what was done with it; if that \
                 was not you, change your password",
            ),
            _ => Ok(()),
        }
    }

    /// Asks the person, up to three times.
    fn log_in(&self) -> Result<String, CliError> {
        if !self.context.may_ask() {
            return Err(CliError::NotLoggedIn(format!(
                "you are not logged in to {}, or the login has expired: run `hackstream login`",
                self.api.address()
            )));
        }
        self.context
            .tell(&format!("Log in to {}", self.api.address()))?;
        for tries_left in (0..3).rev() {
            let username = self.context.ask("Username", self.username.as_deref())?;
            let password = Password::ask(self.context, "Password: ")?;
            match self.log_in_as(&username, password) {
                Err(error) if tries_left > 0 && is_wrong(&error) => {
                    self.context.tell(&format!("{error}."))?;
                }
                logged_in => return logged_in.map(|kept| kept.access_token),
            }
        }
        Err(CliError::NotLoggedIn("not logged in".to_owned()))
    }

    /// Logs in with what is known, and keeps the tokens.
    ///
    /// # Errors
    /// What the hub says, and those of files.
    pub fn log_in_as(&self, username: &str, password: Password) -> Result<Kept, CliError> {
        let known = self.witness.load()?;
        let login = Login {
            username: username.to_owned(),
            password: password.into_text(),
            device: Some(self.context.device()),
            seen: known.as_ref().map(|known| known.end.seq),
        };
        let request = Request::post("/v1/login", &login)?;
        let granted: Granted = self.api.ask(&request, None)?;
        let shown = granted.audit.clone();
        let kept = self.kept(username.to_owned(), granted);
        self.store.lock()?.save(&kept)?;
        self.context.heard(&self.witness, known.as_ref(), &shown)?;
        Ok(kept)
    }

    fn kept(&self, username: String, granted: Granted) -> Kept {
        Kept {
            username,
            good_until: self.context.now().plus(granted.expires_in),
            access_token: granted.access_token,
            refresh_token: granted.refresh_token,
        }
    }
}

fn is_wrong(error: &CliError) -> bool {
    error
        .problem()
        .is_some_and(|problem| problem.code == Code::LoginFailed)
}

/// Times of this machine; that of the hub may differ.
pub(crate) fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    UnixMillis(u64::try_from(millis).unwrap_or(u64::MAX))
}
