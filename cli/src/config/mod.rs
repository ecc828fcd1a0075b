//! What is kept between two commands: settings, and the files that hold them.

pub mod address;
pub mod places;
pub mod private_file;
pub mod settings;

pub use places::Places;
pub use settings::{Key, Settings};

use crate::error::CliError;
use private_file::Lock;

/// What the file begins with.
const HEAD: &str =
    "# Settings of `hackstream` and `hackstreamctl`; `hackstream config --help` tells them.\n";

/// The settings as they stand in the file; none if there is no file.
///
/// # Errors
/// If it cannot be read, or makes no sense.
pub fn load(places: &Places) -> Result<Settings, CliError> {
    let path = places.config_file();
    let text = private_file::read(&path)?.unwrap_or_default();
    toml::from_str(&text).map_err(|error| CliError::Damaged {
        path,
        reason: error.message().to_owned(),
    })
}

/// Changes the settings; nobody else does meanwhile.
///
/// # Errors
/// If the file cannot be read or written, or makes no sense; and those of `change`.
pub fn change(
    places: &Places,
    change: impl FnOnce(&mut Settings) -> Result<(), CliError>,
) -> Result<Settings, CliError> {
    let path = places.config_file();
    let _lock = Lock::of(&path)?;
    let mut settings = load(places)?;
    change(&mut settings)?;
    let text = toml::to_string(&settings).map_err(|error| CliError::Failed(error.to_string()))?;
    private_file::write(&path, &format!("{HEAD}{text}"))?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_and_what_a_newer_version_set_stays() {
        let home = tempfile::tempdir().unwrap();
        let places = Places {
            config: home.path().join("config"),
            state: home.path().join("state"),
        };
        assert_eq!(load(&places).unwrap(), Settings::default());
        private_file::write(&places.config_file(), "of_tomorrow = 7\n").unwrap();
        let set = |settings: &mut Settings| settings.set(Key::ApiUrl, "hub.example");
        let changed = change(&places, set).unwrap();
        assert_eq!(load(&places).unwrap(), changed);
        let text = private_file::read(&places.config_file()).unwrap().unwrap();
        assert!(text.contains("of_tomorrow = 7"), "{text}");
        assert!(text.contains("api_url = \"https://hub.example\""), "{text}");
        private_file::write(&places.config_file(), "api_url = 7\n").unwrap();
        assert_eq!(load(&places).unwrap_err().exit_code(), 8);
    }
}
