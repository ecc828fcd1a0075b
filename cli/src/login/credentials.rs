//! The tokens on this machine: one file for its owner alone. Nothing else knows where they are, so that
//! a keyring can take the file's place.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hackstream_control_api::time::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::config::address::HubAddress;
use crate::config::private_file::{self, Lock};
use crate::error::CliError;

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

/// The logins by hubs.
type File = BTreeMap<HubAddress, Kept>;

/// Where the login to one hub is kept.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    hub: HubAddress,
}

/// The same while nobody else changes it.
#[derive(Debug)]
pub struct Locked<'a> {
    store: &'a Store,
    _lock: Lock,
}

impl Store {
    /// That of this hub in this file.
    #[must_use]
    pub const fn new(path: PathBuf, hub: HubAddress) -> Self {
        Self { path, hub }
    }

    /// What is kept.
    ///
    /// # Errors
    /// If the file cannot be read, others can read it, or it makes no sense.
    pub fn load(&self) -> Result<Option<Kept>, CliError> {
        Ok(self.all()?.remove(&self.hub))
    }

    /// Has other processes wait.
    ///
    /// # Errors
    /// If the file cannot be locked.
    pub fn lock(&self) -> Result<Locked<'_>, CliError> {
        Ok(Locked {
            store: self,
            _lock: Lock::of(&self.path)?,
        })
    }

    fn all(&self) -> Result<File, CliError> {
        let Some(text) = private_file::read(&self.path)? else {
            return Ok(File::new());
        };
        // What serde says could quote a token.
        serde_json::from_str(&text).map_err(|error| CliError::Damaged {
            path: self.path.clone(),
            reason: format!("line {}, column {}", error.line(), error.column()),
        })
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

    /// Keeps this. When it returns it is on the disk.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn save(&self, kept: &Kept) -> Result<(), CliError> {
        let mut all = self.store.all()?;
        all.insert(self.store.hub.clone(), kept.clone());
        self.write(&all)
    }

    /// Forgets the login.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn remove(&self) -> Result<(), CliError> {
        let mut all = self.store.all()?;
        all.remove(&self.store.hub);
        if all.is_empty() {
            return private_file::remove(&self.store.path);
        }
        self.write(&all)
    }

    fn write(&self, all: &File) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(all);
        let text = text.map_err(|error| CliError::Failed(error.to_string()))?;
        private_file::write(&self.store.path, &text)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hub_has_its_login() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials.json");
        let store = |hub: &str| Store::new(path.clone(), hub.parse().unwrap());
        let kept = |name: &str| Kept {
            username: name.to_owned(),
            access_token: "hsa_secret".to_owned(),
            refresh_token: "hsr_secret".to_owned(),
            good_until: UnixMillis(1),
        };
        let (one, two) = (store("one.example"), store("two.example"));
        assert_eq!(one.load().unwrap(), None);
        one.lock().unwrap().save(&kept("ann")).unwrap();
        two.lock().unwrap().save(&kept("bob")).unwrap();
        assert_eq!(one.load().unwrap(), Some(kept("ann")));
        one.lock().unwrap().remove().unwrap();
        assert_eq!(
            (one.load().unwrap(), two.load().unwrap()),
            (None, Some(kept("bob")))
        );
        two.lock().unwrap().remove().unwrap();
        assert!(!path.exists());
        assert!(!format!("{:?}", kept("ann")).contains("secret"));
    }

    #[test]
    fn a_damaged_file_is_named_and_not_shown() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials.json");
        private_file::write(&path, "{\"https://a\": \"hsr_secret\"}").unwrap();
        let error = Store::new(path, "a.example".parse().unwrap())
            .load()
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("credentials.json") && !text.contains("secret"),
            "{text}"
        );
    }
}
