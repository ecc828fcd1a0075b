//! The tokens in a file for its owner alone, where there is no keyring.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Kept;
use crate::config::address::HubAddress;
use crate::config::private_file;
use crate::error::CliError;

/// The logins by hubs.
type Logins = BTreeMap<HubAddress, Kept>;

/// The file.
#[derive(Clone, Debug)]
pub struct File(PathBuf);

impl File {
    /// The one of this path, which need not be there.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is kept of the login to this hub.
    ///
    /// # Errors
    /// If the file cannot be read, others can read it, or it makes no sense.
    pub fn load(&self, hub: &HubAddress) -> Result<Option<Kept>, CliError> {
        Ok(self.all()?.remove(hub))
    }

    /// Keeps this. When it returns it is on the disk.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn save(&self, hub: &HubAddress, kept: &Kept) -> Result<(), CliError> {
        let mut all = self.all()?;
        all.insert(hub.clone(), kept.clone());
        self.write(&all)
    }

    /// Forgets the login, if it is there.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn remove(&self, hub: &HubAddress) -> Result<(), CliError> {
        let mut all = self.all()?;
        match (all.remove(hub), all.is_empty()) {
            (None, _) => Ok(()),
            (Some(_), true) => private_file::remove(&self.0),
            (Some(_), false) => self.write(&all),
        }
    }

    fn all(&self) -> Result<Logins, CliError> {
        let Some(text) = private_file::read(&self.0)? else {
            return Ok(Logins::new());
        };
        // What serde says could quote a token.
        serde_json::from_str(&text).map_err(|error| CliError::Damaged {
            path: self.0.clone(),
            reason: format!("line {}, column {}", error.line(), error.column()),
        })
    }

    fn write(&self, all: &Logins) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(all);
        let text = text.map_err(|error| CliError::Failed(error.to_string()))?;
        private_file::write(&self.0, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::UnixMillis;

    #[test]
    fn each_hub_has_its_login() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials.json");
        let file = File::new(path.clone());
        let kept = |name: &str| Kept {
            username: name.to_owned(),
            access_token: "hsa_secret".to_owned(),
            refresh_token: "hsr_secret".to_owned(),
            good_until: UnixMillis(1),
        };
        let (one, two) = (
            "one.example".parse().unwrap(),
            "two.example".parse().unwrap(),
        );
        assert_eq!(file.load(&one).unwrap(), None);
        file.remove(&one).unwrap();
        file.save(&one, &kept("ann")).unwrap();
        file.save(&two, &kept("bob")).unwrap();
        assert_eq!(file.load(&one).unwrap(), Some(kept("ann")));
        file.remove(&one).unwrap();
        assert_eq!(
            (file.load(&one).unwrap(), file.load(&two).unwrap()),
            (None, Some(kept("bob")))
        );
        file.remove(&two).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_damaged_file_is_named_and_not_shown() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials.json");
        private_file::write(&path, "{\"https://a\": \"hsr_secret\"}").unwrap();
        let hub = "a.example".parse().unwrap();
        let text = File::new(path).load(&hub).unwrap_err().to_string();
        assert!(
            text.contains("credentials.json") && !text.contains("secret"),
            "{text}"
        );
    }
}
