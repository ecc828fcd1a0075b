//! Signs the log, and remembers beside the database what was signed last.
//!
//! The key and that memory are files of the hub's: whoever has only the database can neither sign nor
//! make the hub forget. A log that does not have the row any more that was signed last is not signed
//! again, until the operator declares that it was set back to a backup.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use hackstream_audit::{Point, PublicKey, Signer, checkpoint::verified};
use hackstream_control_api::audit::{Checkpoint, SignedCheckpoint};
use hackstream_control_api::time::UnixMillis;
use rustix::fs::{FlockOperation, flock};
use serde_json::json;

use super::plan::{Last, Plan, plan};
use super::{Actor, Record, append, checkpoints, head};
use crate::fault::Fault;
use crate::keys::{KeyError, secret_text, write_secret};
use crate::store::{Store, StoreError, Tx};

/// What was signed last.
const MEMORY: &str = "checkpoint.json";

/// Held while it is changed: an operator's command may do so beside the hub.
const LOCK: &str = "checkpoint.lock";

/// Why the log was not signed.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    /// It contradicts what was signed.
    #[error(
        "row {} of the audit log was signed and is {} now: somebody has changed the database, or it was set \
         back to a backup. The log is not signed any more. If you have restored a backup, run: hackstreamd \
         audit restored",
        signed.seq,
        if *is_missing { "missing" } else { "another one" }
    )]
    Contradicted {
        /// What was signed.
        signed: Box<SignedCheckpoint>,
        /// Whether there is no such row any more.
        is_missing: bool,
    },
    /// The file beside the database cannot be used.
    #[error(transparent)]
    File(#[from] KeyError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the operator did was not written down.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What came of looking whether to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attested {
    /// This is new.
    Signed(SignedCheckpoint),
    /// There is nothing to sign yet.
    NotYet {
        /// What to wait for; never [`Plan::Sign`].
        plan: Plan,
    },
}

/// What the log is compared with.
#[derive(Clone, Debug)]
pub struct Known {
    /// By which key the hub signs.
    pub key: PublicKey,
    /// What it signed last, as it remembers that beside the database.
    pub last: Option<SignedCheckpoint>,
}

/// Signs the log.
#[derive(Debug)]
pub struct Notary {
    signer: Signer,
    folder: PathBuf,
}

/// The log as a transaction sees it.
struct Seen {
    end: Checkpoint,
    last: Option<SignedCheckpoint>,
    row: Option<Checkpoint>,
}

impl Notary {
    /// Signs with this key, and remembers in this folder.
    #[must_use]
    pub fn new(signer: Signer, folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { signer, folder }
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.signer.public()
    }

