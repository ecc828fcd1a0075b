//! Sessions on this machine, as the agent sees them.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::{StartPhase, Usage};
use hackstream_control_api::session::StopCause;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tracing::warn;

use super::keeper::{self, Means};
use super::{log, pages, processes};
use crate::clock::now;
use crate::driver::{Driver, Found, LogPiece};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// How long the kernel may take to end what was killed.
const KILL: Duration = Duration::from_secs(10);

/// Between two looks whether a keeper has let go of its lock.
const LOOK: Duration = Duration::from_millis(5);

/// Where sessions are, and what they are given.
#[derive(Clone, Debug)]
pub struct Places {
    /// The folder of sessions' folders.
    pub sessions: PathBuf,
    /// This program, which keeps sessions.
    pub program: PathBuf,
    /// The server's program.
    pub server: PathBuf,
    /// The address where viewers reach sessions.
    pub address: IpAddr,
    /// The first and the last UDP port for that; 0 is any.
    pub ports: (u16, u16),
    /// The first of the users that sessions run as, if the agent is root, and how many there are.
    pub users: (u32, u32),
}

/// Runs sessions on this machine.
#[derive(Debug)]
pub struct LocalDriver {
    places: Places,
    /// Keepers that this process has started and not waited for, and the key to starting one.
    keepers: Mutex<BTreeMap<SessionId, Child>>,
}

impl LocalDriver {
    /// A driver for the sessions in these places, of which some may run.
    ///
    /// # Errors
    /// [`NodeError::File`] if the folder cannot be made.
    pub fn new(places: Places) -> Result<Self, NodeError> {
        // Sessions run as other users, who must get through to what is theirs.
        files::make_folder(&places.sessions, 0o711)?;
        Ok(Self {
            places,
            keepers: Mutex::default(),
        })
    }

    fn folder(&self, session: SessionId) -> Folder {
        Folder::of(&self.places.sessions, session)
    }

    fn keepers(&self) -> MutexGuard<'_, BTreeMap<SessionId, Child>> {
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A user that no session that runs has.
    fn free_user(&self) -> Result<Option<u32>, NodeError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let mut taken = Vec::new();
        for (_, folder) in Folder::all(&self.places.sessions)? {
            let is_over = folder.record()?.is_some_and(|record| record.life.is_over());
            if let (Some(means), false) = (read_means(&folder)?, is_over) {
                taken.extend(means.user);
            }
        }
        let (first, count) = self.places.users;
        let mut users = first..first.saturating_add(count);
        let free = users.find(|user| !taken.contains(user));
        free.map(Some).ok_or(NodeError::NoUser(count))
    }

    /// A session as it is. One whose keeper is gone without having said so is ended first.
    fn find(&self, folder: &Folder) -> Result<Option<Found>, NodeError> {
        let Some(spec) = folder.spec()? else {
            return Ok(None);
        };
        let record = match folder.record()? {
            Some(record) if record.life.is_over() => record,
            // In this order: whoever lets go of the lock has written the record before.
            other => match (folder.lock()?, other) {
                (None, Some(record)) => record,
                (None, None) => begun(),
                (Some(lock), _) => self.bury(folder, &lock)?,
            },
        };
        Ok(Some(Found { spec, record }))
    }

    /// Ends what is left of a session whose keeper was killed, or never came to life. Whoever calls
    /// this holds its lock.
    fn bury(&self, folder: &Folder, _lock: &File) -> Result<Record, NodeError> {
        let record = folder.record()?;
        if let Some(record) = &record {
            if record.life.is_over() {
                return Ok(record.clone());
            }
            if record.init.is_some_and(|init| !init.kill(KILL)) {
                let what = folder.path().display().to_string();
                return Err(NodeError::Immortal(what));
            }
        }
        for own in ["run", "etc"] {
            files::remove_folder(&folder.join(own))?;
        }
        let (cause, detail) = match record.as_ref().map(|record| &record.life) {
            Some(Life::Stopping { cause }) => (*cause, None),
            Some(Life::Ready) => (StopCause::Crashed, Some("its keeper was killed")),
            _ => (StopCause::StartFailed, Some("its keeper was killed")),
        };
        let ended = Record {
            life: Life::Ended {
                cause,
                exit: None,
                detail: detail.map(str::to_owned),
            },
            since: now(),
            ..record.unwrap_or_else(begun)
        };
        folder.set_record(&ended)?;
        Ok(ended)
    }

    /// Waits for the keepers of ours that have ended.
    fn reap(&self) {
        self.keepers()
            .retain(|_, keeper| matches!(keeper.try_wait(), Ok(None)));
    }

    /// Sends the keeper a signal, if it lives.
    fn signal(&self, folder: &Folder, signal: Signal) -> Result<(), NodeError> {
        let Some(record) = folder.record()? else {
            return Ok(());
        };
        // As long as its lock is held the number is the keeper's.
        if folder.lock()?.is_none() {
            if let Some(keeper) = Pid::from_raw(record.keeper) {
                let _ = kill_process(keeper, signal);
            }
        }
        Ok(())
    }
}

