//! Sessions in containers, as the agent sees them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::node::Usage;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::warn;

use super::container::Means;
use super::engine::Engine;
use super::given;
use super::health::Health;
use super::tend::{Tender, Wish};
use crate::driver::local::{log, pages, processes::Process};
use crate::driver::{Broken, Driver, Found, LogPiece, Seen};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// How long it may take to end what was killed.
const KILL: Duration = Duration::from_secs(15);

/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(10);

/// Where sessions are, and what they are given.
#[derive(Clone, Debug)]
pub struct Places {
    /// The folder of sessions' folders.
    pub sessions: PathBuf,
    /// The node, whose containers are told apart from others'.
    pub node: NodeId,
    /// The container engine's socket.
    pub socket: PathBuf,
    /// The image that sessions are made of.
    pub image: String,
    /// The address where viewers reach sessions.
    pub address: IpAddr,
    /// The first and the last UDP port for that; 0 is any.
    pub ports: (u16, u16),
    /// Whether sessions run only where the engine keeps their limits.
    pub require_limits: bool,
}

/// Runs sessions in containers.
#[derive(Debug)]
pub struct DockerDriver {
    places: Places,
    engine: Engine,
    health: Arc<Health>,
    /// What is wished of the sessions that are looked after.
    wishes: Mutex<BTreeMap<SessionId, watch::Sender<Wish>>>,
    /// The key to starting one, and to ending one that nobody looks after.
    starting: Mutex<()>,
    /// Last: what runs on it uses the rest.
    runtime: Runtime,
}

impl DockerDriver {
    /// A driver for the sessions in these places, of which some may run.
    ///
    /// # Errors
    /// [`NodeError`] if the folder cannot be made, or there are no threads. That there is no engine is
    /// none: it may come.
    pub fn new(places: Places) -> Result<Self, NodeError> {
        // Whoever gets through to a session's door could take its place.
        files::make_folder(&places.sessions, 0o700)?;
        Folder::sweep(&places.sessions)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("containers")
            .enable_all()
            .build();
        let runtime = runtime.map_err(NodeError::system("cannot start threads"))?;
        let engine = Engine::new(places.socket.clone(), places.image.clone());
        let health = Arc::new(Health::new(engine.clone(), places.node));
        runtime.block_on(health.look());
        runtime.spawn(Arc::clone(&health).watch());
        let driver = Self {
            places,
            engine,
            health,
            wishes: Mutex::default(),
            starting: Mutex::default(),
            runtime,
        };
        driver.take_up()?;
        Ok(driver)
    }

    /// Looks after all that there is.
    fn take_up(&self) -> Result<(), NodeError> {
        for (session, folder) in Folder::all(&self.places.sessions)? {
            let (Ok(Some(spec)), Ok(record)) = (folder.spec(), folder.record()) else {
                // The list says so.
                continue;
            };
            let record = record.unwrap_or_else(|| Record::begun(None));
            if record.life.is_over() {
                continue;
            }
            let wish = match record.life {
                Life::Stopping { .. } => Wish::Stop(folder.stop_order().unwrap_or_default()),
                _ => Wish::Run,
            };
            let (sender, wishes) = watch::channel(wish);
            match Tender::new(self.engine.clone(), folder, (spec, record), wishes) {
                Ok(tender) => {
                    self.runtime.spawn(tender.take_up());
                    self.wishes().insert(session, sender);
                }
                Err(error) => warn!(%session, %error, "a session is not looked after"),
            }
        }
        Ok(())
    }

    fn folder(&self, session: SessionId) -> Folder {
        Folder::of(&self.places.sessions, session)
    }

