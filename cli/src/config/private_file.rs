//! Files for their owner alone, whole at every moment.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::CliError;

/// Bytes that are read of one; ours have a few thousand.
const MOST_BYTES: u64 = 1 << 20;

/// What the file holds; `None` if it is not there.
///
/// # Errors
/// If it cannot be read, or others can.
pub fn read(path: &Path) -> Result<Option<String>, CliError> {
    let failed = |source| file_error("cannot read", path, source);
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mode = file.metadata().map_err(failed)?.mode();
    if mode & 0o077 != 0 {
        let reason = format!("others can read it; run: chmod 600 {}", path.display());
        return Err(failed(io::Error::other(reason)));
    }
    let mut text = String::new();
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(Some(text))
}

/// Writes the file: whoever reads it sees all of the old one or all of the new one, also after the
/// machine lost its power.
///
/// # Errors
/// If it cannot be written. The old one is still there then.
pub fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let folder = make_folder(path)?;
    // One for each process; a dead one of the same number may have left its own.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let written = put(&draft, text).and_then(|()| fs::rename(&draft, path));
    if let Err(source) = written {
        let _ = fs::remove_file(&draft);
        return Err(file_error("cannot write", path, source));
    }
    // So that the new name is on the disk, too. Some file systems cannot do that to folders.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Makes a new file with nothing in it.
///
/// # Errors
/// If there is one already, or it cannot be made.
pub fn create(path: &Path) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(path);
    made.map(drop)
        .map_err(|source| file_error("cannot make", path, source))
}

fn put(draft: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Removes the file, if it is there.
///
/// # Errors
/// If it cannot be removed.
pub fn remove(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(file_error("cannot remove", path, error))
        }
        _ => Ok(()),
    }
}

fn make_folder(path: &Path) -> Result<&Path, CliError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| file_error("cannot make the folder", folder, source))?;
    Ok(folder)
}

/// Only one process at a time has it: a file beside `path`, which itself is replaced with each write.
/// Let go when dropped, or when the process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "it holds the lock")] File);

impl Lock {
    /// Waits until nobody else has it.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn of(path: &Path) -> Result<Self, CliError> {
        make_folder(path)?;
        let path = lock_path(path);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = file.map_err(|source| file_error("cannot open", &path, source))?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Err(rustix::io::Errno::INTR) => {}
                locked => {
                    let locked = locked.map_err(io::Error::from);
                    locked.map_err(|source| file_error("cannot lock", &path, source))?;
                    return Ok(Self(file));
                }
            }
        }
    }
}

fn lock_path(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

fn file_error(what: &'static str, path: &Path, source: io::Error) -> CliError {
    let path = path.to_owned();
    CliError::File { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_written_is_read_and_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/file.json");
        assert_eq!(read(&path).unwrap(), None);
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("two"));
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(
            (mode(&path), mode(&home.path().join("a/b"))),
            (0o600, 0o700)
        );
        assert_eq!(fs::read_dir(home.path().join("a/b")).unwrap().count(), 1);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(error.exit_code(), 8);
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn those_who_change_it_take_turns() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("count");
        write(&path, "0").unwrap();
        let count = || {
            for _ in 0..20 {
                let _lock = Lock::of(&path).unwrap();
                let before: u32 = read(&path).unwrap().unwrap().parse().unwrap();
                std::thread::yield_now();
                fs::write(&path, (before + 1).to_string()).unwrap();
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(count))));
        assert_eq!(read(&path).unwrap().as_deref(), Some("80"));
    }
}
