//! Where everything is kept: SQLite without any set-up, or PostgreSQL.
//!
//! What the hub does is written once, above both, as functions of a [`Tx`]: statements in the part
//! of SQL that both understand, with `?1` for parameters and `/*FOR UPDATE*/` where a row must be
//! locked against other writers (SQLite has only one). A database is a [`Backend`] of some hundred
//! lines: connecting, running statements, telling its errors apart.
//!
//! Statements run on threads of their own (`workers`); those of SQLite are one that writes and a
//! few that read.

mod aside;
mod backend;
mod error;
mod migrations;
mod postgres;
mod sqlite;
mod transaction;
mod value;
mod workers;

pub use aside::Aside;
pub use backend::{Backend, Place};
pub use error::StoreError;
use transaction::News;
pub use transaction::{Tx, Wake};
pub(crate) use value::values;
pub use value::{FromValue, Row, Value};

use std::sync::Arc;
use std::time::{Duration, Instant};

use hackstream_control_api::time::UnixMillis;
use hackstream_ticket::{HubKey, Signer};
use tokio::sync::{broadcast, watch};

use crate::random;
use workers::Workers;

/// Wakes that a slow listener may be behind before it has to look at everything again.
const WAKES: usize = 1024;

/// How long a write waits for others, its turn included, before its asker is told to come back: another
/// program may keep a database locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tries of a transaction that others got in the way of.
const TRIES: u32 = 8;

/// Tells the time; tests have their own.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// The database and its threads.
pub struct Store {
    writers: Workers,
    readers: Workers,
    wakes: broadcast::Sender<Wake>,
    audited: watch::Sender<u64>,
    clock: Clock,
    on_commit: Arc<dyn Fn(f64) + Send + Sync>,
    jobs: Arc<Signer>,
    place: Place,
}

impl Store {
    /// Opens the database at `place`, brings its tables up to date and starts its threads.
    /// `on_commit` hears how long each write took, in seconds. Jobs are signed with `jobs` as they are
    /// written: never what is read from the database.
    ///
    /// # Errors
    /// If it cannot be reached, or was written by a newer version.
    pub fn open(
        place: &Place,
        clock: Clock,
        on_commit: Box<dyn Fn(f64) + Send + Sync>,
        jobs: Signer,
    ) -> Result<Self, StoreError> {
        migrations::run(place.connect()?.as_mut())?;
        Ok(Self {
            writers: Workers::start("store-write", place.writers(), place)?,
            readers: Workers::start("store-read", place.readers(), place)?,
            wakes: broadcast::channel(WAKES).0,
            audited: watch::Sender::new(0),
            clock,
            on_commit: on_commit.into(),
            jobs: Arc::new(jobs),
            place: place.clone(),
        })
    }

    /// With what nodes check jobs.
    #[must_use]
    pub fn job_key(&self) -> HubKey {
        self.jobs.public()
    }

    /// What this store calls now.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// Hears of what changes from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Wake> {
        self.wakes.subscribe()
    }

    /// The number of the last row of the audit log that this process wrote; 0 before the first.
    #[must_use]
    pub fn audited(&self) -> watch::Receiver<u64> {
        self.audited.subscribe()
    }

    /// Does `work` in one transaction: everything it writes, or nothing if it returns an error.
    /// It may be run again where other writers got in its way.
    ///
    /// # Errors
    /// Those of `work`, and those of the store.
    pub async fn write<T, E>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Contention + Send + 'static,
    {
        let started = Instant::now();
        let (clock, wakes) = (Arc::clone(&self.clock), self.wakes.clone());
        let audited = self.audited.clone();
        let (on_commit, jobs) = (Arc::clone(&self.on_commit), Arc::clone(&self.jobs));
        self.writers
            .run(move |backend| {
                let begin = |backend: &mut dyn Backend| {
                    backend.begin_write(PATIENCE.saturating_sub(started.elapsed()))
                };
                let (value, news) = attempt(backend, (&clock, &*jobs), &begin, &work)?;
                // Here, and not where the asker waits: the asker may have gone.
                for wake in news.wakes {
                    // Nobody may be listening.
                    let _ = wakes.send(wake);
                }
                if let Some(seq) = news.audited {
                    audited.send_if_modified(|last| {
                        let is_newer = seq > *last;
                        *last = seq.max(*last);
                        is_newer
                    });
                }
                on_commit(started.elapsed().as_secs_f64());
                Ok(value)
            })
            .await
    }

    /// Looks at one state of the database.
    ///
    /// # Errors
    /// Those of `work`, and those of the store.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (now, jobs) = (self.now(), Arc::clone(&self.jobs));
        self.readers
            .run(move |backend| {
                backend.begin_read()?;
                let result = work(&mut Tx::new(backend, now, &jobs));
                backend.rollback()?;
                result
            })
            .await
    }
}

/// An error that may be another writer's doing.
pub trait Contention {
    /// Whether the same transaction may succeed when it is run again.
    fn is_contention(&self) -> bool;
}

/// Runs `work` until no other writer is in its way.
fn attempt<T, E: From<StoreError> + Contention>(
    backend: &mut dyn Backend,
    (clock, jobs): (&Clock, &Signer),
    begin: &impl Fn(&mut dyn Backend) -> Result<(), StoreError>,
    work: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<(T, News), E> {
    let mut tries = 1;
    loop {
        match once(backend, (clock(), jobs), begin, work) {
            Err(error) if error.is_contention() && tries < TRIES => {
                std::thread::sleep(pause(tries));
                tries += 1;
            }
            done => return done,
        }
    }
}

/// Before the next try: a moment that grows, and of another length for each, so that those who were in
/// each other's way are not again.
fn pause(tries: u32) -> Duration {
    let [byte] = random::bytes().unwrap_or([0]);
    Duration::from_millis(1 << tries.min(6)).mul_f32(f32::from(byte) / 255.0)
}

fn once<T, E: From<StoreError>>(
    backend: &mut dyn Backend,
    (now, jobs): (UnixMillis, &Signer),
    begin: &impl Fn(&mut dyn Backend) -> Result<(), StoreError>,
    work: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<(T, News), E> {
    begin(backend)?;
    let mut tx = Tx::new(backend, now, jobs);
    let result = work(&mut tx).and_then(|value| Ok((value, tx.finish()?)));
    match result {
        Ok(done) => {
            if let Err(error) = backend.commit() {
                // What has failed to commit may still be open.
                let _ = backend.rollback();
                return Err(error.into());
            }
            Ok(done)
        }
        Err(error) => {
            backend.rollback()?;
            Err(error)
        }
    }
}