    fn wishes(&self) -> MutexGuard<'_, BTreeMap<SessionId, watch::Sender<Wish>>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn starting(&self) -> MutexGuard<'_, ()> {
        self.starting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is wished of a session; whether anybody looks after it.
    fn wish(&self, session: SessionId, wish: Wish) -> bool {
        let wishes = self.wishes();
        let sender = wishes.get(&session).filter(|sender| !sender.is_closed());
        sender.is_some_and(|sender| {
            sender.send_if_modified(|now| {
                // Who is to be killed is not asked.
                let is_new = *now != wish && *now != Wish::Kill;
                if is_new {
                    *now = wish;
                }
                is_new
            });
            true
        })
    }

    fn is_over(&self, session: SessionId) -> bool {
        let record = self.folder(session).record();
        record.is_ok_and(|record| record.is_some_and(|record| record.life.is_over()))
    }

    /// Makes the container of a new session.
    fn make(&self, folder: &Folder, spec: &SessionSpec) -> Result<Tender, NodeError> {
        let limits = self.runtime.block_on(self.engine.look())?;
        if self.places.require_limits && !limits.are_all() {
            return Err(NodeError::Unlimited);
        }
        let record = Record::begun(None);
        let means = Means {
            image: self.places.image.clone(),
            given: given::write(folder, spec)?,
            limits,
        };
        // From here on it is in the list.
        folder.set_record(&record)?;
        folder.set_spec(spec)?;
        self.runtime.block_on(self.engine.make(spec, &means))?;
        let (sender, wishes) = watch::channel(Wish::Run);
        let tender = Tender::new(
            self.engine.clone(),
            folder.clone(),
            (spec.clone(), record),
            wishes,
        )?;
        self.wishes().insert(spec.session, sender);
        Ok(tender)
    }

    /// One that runs as it is looked after; one that does not run as its record has it.
    fn look_at(&self, folder: &Folder) -> Result<Option<Found>, NodeError> {
        match (folder.spec()?, folder.record()?) {
            (Some(spec), Some(record)) => Ok(Some(Found { spec, record })),
            (Some(spec), None) => Ok(Some(Found {
                spec,
                record: Record::begun(None),
            })),
            (None, _) => Ok(None),
        }
    }

    /// The same for the list.
    fn see(&self, session: SessionId, folder: &Folder) -> Option<Seen> {
        match self.look_at(folder) {
            // It was just forgotten, by another thread.
            Err(_) if !folder.path().exists() => None,
            looked => Seen::of(session, looked),
        }
    }

    /// The first process of the session, if it lives.
    fn init(&self, session: SessionId) -> Option<Process> {
        let record = self.folder(session).record().ok()??;
        record.init.filter(Process::lives)
    }
}

/// A container that nobody here made, or whose files were lost.
fn stray(session: SessionId) -> Seen {
    let why = "there is a container of it, and no folder".to_owned();
    Seen::Broken(Broken { session, why })
}

impl Driver for DockerDriver {
    fn boot(&self, spec: &SessionSpec) -> Result<(), NodeError> {
        let _alone = self.starting();
        let folder = self.folder(spec.session);
        if folder.path().exists() && folder.spec()?.is_some() {
            return match self.is_over(spec.session) {
                true => Err(NodeError::Over(spec.session)),
                false => Ok(()),
            };
        }
        folder.make()?;
        match self.make(&folder, spec) {
            Ok(tender) => {
                let Places { address, ports, .. } = self.places;
                self.runtime.spawn(tender.run(address, ports));
                Ok(())
            }
            Err(error) => {
                // Nothing of it runs, and it was in no list that anybody waits for.
                folder.remove()?;
                Err(error)
            }
        }
    }

    fn stop(&self, session: SessionId, order: StopOrder) -> Result<(), NodeError> {
        let folder = self.folder(session);
        if folder.spec()?.is_none() || self.is_over(session) {
            return Ok(());
        }
        folder.set_stop_order(&order)?;
        self.wish(session, Wish::Stop(order));
        Ok(())
    }

    fn kill(&self, session: SessionId) -> Result<(), NodeError> {
        if self.is_over(session) {
            return Ok(());
        }
        if self.wish(session, Wish::Kill) {
            let deadline = Instant::now() + KILL;
            while !self.is_over(session) {
                if Instant::now() >= deadline {
                    return Err(NodeError::Immortal(format!("the container of {session}")));
                }
                std::thread::sleep(LOOK);
            }
            return Ok(());
        }
        // Nobody looks after it: its folder is damaged, or gone.
        let _alone = self.starting();
        self.runtime.block_on(self.engine.remove(session))?;
        self.health.forget(session);
        let folder = self.folder(session);
        if !folder.path().exists() {
            return Ok(());
        }
        given::tidy(&folder)?;
        let mut record = folder.record().ok().flatten();
        let record = record.get_or_insert_with(|| Record::begun(None));
        record.enter(Life::Ended {
            cause: hackstream_control_api::session::StopCause::Crashed,
            exit: None,
            detail: Some("its files were damaged".to_owned()),
        });
        folder.set_record(record)
    }

    fn list(&self) -> Result<Vec<Seen>, NodeError> {
        let mut seen = Vec::new();
        let folders = Folder::all(&self.places.sessions)?;
        // Asked before the folders are looked at: one that is forgotten meanwhile has no container.
        let strays = self.health.containers();
        let strays = strays
            .into_iter()
            .filter(|session| !self.folder(*session).path().exists());
        seen.extend(strays.map(stray));
        let found = folders.iter();
        seen.extend(found.filter_map(|(session, folder)| self.see(*session, folder)));
        Ok(seen)
    }

    fn find(&self, session: SessionId) -> Result<Option<Seen>, NodeError> {
        // Asked first, as for the list.
        let has_container = self.health.containers().contains(&session);
        let folder = self.folder(session);
        let is_there = folder.path().try_exists();
        if is_there.map_err(NodeError::system("cannot look for the session"))? {
            return Ok(self.see(session, &folder));
        }
        Ok(has_container.then(|| stray(session)))
    }

    fn usage(&self, session: SessionId) -> Result<Usage, NodeError> {
        if self.is_over(session) || self.problem().is_some() {
            return Ok(Usage::default());
        }
        self.runtime.block_on(self.engine.usage(session))
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
        if folder.path().exists() && self.is_over(session) {
            self.wishes().remove(&session);
            self.health.forget(session);
            folder.remove()?;
        }
        Ok(())
    }

    fn limits_enforced(&self) -> bool {
        self.health.limits().are_all()
    }

    fn problem(&self) -> Option<String> {
        let limits = self.health.limits();
        let is_unlimited = self.places.require_limits && !limits.are_all();
        let unlimited = || is_unlimited.then(|| NodeError::Unlimited.to_string());
        self.health.problem().or_else(unlimited)
    }
}
