//! The hub's secrets: files that only it can read, made when they are missing.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hackstream_ticket::Signer;

use crate::audit::Notary;
use crate::random::{bytes, hex};

/// Signs the audit log.
const CHECKPOINT_KEY: &str = "checkpoint.key";

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read it.
    #[error("{} can be read by other users; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{} does not hold {what}; restore it from a backup, or move it away to have a new one made", path.display())]
    Garbled {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The system has no randomness.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// The hub's secrets.
pub struct Keys {
    /// From which refresh tokens are made.
    pub rotation: [u8; 32],
    /// The seed of the Ed25519 key by which connect tickets are signed.
    pub ticket_seed: [u8; 32],
    /// The seed of the Ed25519 key by which the audit log is signed.
    pub checkpoint_seed: [u8; 32],
    folder: PathBuf,
}

impl Keys {
    /// Reads them from `folder`, or makes them there.
    ///
    /// # Errors
    /// If a file cannot be read or written, or does not hold what it should.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        Ok(Self {
            rotation: random_file(folder, "rotation.key")?,
            ticket_seed: random_file(folder, "ticket.key")?,
            checkpoint_seed: random_file(folder, CHECKPOINT_KEY)?,
            folder: folder.to_owned(),
        })
    }

    /// With what the audit log is signed.
    ///
    /// # Errors
    /// If the seed makes no key, which none is known to do.
    pub fn notary(&self) -> Result<Notary, KeyError> {
        notary(&self.checkpoint_seed, &self.folder)
    }

    /// With what connect tickets are signed.
    ///
    /// # Errors
    /// If the seed makes no key, which none is known to do.
    pub fn ticket_signer(&self) -> Result<Signer, KeyError> {
        Signer::from_seed(&self.ticket_seed).map_err(|_| KeyError::NoRandomness)
    }

    /// The public key of tickets under its name, as nodes get it. The name is how the hash of its
    /// SubjectPublicKeyInfo begins, as in tickets.
    ///
    /// # Errors
    /// If the seed makes no key, which none is known to do.
    pub fn ticket_public(&self) -> Result<BTreeMap<String, String>, KeyError> {
        let key = self.ticket_signer()?.public();
        Ok(BTreeMap::from([(hex(&key.id().0), hex(&key.bytes()))]))
    }
}

/// With what the audit log is signed, if `folder` has a key for that; none is made.
///
/// # Errors
/// If a file cannot be read, or does not hold what it should.
pub fn notary_in(folder: &Path) -> Result<Option<Notary>, KeyError> {
    match folder.join(CHECKPOINT_KEY).exists() {
        true => notary(&random_file(folder, CHECKPOINT_KEY)?, folder).map(Some),
        false => Ok(None),
    }
}

fn notary(seed: &[u8; 32], folder: &Path) -> Result<Notary, KeyError> {
    let signer = hackstream_audit::Signer::from_seed(seed);
    let signer = signer.map_err(|_| KeyError::NoRandomness)?;
    Ok(Notary::new(signer, folder))
}

/// 32 random bytes that stay the same.
fn random_file(folder: &Path, name: &str) -> Result<[u8; 32], KeyError> {
    let path = folder.join(name);
    let secret = secret_file(&path, || bytes::<32>().ok().map(Vec::from))?;
    let what = "32 bytes";
    let secret = secret.try_into();
    secret.map_err(|_| KeyError::Garbled { path, what })
}

/// What a text file holds that only its owner can read; `None` if there is none.
///
/// # Errors
/// If it cannot be read, or others can read it.
pub fn secret_text(path: &Path) -> Result<Option<String>, KeyError> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = secret_file(path, || None)?;
    let (path, what) = (path.to_owned(), "a text");
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| KeyError::Garbled { path, what })
}

/// What a secret file holds; if there is none, `make` makes it, unless there is no randomness.
///
/// # Errors
/// If the file cannot be read or written, or others can read it.
pub fn secret_file(
    path: &Path,
    make: impl FnOnce() -> Option<Vec<u8>>,
) -> Result<Vec<u8>, KeyError> {
    let file_error = |source| KeyError::File {
        path: path.to_owned(),
        source,
    };
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => Err(KeyError::Exposed {
            path: path.to_owned(),
        }),
        Ok(_) => fs::read(path).map_err(file_error),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = make().ok_or(KeyError::NoRandomness)?;
            write_secret(path, &secret).map_err(file_error)?;
            Ok(secret)
        }
        Err(error) => Err(file_error(error)),
    }
}

/// Writes a file that only its owner can read, whole or not at all.
///
/// # Errors
/// Whatever the system says.
pub fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    // One that was left behind may be a link, or have another mode.
    if let Err(error) = fs::remove_file(&draft) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    // The new name is on disk only when its folder is.
    path.parent()
        .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_the_same_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path()).unwrap();
        let again = Keys::open(folder.path()).unwrap();
        assert_eq!(first.rotation, again.rotation);
        assert_eq!(
            first.ticket_public().unwrap(),
            again.ticket_public().unwrap()
        );
        let path = folder.path().join("rotation.key");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            Keys::open(folder.path()),
            Err(KeyError::Exposed { .. })
        ));
    }

    #[test]
    fn a_garbled_secret_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        write_secret(&folder.path().join("rotation.key"), b"short").unwrap();
        assert!(matches!(
            Keys::open(folder.path()),
            Err(KeyError::Garbled { .. })
        ));
        assert_eq!(
            fs::read(folder.path().join("rotation.key")).unwrap(),
            b"short"
        );
    }
}
