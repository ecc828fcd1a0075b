//! The secret that admits viewers.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hackstream_protocol::limits::MAX_TOKEN_BYTES;
use hackstream_ticket::Gate;

use crate::secret::{NoRandomness, SecretHash, random};
use crate::viewer::seats::Role;

/// Random bytes in a token of our own making.
const TOKEN_BYTES: usize = 24;

/// Shortest token accepted from a file: below it, guessing becomes thinkable.
const SHORTEST_TOKEN: usize = 16;

/// Who is let in.
#[derive(Clone)]
pub enum Access {
    /// Everyone who reaches the port, to do everything.
    Open,
    /// Whoever shows a connect ticket of the control plane.
    Tickets(Arc<Gate>),
    /// Whoever knows a token.
    Tokens {
        /// That of those who may act.
        control: Vec<u8>,
        /// That of those who may only watch, if there are any.
        view: Option<Vec<u8>>,
    },
}

impl Access {
    /// Whoever knows a token: `control` to act, `view` to watch.
    ///
    /// # Errors
    /// [`TokenError::Same`] if they cannot be told apart.
    pub fn with_tokens(control: Vec<u8>, view: Option<Vec<u8>>) -> Result<Self, TokenError> {
        if view.as_ref() == Some(&control) {
            return Err(TokenError::Same);
        }
        Ok(Self::Tokens { control, view })
    }

    /// What a viewer that showed `token` may do; `None`: it is not let in. Takes the same time for
    /// every wrong token of a length.
    #[must_use]
    pub fn admits(&self, token: &[u8]) -> Option<Role> {
        let (control, view) = match self {
            Self::Open => return Some(Role::Control),
            Self::Tickets(_) => return None,
            Self::Tokens { control, view } => (control, view),
        };
        let shown = SecretHash::of(token);
        let may_control = SecretHash::of(control).is(&shown);
        let may_view = view
            .as_ref()
            .is_some_and(|view| SecretHash::of(view).is(&shown));
        match (may_control, may_view) {
            (true, _) => Some(Role::Control),
            (false, true) => Some(Role::View),
            (false, false) => None,
        }
    }
}

/// What is wrong with a token file.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It cannot be read or written.
    #[error("cannot use the token file {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read it.
    #[error("the token file {} can be read by other users; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// What it holds is no token.
    #[error("the token in {} has {len} characters; it needs {SHORTEST_TOKEN} to {MAX_TOKEN_BYTES}", path.display())]
    Length {
        /// Which file.
        path: PathBuf,
        /// Bytes in it.
        len: usize,
    },
    /// Those who may only watch would be in control.
    #[error("the token and the view token are the same; whoever may only watch needs another one")]
    Same,
    /// The system has no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Reads the token in `path`; white space around it does not count.
///
/// # Errors
/// [`TokenError`] if the file is missing, readable by others, or holds no token.
pub fn read(path: &Path) -> Result<Vec<u8>, TokenError> {
    let file = |source| TokenError::File {
        path: path.to_owned(),
        source,
    };
    let mode = fs::metadata(path).map_err(file)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(TokenError::Exposed {
            path: path.to_owned(),
        });
    }
    let token = fs::read(path).map_err(file)?.trim_ascii().to_vec();
    if (SHORTEST_TOKEN..=MAX_TOKEN_BYTES).contains(&token.len()) {
        Ok(token)
    } else {
        Err(TokenError::Length {
            path: path.to_owned(),
            len: token.len(),
        })
    }
}

/// The token in `path`, made and written first if there is none.
///
/// # Errors
/// [`TokenError`] if that fails.
pub fn read_or_create(path: &Path) -> Result<Vec<u8>, TokenError> {
    if !path.exists() {
        create(path)?;
    }
    read(path)
}

fn create(path: &Path) -> Result<(), TokenError> {
    let file = |source| TokenError::File {
        path: path.to_owned(),
        source,
    };
    let text: String = random::<TOKEN_BYTES>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    // Written beside its place and then moved there, so that no reader ever sees half a token.
    let unfinished = path.with_extension("new");
    let _ = fs::remove_file(&unfinished);
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(file)?;
    writeln!(out, "{text}")
        .and_then(|()| out.sync_all())
        .map_err(file)?;
    fs::rename(&unfinished, path).map_err(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("hackstream-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn a_created_token_is_private_and_stays() {
        let dir = directory("token");
        let path = dir.join("token");
        let first = read_or_create(&path).unwrap();
        assert_eq!(first.len(), 2 * TOKEN_BYTES);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read_or_create(&path).unwrap(), first);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&path), Err(TokenError::Exposed { .. })));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn only_a_token_admits_and_each_to_its_own() {
        let (control, view) = (b"0123456789abcdef", b"fedcba9876543210");
        let alone = Access::with_tokens(control.to_vec(), None).unwrap();
        let both = Access::with_tokens(control.to_vec(), Some(view.to_vec())).unwrap();
        for access in [&alone, &both] {
            assert_eq!(access.admits(control), Some(Role::Control));
            assert_eq!(access.admits(b"0123456789abcdeF"), None);
            assert_eq!(access.admits(b""), None);
        }
        assert_eq!(alone.admits(view), None);
        assert_eq!(both.admits(view), Some(Role::View));
        assert_eq!(Access::Open.admits(b""), Some(Role::Control));
    }

    #[test]
    fn one_token_cannot_be_both() {
        let token = b"0123456789abcdef".to_vec();
        let both = Access::with_tokens(token.clone(), Some(token));
        assert!(matches!(both, Err(TokenError::Same)));
    }
}
