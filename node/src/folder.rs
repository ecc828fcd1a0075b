//! The folder of one session: what is in it, and whether somebody keeps the session.
//!
//! | in it | is | written by |
//! |---|---|---|
//! | `spec.json` | what the session is to be | the agent, once |
//! | `state.json` | where it is in its life | the keeper; the agent once that is gone |
//! | `stop.json` | how it is to end | the agent |
//! | `lock` | locked as long as the keeper lives, from the moment it is started | nobody |
//! | `log-N` | what the session wrote, from byte N on | the keeper |
//! | `etc` | files that the session sees in its `/etc` | the keeper, once |
//! | `status.sock` | where the server says how it is: whoever answers there is a stranger | the keeper, once |
//!
//! Of these the session sees `etc`, to read. What it writes is in memory of its own. Sessions in containers
//! have no keeper: the agent writes what the keeper does, nobody holds the lock, `given` is what they see in
//! place of `etc`, and `mark.json` says how far the engine's log was read.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hackstream_control_api::id::SessionId;
use hackstream_failpoint::reach;
use rustix::fs::{FlockOperation, flock};

use crate::record::{Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// What ends the names of folders that are being removed.
const GOING: &str = "going";

/// The folder of one session.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// That of `session` in the node's folder of sessions.
    #[must_use]
    pub fn of(sessions: &Path, session: SessionId) -> Self {
        Self(sessions.join(session.to_string()))
    }

    /// The one at this path.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// All in the node's folder of sessions. What has another name than a session is not ours.
    ///
    /// # Errors
    /// [`NodeError::File`] if there is no such folder.
    pub fn all(sessions: &Path) -> Result<Vec<(SessionId, Self)>, NodeError> {
        let entries = fs::read_dir(sessions).map_err(|source| NodeError::File {
            what: "cannot read",
            path: sessions.to_owned(),
            source,
        })?;
        let folders = entries.filter_map(|entry| {
            let path = entry.ok()?.path();
            let session = path.file_name()?.to_str()?.parse().ok()?;
            Some((session, Self(path)))
        });
        Ok(folders.collect())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The socket on which the session's server says how it is.
    #[must_use]
    pub fn status_socket(&self) -> PathBuf {
        self.join("status.sock")
    }

    /// What is called so in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What the session is to be; `None` if nobody said so yet.
    ///
    /// # Errors
    /// [`NodeError`] if that cannot be read.
    pub fn spec(&self) -> Result<Option<SessionSpec>, NodeError> {
        files::read_json(&self.join("spec.json"))
    }

    /// Says what the session is to be.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn set_spec(&self, spec: &SessionSpec) -> Result<(), NodeError> {
        files::write_json(&self.join("spec.json"), spec)
    }

    /// Where it is in its life; `None` if it has not begun.
    ///
    /// # Errors
    /// [`NodeError`] if that cannot be read.
    pub fn record(&self) -> Result<Option<Record>, NodeError> {
        files::read_json(&self.join("state.json"))
    }

    /// Says where it is. For the keeper, and for whoever holds the lock after it.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn set_record(&self, record: &Record) -> Result<(), NodeError> {
        files::write_json(&self.join("state.json"), record)
    }

    /// How it is to end.
    ///
    /// # Errors
    /// [`NodeError`] if that cannot be read.
    pub fn stop_order(&self) -> Result<StopOrder, NodeError> {
        let order = files::read_json(&self.join("stop.json"))?;
        Ok(order.unwrap_or_default())
    }

    /// Says how it is to end.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn set_stop_order(&self, order: &StopOrder) -> Result<(), NodeError> {
        files::write_json(&self.join("stop.json"), order)
    }

    /// Makes the folder with its lock, if they are not there.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn make(&self) -> Result<(), NodeError> {
        // Sessions run as other users, who must get through to what they may read.
        files::make_folder(&self.0, 0o711)?;
        let path = self.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let made = options.open(&path).map(drop);
        made.map_err(|source| NodeError::File {
            what: "cannot make",
            path,
            source,
        })
    }

    /// Removes the folder of a session that is over. Nobody finds half of it meanwhile: it has another
    /// name first, which is no session's.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn remove(&self) -> Result<(), NodeError> {
        let going = self.0.with_extension(GOING);
        match fs::rename(&self.0, &going) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(NodeError::File {
                what: "cannot remove",
                path: self.0.clone(),
                source: error,
            }),
            _ => {
                reach("node.forget.renamed");
                files::remove_folder(&going)
            }
        }
    }

    /// Removes what an agent that was killed left behind as it made or removed folders.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn sweep(sessions: &Path) -> Result<(), NodeError> {
        for (_, folder) in Self::all(sessions)? {
            if folder.spec().is_ok_and(|spec| spec.is_none()) {
                folder.remove()?;
            }
        }
        for entry in fs::read_dir(sessions).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == GOING) {
                files::remove_folder(&path)?;
            }
        }
        Ok(())
    }

    /// The session's lock, if nobody has it: then no keeper lives. It is held as long as one of the
    /// descriptors that are copies of what is returned.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn lock(&self) -> Result<Option<File>, NodeError> {
        self.locked(FlockOperation::NonBlockingLockExclusive)
    }

    /// Whether somebody has the lock. Any number may ask at once.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn is_locked(&self) -> Result<bool, NodeError> {
        let shared = self.locked(FlockOperation::NonBlockingLockShared)?;
        Ok(shared.is_none())
    }

    fn locked(&self, how: FlockOperation) -> Result<Option<File>, NodeError> {
        let path = self.join("lock");
        let locked = || {
            let file = OpenOptions::new().write(true).open(&path)?;
            match flock(&file, how) {
                Ok(()) => Ok(Some(file)),
                Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
                Err(error) => Err(io::Error::from(error)),
            }
        };
        locked().map_err(|source| NodeError::File {
            what: "cannot lock",
            path: path.clone(),
            source,
        })
    }
}
