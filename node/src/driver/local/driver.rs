//! Sessions on this machine, as the agent sees them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::Usage;
use hackstream_failpoint::reach;
use rustix::process::{Signal, geteuid};
use tracing::warn;

use super::burial::{KILL, bury, means};
use super::groups::Groups;
use super::keeper::{self, Means};
use super::processes::Process;
use super::{log, pages, processes};
use crate::driver::{Driver, Found, LogPiece, Seen};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

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
    /// Where the machine lets us make control groups.
    groups: Option<Groups>,
    /// Keepers that this process has started and not waited for, and the key to starting one.
    keepers: Mutex<BTreeMap<SessionId, Child>>,
}

impl LocalDriver {
    /// A driver for the sessions in these places, of which some may run.
    ///
    /// # Errors
    /// [`NodeError::File`] if the folder cannot be made.
    pub fn new(places: Places) -> Result<Self, NodeError> {
        // Sessions run as other users, who must get through to what they may read.
        files::make_folder(&places.sessions, 0o711)?;
        Folder::sweep(&places.sessions)?;
        let groups = Groups::find().inspect_err(|error| {
            warn!(%error, "sessions have no control groups, and nothing limits their memory");
        });
        Ok(Self {
            places,
            groups: groups.ok(),
            keepers: Mutex::default(),
        })
    }

    fn folder(&self, session: SessionId) -> Folder {
        Folder::of(&self.places.sessions, session)
    }

    fn keepers(&self) -> MutexGuard<'_, BTreeMap<SessionId, Child>> {
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A user that no session that runs has, nor anybody else.
    fn free_user(&self) -> Result<Option<u32>, NodeError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let mut taken = processes::by_user();
        for (_, folder) in Folder::all(&self.places.sessions)? {
            // One that is damaged may run.
            let is_over = |record: Record| record.life.is_over();
            let is_over = folder.record().ok().flatten().is_some_and(is_over);
            if let (Ok(Some(means)), false) = (means(&folder), is_over) {
                taken.extend(means.user.map(|user| (user, Vec::new())));
            }
        }
        let (first, count) = self.places.users;
        let mut users = first..first.saturating_add(count);
        let free = users.find(|user| !taken.contains_key(user));
        free.map(Some).ok_or(NodeError::NoUser(count))
    }

    /// A session as it is. One whose keeper is gone without having said so is ended first.
    fn look_at(&self, folder: &Folder) -> Result<Option<Found>, NodeError> {
        match look(folder) {
            // It was just forgotten, by another thread.
            Err(_) if !folder.path().exists() => Ok(None),
            found => found,
        }
    }

    /// The same for the list.
    fn see(&self, session: SessionId, folder: &Folder) -> Option<Seen> {
        Seen::of(session, self.look_at(folder))
    }

    /// The first process in the session's namespace, if it lives.
    fn init(&self, session: SessionId) -> Option<Process> {
        let record = self.folder(session).record().ok()??;
        record.init.filter(Process::lives)
    }

    /// Waits for the keepers of ours that have ended.
    fn reap(&self) {
        self.keepers()
            .retain(|_, keeper| matches!(keeper.try_wait(), Ok(None)));
    }

    /// What the keeper of a new session is given.
    fn means(&self, spec: &SessionSpec) -> Result<Means, NodeError> {
        let user = self.free_user()?;
        let group = self.groups.as_ref();
        let group = group.map(|groups| groups.make(spec.session, &spec.resources));
        let group = group.transpose();
        Ok(Means {
            server: self.places.server.clone(),
            address: self.places.address,
            ports: self.places.ports,
            user,
            group: group.map_err(NodeError::system("cannot make the session's group"))?,
        })
    }
}

/// A session as it is, after it was ended if its keeper is gone.
fn look(folder: &Folder) -> Result<Option<Found>, NodeError> {
    let Some(spec) = folder.spec()? else {
        return Ok(None);
    };
    let record = match folder.record() {
        Ok(Some(record)) if record.life.is_over() => finished(folder, record)?,
        // In this order: whoever lets go of the lock has written the record before.
        other => match (folder.lock()?, other) {
            (None, other) => other?.unwrap_or_else(|| Record::begun(None)),
            (Some(lock), _) => bury(folder, &lock)?,
        },
    };
    Ok(Some(Found { spec, record }))
}

/// The record of a session that is over, once its keeper has gone as well.
fn finished(folder: &Folder, mut record: Record) -> Result<Record, NodeError> {
    if folder.is_locked()? {
        if let Life::Ended { cause, .. } = record.life {
            record.life = Life::Stopping { cause };
        }
    }
    Ok(record)
}

