//! The file of servers that the person has vouched for: one line `host:port sha256:HEX` each.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use hackstream_transport::Fingerprint;

use crate::config::ServerAddress;

/// Why the file of known servers could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KnownHostsError {
    /// It cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not `host:port sha256:HEX`.
    #[error("line {line} of {} is not \"host:port sha256:HEX\"; correct or remove it", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
}

/// A remembered server.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Number of its line, from 1.
    pub(crate) line: usize,
    /// The fingerprint of the server's key.
    pub(crate) fingerprint: Fingerprint,
}

/// `$XDG_STATE_HOME/hackstream/known_hosts`, where `XDG_STATE_HOME` is `~/.local/state` unless set
/// to an absolute path. `None` without a home.
pub(crate) fn default_path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let state = variable("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || {
        let home = variable("HOME").filter(|home| !home.is_empty())?;
        Some(Path::new(&home).join(".local/state"))
    };
    Some(state.or_else(home)?.join("hackstream/known_hosts"))
}

/// What is remembered of `server` in `file`; a file that does not exist remembers nothing.
///
/// # Errors
/// [`KnownHostsError`] if the file cannot be read or a line of it makes no sense.
pub(crate) fn find(file: &Path, server: &ServerAddress) -> Result<Option<Entry>, KnownHostsError> {
    let wanted = server.to_string();
    for (index, line) in read(file)?.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parsed = line
            .split_once(char::is_whitespace)
            .and_then(|(host, rest)| Some((host, rest.trim().parse().ok()?)));
        let Some((host, fingerprint)) = parsed else {
            return Err(KnownHostsError::Malformed {
                path: file.into(),
                line: index + 1,
            });
        };
        if host == wanted {
            return Ok(Some(Entry {
                line: index + 1,
                fingerprint,
            }));
        }
    }
    Ok(None)
}

/// Remembers `fingerprint` for `server`, which must not be in the file yet.
///
/// The file is replaced as a whole, so that a reader never sees half of it.
///
/// # Errors
/// [`KnownHostsError::File`] if it cannot be written.
pub(crate) fn remember(
    file: &Path,
    server: &ServerAddress,
    fingerprint: &Fingerprint,
) -> Result<(), KnownHostsError> {
    let mut text = read(file)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("{server} {fingerprint}\n"));
    replace(file, &text).map_err(|source| KnownHostsError::File {
        path: file.into(),
        source,
    })
}

fn read(file: &Path) -> Result<String, KnownHostsError> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(|source| KnownHostsError::File {
            path: file.into(),
            source,
        }),
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = file.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options
        .open(&temporary)
        .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()))
        .and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn fingerprint(digit: char) -> Fingerprint {
        let hex: String = std::iter::repeat_n(digit, 64).collect();
        format!("sha256:{hex}").parse().expect("fingerprint")
    }

    fn address(text: &str) -> ServerAddress {
        text.parse().expect("address")
    }

    #[test]
    fn remembers_by_host_and_port() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("a/b/known_hosts");
        assert!(find(&file, &address("h:1")).expect("absent").is_none());
        remember(&file, &address("h:1"), &fingerprint('1')).expect("first");
        remember(&file, &address("[::1]:2"), &fingerprint('2')).expect("second");
        let entry = find(&file, &address("[::1]:2"))
            .expect("read")
            .expect("known");
        assert_eq!((entry.line, entry.fingerprint), (2, fingerprint('2')));
        assert!(find(&file, &address("h:2")).expect("read").is_none());
        let mode = fs::metadata(&file).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(dir.path().join("a/b")).expect("dir").count(),
            1
        );
    }

    #[test]
    fn keeps_comments_and_names_the_bad_line() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("known_hosts");
        fs::write(&file, "# mine\n\nno newline at the end").expect("write");
        let error = find(&file, &address("h")).expect_err("malformed");
        assert!(error.to_string().contains("line 3"), "{error}");
        fs::write(&file, "# mine").expect("write");
        remember(&file, &address("h:1"), &fingerprint('a')).expect("remember");
        let text = fs::read_to_string(&file).expect("read");
        assert!(text.starts_with("# mine\nh:1 sha256:aaaa"), "{text}");
    }

    #[test]
    fn the_path_follows_the_xdg_rules() {
        let path = |state: &'static str, home: &'static str| {
            default_path(move |name| {
                let value = if name == "HOME" { home } else { state };
                (!value.is_empty()).then(|| value.into())
            })
        };
        assert_eq!(path("/s", "/h"), Some("/s/hackstream/known_hosts".into()));
        assert_eq!(
            path("rel", "/h"),
            Some("/h/.local/state/hackstream/known_hosts".into())
        );
        assert_eq!(path("", ""), None);
    }
}
