//! What makes programs of the session hand links to the viewer: browsers by the usual names that are
//! none, first in the `PATH`, and a default browser for those that look for one in the settings.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::directory::write_private;
use super::error::SessionError;
use super::programs::{Environment, put_first};

/// In the session's directory.
const DIRECTORY: &str = "handover";
const SOCKET: &str = "socket";
const PROGRAMS: &str = "bin";
const SETTINGS: &str = "settings";
const DATA: &str = "data";

/// What programs call for a link, the first one being the script and the others links to it.
const NAMES: [&str; 5] = [
    "xdg-open",
    "x-www-browser",
    "www-browser",
    "sensible-browser",
    "gnome-open",
];

/// The variable that tells `hackstream-server open-link` where the session is.
pub const SOCKET_VARIABLE: &str = "HACKSTREAM_LINKS";

/// What programs of a session may find in their environment because of it, named like the settings of
/// [`entrypoint`](crate::entrypoint) but none of them.
pub const VARIABLES: [&str; 2] = [SOCKET_VARIABLE, "HACKSTREAM_OPENS_HERE"];

/// The script: web pages go to the viewer, or to the real program of this name if no viewer wants
/// them; so does everything else.
const SCRIPT: &str = include_str!("handover.sh");

/// The socket for links.
pub(super) fn socket(dir: &Path) -> PathBuf {
    dir.join(DIRECTORY).join(SOCKET)
}

/// Writes the files, and has programs of this environment find them.
pub(super) fn prepare(dir: &Path, environment: &mut Environment) -> Result<(), SessionError> {
    let own = dir.join(DIRECTORY);
    let failed = |source| SessionError::Write {
        path: own.clone(),
        source,
    };
    let server = env::current_exe().map_err(failed)?;
    write(&own, &server).map_err(failed)??;
    for (variable, usual, place) in [
        ("PATH", "/usr/local/bin:/usr/bin:/bin", PROGRAMS),
        ("XDG_CONFIG_DIRS", "/etc/xdg", SETTINGS),
        ("XDG_DATA_DIRS", "/usr/local/share:/usr/share", DATA),
    ] {
        put_first(environment, variable, usual, &own.join(place));
    }
    let browser = own.join(PROGRAMS).join(NAMES[1]);
    environment.push(("BROWSER".into(), Some(browser.into())));
    environment.push((SOCKET_VARIABLE.into(), Some(socket(dir).into())));
    Ok(())
}

fn write(own: &Path, server: &Path) -> io::Result<Result<(), SessionError>> {
    let folders = [PROGRAMS, SETTINGS, "data/applications"];
    for folder in folders {
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(own.join(folder))?;
    }
    let programs = own.join(PROGRAMS);
    let script = programs.join(NAMES[0]);
    let entry = own.join(DATA).join("applications/hackstream-link.desktop");
    let written = write_private(&script, &script_for(own, server))
        .and_then(|()| write_private(&entry, &desktop_entry(&script)))
        .and_then(|()| {
            let list = own.join(SETTINGS).join("mimeapps.list");
            write_private(&list, DEFAULTS.as_bytes())
        });
    if written.is_ok() {
        std::fs::set_permissions(&script, Permissions::from_mode(0o700))?;
        for name in &NAMES[1..] {
            symlink(NAMES[0], programs.join(name))?;
        }
    }
    Ok(written)
}

/// Who opens links, for those who look for it in the settings.
const DEFAULTS: &str = "[Default Applications]\n\
    x-scheme-handler/http=hackstream-link.desktop\n\
    x-scheme-handler/https=hackstream-link.desktop\n";

fn desktop_entry(script: &Path) -> Vec<u8> {
    // Its directory has a random name of letters and digits in a place that an operator chose; quotes
    // would need escaping twice, and are hardly ever needed.
    let mut entry =
        b"[Desktop Entry]\nType=Application\nName=Browser at the viewer\nNoDisplay=true\n\
        MimeType=x-scheme-handler/http;x-scheme-handler/https;\nExec="
            .to_vec();
    entry.extend_from_slice(script.as_os_str().as_bytes());
    entry.extend_from_slice(b" %u\n");
    entry
}

