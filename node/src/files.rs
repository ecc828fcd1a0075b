//! Files of the node's own: private, and at any time whole.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::NodeError;

/// Files that were written, which tells their unfinished selves apart.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Bytes of a file of ours that are read.
const MOST_BYTES: u64 = 1 << 20;

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> NodeError {
    let path = path.to_owned();
    move |source| NodeError::File { what, path, source }
}

/// Writes `value` so that only we can read it, and whoever reads finds the old or the new contents.
///
/// # Errors
/// [`NodeError::File`].
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), NodeError> {
    let bytes = serde_json::to_vec(value).map_err(io::Error::other);
    let bytes = bytes.map_err(failed("cannot write", path))?;
    write(path, &bytes, 0o600)
}

/// Writes a file at once, with these permissions, and sees that it is on the disk.
///
/// # Errors
/// [`NodeError::File`].
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), NodeError> {
    // Of its own: two may write the same file at once, of which one comes last.
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{number}.new", std::process::id()));
    let written = || {
        let _ = fs::remove_file(&unfinished);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        let mut file = options.open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    written().map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        failed("cannot write", path)(error)
    })
}

/// What [`write_json`] wrote; `None` if there is nothing.
///
/// # Errors
/// [`NodeError::File`], or [`NodeError::Damaged`] if it is something else.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, NodeError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("cannot read", path)(error)),
    };
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES).read_to_end(&mut bytes);
    read.map_err(failed("cannot read", path))?;
    let value = serde_json::from_slice(&bytes);
    value.map(Some).map_err(|source| NodeError::Damaged {
        path: path.to_owned(),
        source,
    })
}

/// Makes a folder, and those above it, if it is not there. The mode is that of new ones.
///
/// # Errors
/// [`NodeError::File`].
pub fn make_folder(path: &Path, mode: u32) -> Result<(), NodeError> {
    let made = || {
        let above = path.parent().filter(|above| !above.exists());
        if let Some(above) = above {
            DirBuilder::new().recursive(true).mode(mode).create(above)?;
        }
        match DirBuilder::new().mode(mode).create(path) {
            // Whatever the service's umask took of it.
            Ok(()) => fs::set_permissions(path, Permissions::from_mode(mode)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    };
    made().map_err(failed("cannot make the folder", path))
}

/// Holds a folder for this process alone, as long as what is returned.
///
/// # Errors
/// [`NodeError::Taken`] if another process does; [`NodeError::File`].
pub fn hold(folder: &Path) -> Result<File, NodeError> {
    make_folder(folder, 0o711)?;
    let path = folder.join("agent.lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(failed("cannot open", &path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(NodeError::Taken(folder.to_owned())),
        Err(error) => Err(failed("cannot lock", &path)(error.into())),
    }
}

/// Removes a folder and all that is in it; one that is not there is removed.
///
/// # Errors
/// [`NodeError::File`].
pub fn remove_folder(path: &Path) -> Result<(), NodeError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("cannot remove", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let held = hold(&state).unwrap();
        assert!(matches!(hold(&state), Err(NodeError::Taken(_))));
        drop(held);
        hold(&state).unwrap();
        let mode = fs::metadata(&state).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o711);
    }

    #[test]
    fn a_file_is_private_whole_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one");
        assert_eq!(read_json::<u32>(&path).unwrap(), None);
        write_json(&path, &7).unwrap();
        write_json(&path, &8).unwrap();
        assert_eq!(read_json(&path).unwrap(), Some(8));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let both = || {
            for _ in 0..50 {
                write_json(&path, &"x".repeat(1000)).unwrap();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(both);
            scope.spawn(both);
        });
        assert_eq!(read_json(&path).unwrap(), Some("x".repeat(1000)));
        fs::write(&path, "half").unwrap();
        assert!(matches!(
            read_json::<u32>(&path),
            Err(NodeError::Damaged { .. })
        ));
    }
}
