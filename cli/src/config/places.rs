//! Where things are kept, as the XDG base directories have it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::CliError;

/// The folder below each base directory.
const FOLDER: &str = "hackstream";

/// Where things are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// What a person sets, and who they are: `~/.config/hackstream`.
    pub config: PathBuf,
    /// What is remembered for comfort: `~/.local/state/hackstream`.
    pub state: PathBuf,
}

impl Places {
    /// Those that the environment names.
    ///
    /// # Errors
    /// If there is no home.
    pub fn find(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, CliError> {
        let set = |name| variable(name).map(PathBuf::from);
        // The specification has relative ones ignored.
        let base = |name, fallback| {
            let named = set(name).filter(|path| path.is_absolute());
            named.or_else(|| {
                Some(
                    set("HOME")
                        .filter(|home| home.is_absolute())?
                        .join(fallback),
                )
            })
        };
        let found = base("XDG_CONFIG_HOME", ".config").zip(base("XDG_STATE_HOME", ".local/state"));
        let none = "there is no home to keep the login in: set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME";
        let (config, state) = found.ok_or_else(|| CliError::Usage(none.to_owned()))?;
        Ok(Self {
            config: config.join(FOLDER),
            state: state.join(FOLDER),
        })
    }

    /// What a person sets.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The tokens.
    #[must_use]
    pub fn credentials_file(&self) -> PathBuf {
        self.config.join("credentials.json")
    }

    /// What hubs showed of their audit logs.
    #[must_use]
    pub fn witness_file(&self) -> PathBuf {
        self.state.join("witness.json")
    }

    /// The addresses that were opened last.
    #[must_use]
    pub fn recent_file(&self) -> PathBuf {
        self.state.join("recent.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Result<Places, CliError> {
        Places::find(|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_environment_names_them() {
        let usual = places(&[("HOME", "/home/ann")]).unwrap();
        assert_eq!(
            usual.config_file(),
            PathBuf::from("/home/ann/.config/hackstream/config.toml")
        );
        assert_eq!(
            usual.state,
            PathBuf::from("/home/ann/.local/state/hackstream")
        );
        let set = [
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_STATE_HOME", "relative"),
            ("HOME", "/h"),
        ];
        let set = places(&set).unwrap();
        assert_eq!(set.config, PathBuf::from("/c/hackstream"));
        assert_eq!(set.state, PathBuf::from("/h/.local/state/hackstream"));
        assert_eq!(places(&[]).unwrap_err().exit_code(), 2);
    }
}
