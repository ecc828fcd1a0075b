//! What a person sets, and how the command line, the environment and the file are brought together.

use std::path::PathBuf;

use clap::ValueEnum;
use hackstream_ticket::KeyHash;
use serde::{Deserialize, Serialize};

use super::address::HubAddress;
use crate::error::CliError;

/// The settings in the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Where the hub is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_url: Option<HubAddress>,
    /// The key that it must have, if no authority of this machine vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Who logs in, unless something else is typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The viewer's program, if it is not `hackstream-view` beside this one or in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<PathBuf>,
    /// Where the tokens of a login are kept; [`TokensIn::Auto`] if it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokensIn>,
    /// What another version keeps here.
    #[serde(flatten)]
    pub others: toml::Table,
}

/// Where the tokens of a login are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokensIn {
    /// In the keyring if there is one that works, else in the file.
    #[default]
    Auto,
    /// In the keyring, or nowhere.
    Keyring,
    /// In the file; nobody looks for a keyring.
    File,
}

/// SHA-256 of the hub's public key, written `sha256:HEX` as hackstreamd prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(pub KeyHash);

/// Names of settings, as `config set` takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Key {
    /// Where the hub is.
    #[value(help = "Where the hub is, such as https://hub.example.org:8443")]
    ApiUrl,
    /// The key that the hub must have, sha256:HEX; without, an authority of this machine must vouch
    Fingerprint,
    /// Who logs in, unless something else is typed
    Username,
    /// The viewer's program, if not `hackstream-view` beside this one or in the path
    Viewer,
    /// Where the tokens of a login are kept, auto, keyring or file; auto is the keyring if there is one
    Tokens,
}

impl TokensIn {
    /// As it stands in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

impl std::str::FromStr for TokensIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Auto, Self::Keyring, Self::File];
        let found = all.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("tokens are kept in auto, keyring or file, not in {text:?}"))
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hex = text.trim().strip_prefix("sha256:").unwrap_or(text.trim());
        let hash = hex.parse().map(Self);
        hash.map_err(|_| {
            format!("{text:?} is no fingerprint: it is sha256: and 64 hexadecimal digits")
        })
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl Settings {
    /// What is set.
    #[must_use]
    pub fn value(&self, key: Key) -> Option<String> {
        match key {
            Key::ApiUrl => self.api_url.as_ref().map(ToString::to_string),
            Key::Fingerprint => self.fingerprint.map(String::from),
            Key::Username => self.username.clone(),
            Key::Viewer => self.viewer.as_ref().map(|path| path.display().to_string()),
            Key::Tokens => self.tokens.map(|tokens| tokens.name().to_owned()),
        }
    }

    /// Sets one. Another hub has another key: its fingerprint is forgotten with the old address.
    ///
    /// # Errors
    /// If the value makes no sense.
    pub fn set(&mut self, key: Key, value: &str) -> Result<(), CliError> {
        match key {
            Key::ApiUrl => {
                let address = value.parse::<HubAddress>();
                self.go_to(address.map_err(|error| CliError::Usage(error.to_string()))?);
            }
            Key::Fingerprint => self.fingerprint = Some(value.parse().map_err(CliError::Usage)?),
            Key::Username => self.username = Some(value.to_owned()),
            Key::Viewer => self.viewer = Some(value.into()),
            Key::Tokens => self.tokens = Some(value.parse().map_err(CliError::Usage)?),
        }
        Ok(())
    }

    /// Forgets one.
    pub fn unset(&mut self, key: Key) {
        match key {
            Key::ApiUrl => (self.api_url, self.fingerprint) = (None, None),
            Key::Fingerprint => self.fingerprint = None,
            Key::Username => self.username = None,
            Key::Viewer => self.viewer = None,
            Key::Tokens => self.tokens = None,
        }
    }

    /// Uses the hub at this address from now on.
    pub fn go_to(&mut self, address: HubAddress) {
        if self.api_url.as_ref() != Some(&address) {
            self.fingerprint = None;
        }
        self.api_url = Some(address);
    }

    /// The settings with what this one command was told: that counts more.
    #[must_use]
    pub fn with(mut self, address: Option<HubAddress>, fingerprint: Option<Fingerprint>) -> Self {
        if let Some(address) = address {
            self.go_to(address);
        }
        self.fingerprint = fingerprint.or(self.fingerprint);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_one_hub_is_not_expected_of_another() {
        let mut settings = Settings::default();
        let key = format!("sha256:{}", "ab".repeat(32));
        settings.set(Key::ApiUrl, "hub.example").unwrap();
        settings.set(Key::Fingerprint, &key).unwrap();
        let elsewhere = Some("other.example".parse().unwrap());
        assert_eq!(settings.clone().with(elsewhere, None).fingerprint, None);
        let same = Some("https://hub.example/".parse().unwrap());
        let merged = settings.clone().with(same, None);
        assert_eq!(merged.value(Key::Fingerprint), Some(key));
        settings.set(Key::ApiUrl, "other.example").unwrap();
        assert_eq!(settings.value(Key::Fingerprint), None);
    }

    #[test]
    fn where_tokens_are_kept_is_read_as_it_is_written() {
        for wish in ["auto", "keyring", "file"] {
            let mut settings = Settings::default();
            settings.set(Key::Tokens, wish).unwrap();
            let text = toml::to_string(&settings).unwrap();
            assert_eq!(text.trim(), format!("tokens = \"{wish}\""));
            assert_eq!(toml::from_str::<Settings>(&text).unwrap(), settings);
        }
    }

    #[test]
    fn nonsense_is_not_kept() {
        let mut settings = Settings::default();
        for (key, value) in [
            (Key::ApiUrl, "http://hub.example"),
            (Key::Fingerprint, "sha256:12"),
            (Key::Tokens, "keychain"),
        ] {
            assert_eq!(settings.set(key, value).unwrap_err().exit_code(), 2);
        }
        assert_eq!(settings, Settings::default());
    }
}
