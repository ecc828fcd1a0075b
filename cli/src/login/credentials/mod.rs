//! The tokens on this machine: in the keyring of the desktop, else in a file for its owner alone. Nothing
//! else knows where they are.

pub mod file;
pub mod keyring;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use hackstream_control_api::time::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::config::address::HubAddress;
use crate::config::private_file::Lock;
use crate::config::settings::TokensIn;
use crate::error::CliError;
use crate::terminal::out;
use file::File;
use keyring::{Keyring, Trouble};

/// What is kept of a login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who logged in.
    pub username: String,
    /// What is shown with each request.
    pub access_token: String,
    /// What it is renewed with, once.
    pub refresh_token: String,
    /// When the access token ends, by this machine's clock.
    pub good_until: UnixMillis,
}

/// What the person was warned of: one line for each command, however often the keyring is asked.
#[derive(Debug, Default)]
pub struct Warning(OnceLock<String>);

/// Where the login to one hub is kept.
#[derive(Clone, Debug)]
pub struct Store<'a> {
    /// What the person wishes.
    pub wish: TokensIn,
    /// Which hub.
    pub hub: HubAddress,
    /// The file. It is also what processes take turns by, wherever the tokens are.
    pub file: File,
    /// The keyring, which is not asked before it is needed.
    pub keyring: &'a dyn Keyring,
    /// What the person was warned of.
    pub warning: &'a Warning,
}

/// The same while nobody else changes it.
#[derive(Debug)]
pub struct Locked<'a> {
    store: &'a Store<'a>,
    _lock: Lock,
}

/// Where the next tokens will be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// For a person: where, and why there.
    pub text: String,
    /// Whether a keyring is there that cannot be used.
    pub is_doubtful: bool,
}

impl<'a> Store<'a> {
    /// What is kept.
    ///
    /// # Errors
    /// If the file cannot be read, others can read it, or it makes no sense; [`CliError::Keyring`] where
    /// the keyring cannot do without being replaced.
    pub fn load(&self) -> Result<Option<Kept>, CliError> {
        let in_file = self.file.load(&self.hub)?;
        if self.wish == TokensIn::File {
            return Ok(in_file);
        }
        let in_keyring = self.unless_in_trouble(self.keyring.load(&self.hub))?;
        Ok(newer(in_keyring.flatten(), in_file))
    }

    /// Has other processes wait.
    ///
    /// # Errors
    /// If the file cannot be locked.
    pub fn lock(&'a self) -> Result<Locked<'a>, CliError> {
        Ok(Locked {
            store: self,
            _lock: Lock::of(self.file.path())?,
        })
    }

    /// Where the next tokens will be kept. Asks the keyring, and never the person.
    ///
    /// # Errors
    /// [`CliError::Keyring`] where they have to be in the keyring and cannot.
    pub fn whereabouts(&self) -> Result<Whereabouts, CliError> {
        let file = self.file.path().display();
        let wish = self.wish.name();
        let (text, is_doubtful) = match (self.wish, self.keyring_if_wished()) {
            (_, None) => (format!("in {file} (tokens = {wish})"), false),
            (_, Some(Ok(()))) => {
                let text = format!("in the system's keyring (tokens = {wish})");
                match self.file.load(&self.hub)? {
                    Some(_) => (format!("{text}; until they are renewed in {file}"), false),
                    None => (text, false),
                }
            }
            (TokensIn::Keyring, Some(Err(trouble))) => return Err(refused(&trouble)),
            (_, Some(Err(trouble))) => (
                format!("in {file} (tokens = {wish}): {trouble}"),
                !matches!(trouble, Trouble::Absent(_)),
            ),
        };
        Ok(Whereabouts { text, is_doubtful })
    }

    fn keyring_if_wished(&self) -> Option<Result<(), Trouble>> {
        (self.wish != TokensIn::File).then(|| self.keyring.check())
    }

    /// What the keyring did; `None` if the file has to do it instead, of which the person is told where
    /// they would expect something else.
    fn unless_in_trouble<T>(&self, asked: Result<T, Trouble>) -> Result<Option<T>, CliError> {
        match (asked, self.wish) {
            (Ok(done), _) => Ok(Some(done)),
            (Err(trouble), TokensIn::Keyring) => Err(refused(&trouble)),
            (Err(Trouble::Absent(_)), _) => Ok(None),
            (Err(trouble), _) => {
                let path = self.file.path().display();
                self.warning
                    .once(format!("{trouble}; {path} is used instead"));
                Ok(None)
            }
        }
    }
}

impl Locked<'_> {
    /// What is kept.
    ///
    /// # Errors
    /// Those of [`Store::load`].
    pub fn load(&self) -> Result<Option<Kept>, CliError> {
        self.store.load()
    }

    /// Keeps this, in one place alone. When it returns it is kept: where the keyring refuses, in the file.
    ///
    /// # Errors
    /// Those of [`Store::load`], or if the file cannot be written.
    pub fn save(&self, kept: &Kept) -> Result<(), CliError> {
        let store = self.store;
        if store.wish == TokensIn::File {
            return store.file.save(&store.hub, kept);
        }
        if store.file.load(&store.hub)?.is_some() {
            // What follows may wait for the person, who may leave, and the old refresh token is void.
            store.file.save(&store.hub, kept)?;
        }
        match store.unless_in_trouble(store.keyring.save(&store.hub, kept))? {
            // Only now: whoever is interrupted here has them twice, and the newer ones count.
            Some(()) => store.file.remove(&store.hub),
            None => store.file.save(&store.hub, kept),
        }
    }

    /// Forgets the login, wherever it is.
    ///
    /// # Errors
    /// Those of [`Self::save`].
    pub fn remove(&self) -> Result<(), CliError> {
        let store = self.store;
        store.file.remove(&store.hub)?;
        if store.wish != TokensIn::File {
            store.unless_in_trouble(store.keyring.remove(&store.hub))?;
        }
        Ok(())
    }
}

impl Warning {
    fn once(&self, text: String) {
        if self.0.set(text.clone()).is_ok() {
            // Who reads nothing needs no warning.
            let _ = out::tell(&format!("warning: {text}"));
        }
    }
}

/// Of two logins to one hub, the one that was made last: what the other one is renewed with is void. There
/// are two where a keyring could not be written, or a process ended between two steps.
fn newer(in_keyring: Option<Kept>, in_file: Option<Kept>) -> Option<Kept> {
    let all = [in_file, in_keyring].into_iter().flatten();
    // Of equals it is the last.
    all.max_by_key(|kept| kept.good_until)
}

fn refused(trouble: &Trouble) -> CliError {
    CliError::Keyring(trouble.to_string())
}

// Tokens stay out of logs.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("username", &self.username)
            .field("good_until", &self.good_until)
            .finish_non_exhaustive()
    }
}
