//! Where people expect files from elsewhere.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder for downloads that the person's desktop knows (xdg-user-dirs), `Downloads` in the home
/// folder without one. `None` without a home. `variable` looks up the environment.
#[must_use]
pub fn download_directory(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    user_directory("XDG_DOWNLOAD_DIR", "Downloads", variable)
}

/// The folder for pictures, found like that for downloads; `Pictures` without one. It need not exist.
#[must_use]
pub fn picture_directory(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    user_directory("XDG_PICTURES_DIR", "Pictures", variable)
}

/// The folder that the desktop's settings call `setting`; `usual` in the home folder if they do not.
fn user_directory(
    setting: &str,
    usual: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let absolute = |name| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = absolute("HOME")?;
    let config = absolute("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    let settings = std::fs::read_to_string(config.join("user-dirs.dirs")).unwrap_or_default();
    Some(configured(setting, &settings, &home).unwrap_or_else(|| home.join(usual)))
}

/// What the settings say: shell variables, of which xdg-user-dirs itself writes no others than
/// `"$HOME/..."` and `"/..."`. The home folder itself means that there is none.
fn configured(setting: &str, settings: &str, home: &Path) -> Option<PathBuf> {
    let mut lines = settings.lines();
    let value = lines.find_map(|line| line.trim().strip_prefix(setting)?.strip_prefix('='))?;
    let value = value.strip_prefix('"')?.strip_suffix('"')?;
    let path = match value.strip_prefix("$HOME/") {
        Some(rest) => home.join(rest),
        None => PathBuf::from(value),
    };
    (path.is_absolute() && path != home).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktop_knows_the_folder() {
        let home = Path::new("/home/ada");
        let of = |settings: &str| configured("XDG_DOWNLOAD_DIR", settings, home);
        let german =
            "# comment\nXDG_DESKTOP_DIR=\"$HOME/Tisch\"\n XDG_DOWNLOAD_DIR=\"$HOME/Ärger\"\n";
        assert_eq!(of(german), Some(home.join("Ärger")));
        let elsewhere = "XDG_DOWNLOAD_DIR=\"/data/in\"";
        assert_eq!(of(elsewhere), Some(PathBuf::from("/data/in")));
        let pictures = "XDG_PICTURES_DIR=\"$HOME/Bilder\"\n";
        let of_pictures = configured("XDG_PICTURES_DIR", pictures, home);
        assert_eq!(of_pictures, Some(home.join("Bilder")));
        assert_eq!(of(pictures), None);
        for nothing in [
            "",
            "XDG_DOWNLOAD_DIR=\"$HOME/\"",
            "XDG_DOWNLOAD_DIR=\"relative\"",
            "XDG_DOWNLOAD_DIR=$HOME/x",
        ] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn without_settings_it_is_downloads() {
        let variable = |name: &str| (name == "HOME").then(|| OsString::from("/nonexistent"));
        let expected = PathBuf::from("/nonexistent/Downloads");
        assert_eq!(download_directory(variable), Some(expected));
        let pictures = PathBuf::from("/nonexistent/Pictures");
        assert_eq!(picture_directory(variable), Some(pictures));
        assert_eq!(download_directory(|_| None), None);
    }
}