fn script_for(own: &Path, server: &Path) -> Vec<u8> {
    let (own, server) = (quoted(own.as_os_str()), quoted(server.as_os_str()));
    let mut script = b"#!/bin/sh\nown=".to_vec();
    script.extend_from_slice(own.as_bytes());
    script.extend_from_slice(b"\nserver=");
    script.extend_from_slice(server.as_bytes());
    script.push(b'\n');
    script.extend_from_slice(SCRIPT.as_bytes());
    script
}

/// As one word of a shell.
fn quoted(text: &OsStr) -> OsString {
    let mut word = vec![b'\''];
    for &byte in text.as_bytes() {
        if byte == b'\'' {
            word.extend_from_slice(b"'\\''");
        } else {
            word.push(byte);
        }
    }
    word.push(b'\'');
    OsString::from_vec(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A session's directory with a server that notes its arguments and ends with `code`.
    fn prepared(code: u8) -> (tempfile::TempDir, Environment) {
        let dir = tempfile::Builder::new().prefix("it's ").tempdir().unwrap();
        let server = dir.path().join("server");
        let noted = quoted(dir.path().join("noted").as_os_str());
        let noted = noted.to_str().unwrap().to_owned();
        std::fs::write(
            &server,
            format!("#!/bin/sh\necho \"$@\" >{noted}\nexit {code}\n"),
        )
        .unwrap();
        std::fs::set_permissions(&server, Permissions::from_mode(0o700)).unwrap();
        let mut environment = Environment::new();
        prepare(dir.path(), &mut environment).unwrap();
        let own = dir.path().join(DIRECTORY);
        let script = script_for(&own, &server);
        std::fs::write(own.join(PROGRAMS).join(NAMES[0]), script).unwrap();
        (dir, environment)
    }

    fn run(dir: &Path, environment: &Environment, line: &str) -> Option<i32> {
        // A real browser behind ours in the path.
        let real = dir.join("real");
        std::fs::create_dir_all(&real).unwrap();
        let browser = real.join("x-www-browser");
        std::fs::write(&browser, "#!/bin/sh\nexit 42\n").unwrap();
        std::fs::set_permissions(&browser, Permissions::from_mode(0o700)).unwrap();
        let mut command = Command::new("/bin/sh");
        for (name, value) in environment {
            command.env(name, value.clone().unwrap());
        }
        let ours = dir.join(DIRECTORY).join(PROGRAMS);
        let mut path = ours.into_os_string();
        path.push(":");
        path.push(&real);
        path.push(":/usr/bin:/bin");
        command.env("PATH", path).args(["-c", line]);
        command.status().unwrap().code()
    }

    #[test]
    fn web_pages_are_handed_over_and_everything_else_is_not() {
        let (dir, environment) = prepared(0);
        let page = "x-www-browser 'HTTPS://a.example/?q=$(id)&b'";
        assert_eq!(run(dir.path(), &environment, page), Some(0));
        let noted = std::fs::read_to_string(dir.path().join("noted")).unwrap();
        assert_eq!(noted, "open-link -- HTTPS://a.example/?q=$(id)&b\n");
        for other in [
            "x-www-browser",
            "x-www-browser /a.html",
            "x-www-browser --help",
        ] {
            assert_eq!(run(dir.path(), &environment, other), Some(42), "{other}");
        }
    }

    #[test]
    fn what_no_viewer_wants_is_opened_in_the_session() {
        let (dir, environment) = prepared(69);
        let page = "x-www-browser http://a.example";
        assert_eq!(run(dir.path(), &environment, page), Some(42));
        // One that is not installed, and one that would come back to us.
        assert_ne!(
            run(dir.path(), &environment, "gnome-open http://a"),
            Some(0)
        );
        let again = "HACKSTREAM_OPENS_HERE=1 x-www-browser http://a";
        assert_eq!(run(dir.path(), &environment, again), Some(42));
    }
}
