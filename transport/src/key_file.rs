//! The server's private key on disk.
//!
//! Whoever reads the key can pose as the server, so the file is 0600 in a directory of 0700, and
//! one that others may have read is refused. It comes into being at once and whole, and two servers
//! that start together end up with the same one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::TransportError;

const FILE_NAME: &str = "server.key";

/// Distinguishes the temporary files of this process.
static FILES_MADE: AtomicU32 = AtomicU32::new(0);

/// Bytes of any sensible key file; a larger one is not read.
const MAX_KEY_BYTES: u64 = 4096;

/// Reads the key in `dir`; makes it with `generate` if there is none.
///
/// # Errors
/// [`TransportError::KeyFile`] or [`TransportError::KeyExposed`], or what `generate` says.
pub(crate) fn load_or_create(
    dir: &Path,
    generate: impl FnOnce() -> Result<Vec<u8>, TransportError>,
) -> Result<(PathBuf, Vec<u8>), TransportError> {
    let make_dir = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    make_dir.map_err(|source| failed(dir, source))?;
    refuse_if_open(dir, 0o022)?;
    let path = dir.join(FILE_NAME);
    if let Some(key) = read(&path)? {
        return Ok((path, key));
    }
    create(dir, &path, &generate()?).map_err(|source| failed(&path, source))?;
    let missing = || failed(&path, io::ErrorKind::NotFound.into());
    let key = read(&path)?.ok_or_else(missing)?;
    Ok((path, key))
}

fn failed(path: &Path, source: io::Error) -> TransportError {
    let path = path.to_owned();
    TransportError::KeyFile { path, source }
}

fn refuse_if_open(path: &Path, forbidden: u32) -> Result<(), TransportError> {
    let metadata = fs::metadata(path).map_err(|source| failed(path, source))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & forbidden == 0 {
        return Ok(());
    }
    let path = path.to_owned();
    Err(TransportError::KeyExposed { path, mode })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, TransportError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > MAX_KEY_BYTES => {
            let path = path.to_owned();
            return Err(TransportError::KeyDamaged { path });
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    }
    refuse_if_open(path, 0o077)?;
    fs::read(path)
        .map(Some)
        .map_err(|source| failed(path, source))
}

/// Writes a temporary file and gives it its name. The name is given by linking, which fails if
/// another process was faster; its key is as good.
fn create(dir: &Path, path: &Path, key: &[u8]) -> io::Result<()> {
    let number = FILES_MADE.fetch_add(1, Ordering::Relaxed);
    let temporary = dir.join(format!("{FILE_NAME}.{}.{number}", std::process::id()));
    let _ = fs::remove_file(&temporary);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let written = file.write_all(key).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    });
    fs::remove_file(&temporary)?;
    linked?;
    File::open(dir)?.sync_all()
}
