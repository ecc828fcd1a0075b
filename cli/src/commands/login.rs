//! `hackstream login` and `logout`.

use std::process::ExitCode;

use clap::Args;

use crate::api::is_unknown_token;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::login::Person;
use crate::login::password::Password;
use crate::terminal::out;

const EXAMPLES: &str = "\
Examples:
  hackstream login
      Asks for name and password; what is typed as a password is not shown.
  pass show hub | hackstream login --username ann --password-stdin
      For scripts. There is no option for the password itself: others would see it.";

/// Arguments of `login`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Login {
    /// Who
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Arguments of `logout`.
#[derive(Args, Clone, Debug)]
pub struct Logout {}

impl Login {
    /// Logs in.
    ///
    /// # Errors
    /// What the hub says; if nobody can be asked; those of files.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let mut settings = context.settings()?;
        if settings.api_url.is_none() {
            settings = super::configure::first_run(context)?;
        }
        settings.username = self.username.clone().or(settings.username);
        let person = context.person(Context::api(&settings)?, &settings);
        if !self.password_stdin {
            by_person(&person)?;
            return Ok(ExitCode::SUCCESS);
        }
        let username = settings
            .username
            .ok_or_else(|| CliError::Usage("--password-stdin also needs --username".to_owned()))?;
        let password = Password::first_line(std::io::stdin().lock())?;
        finish(&person, &username, password)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks for name and password, and logs in with them.
///
/// # Errors
/// Those of [`Login::run`].
pub fn by_person(person: &Person<'_>) -> Result<(), CliError> {
    let context = person.context;
    let username = context.ask("Username", person.username.as_deref())?;
    let password = Password::ask(context, "Password: ")?;
    finish(person, &username, password)
}

fn finish(person: &Person<'_>, username: &str, password: Password) -> Result<(), CliError> {
    person.log_in_as(username, password)?;
    out::tell(&format!(
        "Logged in to {} as {username}.",
        person.api.address()
    ))
}

impl Logout {
    /// Voids the tokens and forgets them.
    ///
    /// # Errors
    /// If the hub cannot be told; the tokens are forgotten here all the same.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let settings = context.settings()?;
        let person = context.person(Context::api(&settings)?, &settings);
        let locked = person.store.lock()?;
        let Some(kept) = locked.load()? else {
            out::tell("Nobody was logged in.")?;
            return Ok(ExitCode::SUCCESS);
        };
        locked.remove()?;
        let request = Request::post_nothing("/v1/logout");
        match person.api.send(&request, Some(&kept.access_token)) {
            // An access token that is past its time cannot void the other one, which nobody has now.
            Err(error) if !is_unknown_token(&error) => {
                out::tell("The tokens are gone from this machine, but the hub was not told:")?;
                return Err(error);
            }
            _ => out::tell(&format!("{} is logged out.", kept.username))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