impl Driver for LocalDriver {
    fn boot(&self, spec: &SessionSpec) -> Result<(), NodeError> {
        self.reap();
        // One at a time: two would find the same user free.
        let mut keepers = self.keepers();
        let folder = self.folder(spec.session);
        files::make_folder(folder.path(), 0o711)?;
        let Some(lock) = folder.lock()? else {
            return Ok(());
        };
        if let Some(record) = folder.record()? {
            let _ = self.bury(&folder, &lock)?;
            return match record.life.is_over() {
                true => Err(NodeError::Over(spec.session)),
                // It broke while nobody looked; the list says so.
                false => Ok(()),
            };
        }
        folder.set_spec(spec)?;
        let means = Means {
            server: self.places.server.clone(),
            address: self.places.address,
            ports: self.places.ports,
            user: self.free_user()?,
        };
        let keeper = keeper::start(&self.places.program, &folder, lock, &means)?;
        keepers.insert(spec.session, keeper);
        Ok(())
    }

    fn stop(&self, session: SessionId, order: StopOrder) -> Result<(), NodeError> {
        let folder = self.folder(session);
        if folder.spec()?.is_none() {
            return Ok(());
        }
        folder.set_stop_order(&order)?;
        self.signal(&folder, Signal::TERM)
    }

    fn kill(&self, session: SessionId) -> Result<(), NodeError> {
        let folder = self.folder(session);
        if folder.spec()?.is_none() {
            return Ok(());
        }
        let deadline = Instant::now() + KILL;
        loop {
            if let Some(lock) = folder.lock()? {
                self.bury(&folder, &lock)?;
                self.reap();
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(NodeError::Immortal(format!("the keeper of {session}")));
            }
            // Again in each round: it may not have written its number yet.
            self.signal(&folder, Signal::KILL)?;
            std::thread::sleep(LOOK);
        }
    }

    fn list(&self) -> Result<Vec<Found>, NodeError> {
        self.reap();
        let mut found = Vec::new();
        for (session, folder) in Folder::all(&self.places.sessions)? {
            match self.find(&folder) {
                Ok(one) => found.extend(one),
                // The others are none the worse for it.
                Err(error) => warn!(%session, %error, "cannot look after a session"),
            }
        }
        Ok(found)
    }

    fn usage(&self, session: SessionId) -> Result<Usage, NodeError> {
        let record = self.folder(session).record()?;
        let record = record.ok_or(NodeError::Unknown(session))?;
        let init = record.init.filter(processes::Process::lives);
        let namespace = init.and_then(|init| processes::namespace_of(init.pid));
        let all = namespace.map(|namespace| processes::in_namespace(&namespace));
        Ok(processes::usage(&all.unwrap_or_default()))
    }

    fn is_loaded(&self, session: SessionId) -> bool {
        pages::are_taken(&self.folder(session).join("run"))
    }

    fn open_page(&self, session: SessionId, page: &str) -> Result<(), NodeError> {
        pages::open(&self.folder(session).join("run"), page)
    }

    fn log(&self, session: SessionId, after: u64, most: usize) -> Result<LogPiece, NodeError> {
        let folder = self.folder(session);
        let unknown = || NodeError::Unknown(session);
        let found = self.find(&folder)?.ok_or_else(unknown)?;
        let read = log::read(folder.path(), after, most);
        let piece = read.map_err(NodeError::system("cannot read the log"))?;
        // What it wrote before it ended was in the log when its record said that it has.
        let is_last = found.record.life.is_over() && piece.bytes.len() < most;
        Ok(LogPiece { is_last, ..piece })
    }

    fn forget(&self, session: SessionId) -> Result<(), NodeError> {
        let folder = self.folder(session);
        let is_over = |found: Found| found.record.life.is_over();
        if self.find(&folder)?.is_some_and(is_over) {
            files::remove_folder(folder.path())?;
        }
        Ok(())
    }

    fn limits_enforced(&self) -> bool {
        false
    }
}

fn read_means(folder: &Folder) -> Result<Option<Means>, NodeError> {
    files::read_json(&folder.join("keep.json"))
}

/// Of a session whose keeper has not written yet.
fn begun() -> Record {
    Record {
        life: Life::Starting {
            phase: StartPhase::Sandbox,
        },
        since: now(),
        keeper: 0,
        init: None,
        ready_at: None,
        server_spki: None,
        port: 0,
    }
}
