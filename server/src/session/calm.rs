//! What tells programs of the session that nothing shall glide or fade: each picture on the way would
//! have to travel. Where others have the same setting, as desktops over RDP do, web pages know of it as
//! `prefers-reduced-motion`.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::directory::write_private;
use super::error::SessionError;
use super::programs::{Environment, put_first};

/// In the session's directory; looked into before the machine's settings, and after the person's own.
const DIRECTORY: &str = "settings";

/// GTK's two generations. Firefox follows the older one.
const TOOLKITS: [&str; 2] = ["gtk-3.0", "gtk-4.0"];

const SETTINGS: &[u8] = b"[Settings]\ngtk-enable-animations=false\n";

/// Writes the settings, and has programs of this environment find them.
pub(super) fn prepare(dir: &Path, environment: &mut Environment) -> Result<(), SessionError> {
    let own = dir.join(DIRECTORY);
    for toolkit in TOOLKITS {
        let folder = own.join(toolkit);
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&folder);
        made.map_err(|source| SessionError::Write {
            path: folder.clone(),
            source,
        })?;
        write_private(&folder.join("settings.ini"), SETTINGS)?;
    }
    put_first(environment, "XDG_CONFIG_DIRS", "/etc/xdg", &own);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_look_there_first_and_then_where_they_would_have() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join(DIRECTORY);
        for (before, after) in [(None, "/etc/xdg"), (Some("/a:/b"), "/a:/b")] {
            let variable = |text: &str| ("XDG_CONFIG_DIRS".into(), Some(text.into()));
            let mut environment: Environment = before.map(variable).into_iter().collect();
            let _ = std::fs::remove_dir_all(&own);
            prepare(dir.path(), &mut environment).unwrap();
            let expected = format!("{}:{after}", own.display());
            assert_eq!(environment, [variable(&expected)]);
            let settings = std::fs::read(own.join("gtk-3.0/settings.ini")).unwrap();
            assert_eq!(settings, SETTINGS);
        }
    }
}