/// Sends the session's keeper a signal, if it lives.
fn signal(folder: &Folder, signal: Signal) -> Result<(), NodeError> {
    let record = folder.record()?;
    if let Some(keeper) = record.and_then(|record| record.keeper) {
        keeper.signal(signal);
    }
    Ok(())
}

/// Kills the session's keeper, with all in its group if it has one.
fn kill(folder: &Folder) {
    if let Some(group) = means(folder).ok().flatten().and_then(|means| means.group) {
        return group.kill();
    }
    // Not by its record: it may not be written yet, or be damaged.
    if let Some(keeper) = keeper::find(folder) {
        keeper.signal(Signal::KILL);
    }
}

impl Driver for LocalDriver {
    fn boot(&self, spec: &SessionSpec) -> Result<(), NodeError> {
        self.reap();
        // One at a time: two would find the same user free.
        let mut keepers = self.keepers();
        let folder = self.folder(spec.session);
        folder.make()?;
        reach("node.boot.folder");
        if let Some(record) = folder.record()? {
            if record.life.is_over() {
                return Err(NodeError::Over(spec.session));
            }
        }
        let Some(lock) = folder.lock()? else {
            return Ok(());
        };
        if folder.record()?.is_some() {
            // It broke while nobody looked; the list says so.
            return bury(&folder, &lock).map(drop);
        }
        folder.set_spec(spec)?;
        reach("node.boot.spec");
        let means = self.means(spec)?;
        reach("node.boot.means");
        let keeper = keeper::start(&self.places.program, &folder, lock, &means)?;
        reach("node.boot.keeper");
        keepers.insert(spec.session, keeper);
        Ok(())
    }

    fn stop(&self, session: SessionId, order: StopOrder) -> Result<(), NodeError> {
        let folder = self.folder(session);
        if folder.spec()?.is_none() {
            return Ok(());
        }
        folder.set_stop_order(&order)?;
        reach("node.stop.ordered");
        signal(&folder, Signal::TERM)
    }

    fn kill(&self, session: SessionId) -> Result<(), NodeError> {
        let folder = self.folder(session);
        if folder.spec()?.is_none() {
            return Ok(());
        }
        let deadline = Instant::now() + KILL;
        loop {
            if let Some(lock) = folder.lock()? {
                bury(&folder, &lock)?;
                self.reap();
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(NodeError::Immortal(format!("the keeper of {session}")));
            }
            // Again in each round: it may not have written its number yet.
            kill(&folder);
            std::thread::sleep(LOOK);
        }
    }

    fn list(&self) -> Result<Vec<Seen>, NodeError> {
        self.reap();
        let all = Folder::all(&self.places.sessions)?.into_iter();
        let seen = all.filter_map(|(session, folder)| self.see(session, &folder));
        Ok(seen.collect())
    }

    fn find(&self, session: SessionId) -> Result<Option<Seen>, NodeError> {
        self.reap();
        let folder = self.folder(session);
        let is_there = folder.path().try_exists();
        let is_there = is_there.map_err(NodeError::system("cannot look for the session"))?;
        Ok(is_there.then(|| self.see(session, &folder)).flatten())
    }

    fn usage(&self, session: SessionId) -> Result<Usage, NodeError> {
        let record = self.folder(session).record()?;
        let record = record.ok_or(NodeError::Unknown(session))?;
        if let Some(group) = means(&self.folder(session))?.and_then(|means| means.group) {
            return Ok(processes::usage(&group.programs()));
        }
        let init = record.init.filter(Process::lives);
        let namespace = init.and_then(|init| processes::namespace_of(init.pid));
        let all = namespace.map(|namespace| processes::in_namespace(&namespace));
        Ok(processes::usage(&all.unwrap_or_default()))
    }

    fn is_loaded(&self, session: SessionId) -> bool {
        self.init(session)
            .is_some_and(|init| pages::are_taken(&init))
    }

    fn open_page(&self, session: SessionId, page: &str) -> Result<(), NodeError> {
        let init = self.init(session).ok_or(NodeError::Unknown(session))?;
        pages::open(&init, page)
    }

    fn log(&self, session: SessionId, after: u64, most: usize) -> Result<LogPiece, NodeError> {
        let folder = self.folder(session);
        let unknown = || NodeError::Unknown(session);
        let found = self.look_at(&folder)?.ok_or_else(unknown)?;
        log::piece(folder.path(), &found.record.life, after, most)
    }

    fn forget(&self, session: SessionId) -> Result<(), NodeError> {
        let folder = self.folder(session);
        let is_over = |found: Found| found.record.life.is_over();
        if self.look_at(&folder)?.is_some_and(is_over) {
            if let Some(groups) = &self.groups {
                groups.of(session).tidy();
            }
            folder.remove()?;
        }
        Ok(())
    }

    fn limits_enforced(&self) -> bool {
        self.groups.as_ref().is_some_and(Groups::have_limits)
    }
}
