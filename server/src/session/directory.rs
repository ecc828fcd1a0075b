//! The session's directory: framebuffer, secrets, configuration. Nobody else may look into it.

use std::env;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hackstream_capture::Cookie;

use super::error::SessionError;

/// Where sessions keep their files, best first: memory of the user, memory of the machine, and
/// `state_dir`, which is on a disk.
#[must_use]
pub fn session_bases(state_dir: &Path) -> Vec<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    runtime
        .filter(|dir| dir.is_absolute())
        .into_iter()
        .chain([PathBuf::from("/dev/shm"), state_dir.to_owned()])
        .collect()
}

/// Creates a new directory in the first of `bases` that takes it.
pub(super) fn create(bases: &[PathBuf]) -> Result<PathBuf, SessionError> {
    let mut refusal = io::Error::from(io::ErrorKind::NotFound);
    for base in bases {
        match create_in(base) {
            Ok(path) => return Ok(path),
            Err(error) => refusal = error,
        }
    }
    Err(SessionError::NoDirectory {
        tried: bases.to_vec(),
        source: refusal,
    })
}

fn create_in(base: &Path) -> io::Result<PathBuf> {
    // Random, so that other users of a shared directory cannot take the name first.
    let name: String = Cookie::generate()?
        .bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let path = base.join(format!("hackstream-{name}"));
    DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

/// Writes a file that only its owner can read.
pub(super) fn write_private(path: &Path, contents: &[u8]) -> Result<(), SessionError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(contents));
    written.map_err(|source| SessionError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_may_enter_and_bad_bases_are_passed_over() {
        let bases = [PathBuf::from("/nonexistent"), env::temp_dir()];
        let path = create(&bases).unwrap();
        write_private(&path.join("file"), b"secret").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("file"))), (0o700, 0o600));
        std::fs::remove_dir_all(&path).unwrap();
        assert!(matches!(
            create(&bases[..1]),
            Err(SessionError::NoDirectory { .. })
        ));
    }
}