    /// What the log is compared with.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn known(&self) -> Result<Known, KeyError> {
        Ok(Known {
            key: self.key(),
            last: self.last()?,
        })
    }

    /// Signs the log, if it is time.
    ///
    /// # Errors
    /// [`NotaryError::Contradicted`] if it is not the log that was signed last; those of the store and
    /// of files.
    pub async fn attest(&self, store: &Store) -> Result<Attested, NotaryError> {
        let _lock = self.lock()?;
        let seen = self.look(store).await?;
        if let Some(signed) = &seen.last {
            let is_same = seen.row.as_ref().is_some_and(|row| row.head == signed.head);
            if !is_same {
                return Err(NotaryError::Contradicted {
                    signed: Box::new(signed.clone()),
                    is_missing: seen.row.is_none(),
                });
            }
        }
        let restored_at = restored_at(seen.last.as_ref());
        // What an earlier key has signed is signed anew.
        let last = seen.last.filter(|signed| self.key().is_of(signed));
        let planned = last.as_ref().map(|signed| Last {
            seq: signed.seq,
            ts: signed.ts,
        });
        match plan(planned, seen.end.seq, store.now()) {
            Plan::Sign => {
                let signed = self.sign(store, &seen.end, restored_at).await?;
                Ok(Attested::Signed(signed))
            }
            plan @ Plan::Wait { .. } => Ok(Attested::NotYet { plan }),
        }
    }

    /// Signs the log as it is, whatever was signed before: the operator says that it was set back to a
    /// backup. That is written down, and every witness is told.
    ///
    /// # Errors
    /// Those of the store and of files.
    pub async fn declare_restored(&self, store: &Store) -> Result<SignedCheckpoint, NotaryError> {
        let _lock = self.lock()?;
        let last = self.look(store).await?.last;
        let known = last.as_ref().map(|signed| signed.seq);
        let declare = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
            let record = Record::new(Actor::Operator, "audit.restored");
            Ok(append(tx, record.meta(json!({ "signed_before": known })))?)
        };
        store.write(declare).await?;
        let end = store.read::<_, StoreError>(head).await?;
        // Later than the last time, also where the clock was set back.
        let before = restored_at(last.as_ref()).0;
        let restored_at = UnixMillis(store.now().0.max(before.saturating_add(1)));
        self.sign(store, &end, restored_at).await
    }

    async fn look(&self, store: &Store) -> Result<Seen, NotaryError> {
        let (key, remembered) = (self.key(), self.last()?);
        let look = move |tx: &mut Tx<'_>| -> Result<Seen, StoreError> {
            let stored = checkpoints::newest_of(tx, key)?;
            let stored = stored.filter(|signed| verified(signed).is_ok());
            let last = newer(remembered, stored);
            let row = match &last {
                Some(signed) => checkpoints::row(tx, signed.seq)?,
                None => None,
            };
            let end = head(tx)?;
            Ok(Seen { end, last, row })
        };
        Ok(store.read(look).await?)
    }

    /// What is signed is remembered here before anybody can see it.
    async fn sign(
        &self,
        store: &Store,
        end: &Checkpoint,
        restored_at: UnixMillis,
    ) -> Result<SignedCheckpoint, NotaryError> {
        let garbled = || StoreError::Corrupt("the audit log's end has no hash".to_owned());
        let point = Point::of(end).ok_or_else(garbled)?;
        let signed = self.signer.sign(point, store.now(), restored_at);
        self.save(&signed)?;
        let kept = signed.clone();
        let insert =
            move |tx: &mut Tx<'_>| -> Result<(), StoreError> { checkpoints::insert(tx, &kept) };
        store.write(insert).await?;
        Ok(signed)
    }

    fn last(&self) -> Result<Option<SignedCheckpoint>, KeyError> {
        let path = self.folder.join(MEMORY);
        let Some(text) = secret_text(&path)? else {
            return Ok(None);
        };
        let signed: Option<SignedCheckpoint> = serde_json::from_str(&text).ok();
        let signed = signed.filter(|signed| verified(signed).is_ok());
        let what = "what was signed last";
        signed.map(Some).ok_or(KeyError::Garbled { path, what })
    }

    fn save(&self, signed: &SignedCheckpoint) -> Result<(), KeyError> {
        let path = self.folder.join(MEMORY);
        let written = serde_json::to_vec(signed).map_err(io::Error::from);
        let written = written.and_then(|bytes| write_secret(&path, &bytes));
        written.map_err(|source| KeyError::File { path, source })
    }

    /// Waits for an operator's command, which holds it for one transaction.
    fn lock(&self) -> Result<File, KeyError> {
        let path = self.folder.join(LOCK);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let locked = options.open(&path).and_then(|file| {
            while let Err(errno) = flock(&file, FlockOperation::LockExclusive) {
                if errno != rustix::io::Errno::INTR {
                    return Err(errno.into());
                }
            }
            Ok(file)
        });
        locked.map_err(|source| KeyError::File { path, source })
    }
}

fn restored_at(last: Option<&SignedCheckpoint>) -> UnixMillis {
    last.map_or(UnixMillis(0), |signed| signed.restored_at)
}

fn newer(
    one: Option<SignedCheckpoint>,
    other: Option<SignedCheckpoint>,
) -> Option<SignedCheckpoint> {
    let all = one.into_iter().chain(other);
    all.max_by_key(|signed| (signed.restored_at, signed.seq))
}
