//! What the agent does all day: it asks the hub what to do, does it, and tells what there is.
//!
//! [`admission`] decides which jobs are the hub's and allowed, [`jobs`] carries them out, [`sessions`] looks after sessions between that and ends
//! them when their [`timers`] say so, whether or not the hub is there. [`hub`] is the way to it,
//! [`status`] the way to a session's server, `reporting` tells what there is, [`capacity`] the machine;
//! `fence` keeps sessions from addresses that the machine gets.

pub mod admission;
pub mod capacity;
mod fence;
pub mod hub;
pub mod jobs;
pub mod logs;
pub mod memory;
mod refusal;
mod reporting;
pub mod sessions;
pub mod status;
mod telling;
pub mod timers;
pub mod witness;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hackstream_control_api::limits::MAX_REPORTED_SESSIONS;
use hackstream_control_api::node::Report;
use tracing::warn;

use crate::NodeError;
use crate::clock::{Uptime, now};
use crate::config::Config;
use crate::driver::Driver;
use crate::identity::Identity;
use admission::Gate;
use hub::Hub;
use jobs::Jobs;
use memory::Memory;
use reporting::{Outbox, tell_for_ever};
use sessions::Sessions;
use witness::Witness;

/// Between two looks at the sessions while nothing happens, and between two reports.
const REPORT: Duration = Duration::from_secs(5);

/// The same where a session is about to end by itself.
const SOONEST: Duration = Duration::from_millis(250);

/// Before the hub is asked again after it did not answer; the longest, after some times.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Something has changed that the hub should hear of at once.
#[derive(Clone)]
pub struct Bell(Sender<()>);

impl Bell {
    /// Has a report sent.
    pub fn ring(&self) {
        // Nobody hears it while the agent ends.
        let _ = self.0.send(());
    }
}

/// The agent's parts, which its threads share.
pub struct Agent {
    config: Config,
    gate: Gate,
    driver: Arc<dyn Driver>,
    hub: Arc<Hub>,
    memory: Arc<Memory>,
    sessions: Sessions,
    outbox: Arc<Outbox>,
    /// Until the thread that tells the hub has it.
    witness: Option<Witness>,
    bell: Bell,
    rung: Option<Receiver<()>>,
}

impl Agent {
    /// The agent of a node. Sessions that run already are its own.
    ///
    /// # Errors
    /// [`NodeError`] if what it remembers cannot be read.
    pub fn new(
        config: Config,
        identity: &Identity,
        driver: Arc<dyn Driver>,
        hub: Hub,
    ) -> Result<Self, NodeError> {
        let memory = Memory::open(&config.state_dir.join("agent.json"), identity.node);
        let memory = Arc::new(memory?);
        let witness = Witness::open(&config.state_dir.join("witness.json"), &identity.hub)?;
        let gate = Gate {
            node: identity.node,
            keys: identity.job_keys.clone(),
            apps: config.apps.keys().cloned().collect(),
            ceiling: config.ceiling,
        };
        let (ringer, rung) = channel();
        Ok(Self {
            sessions: Sessions::new(
                Arc::clone(&driver),
                Arc::clone(&memory),
                config.sessions(),
                config.host.clone(),
                (now(), Uptime::now()),
            ),
            outbox: Arc::default(),
            witness: Some(witness),
            config,
            gate,
            driver,
            hub: Arc::new(hub),
            memory,
            bell: Bell(ringer),
            rung: Some(rung),
        })
    }

    /// Works until the process ends. The hub may come and go.
    ///
    /// # Errors
    /// [`NodeError::System`] if there are no threads.
    pub fn run(mut self) -> Result<(), NodeError> {
        let rung = self.rung.take();
        let jobs = Jobs {
            config: self.config.clone(),
            driver: Arc::clone(&self.driver),
            hub: Arc::clone(&self.hub),
            memory: Arc::clone(&self.memory),
            bell: self.bell.clone(),
            logs: Arc::default(),
            gate: self.gate.clone(),
            rejected: Mutex::default(),
        };
        let poll = thread::Builder::new().name("jobs".to_owned());
        let polling = poll.spawn(move || poll_for_ever(&Arc::new(jobs)));
        polling.map_err(NodeError::system("cannot start a thread"))?;
        let (outbox, hub) = (Arc::clone(&self.outbox), Arc::clone(&self.hub));
        let driver = Arc::clone(&self.driver);
        let tell = thread::Builder::new().name("reports".to_owned());
        if let Some(witness) = self.witness.take() {
            let telling = tell.spawn(move || tell_for_ever(&outbox, &hub, &driver, witness));
            telling.map_err(NodeError::system("cannot start a thread"))?;
        }
        if let Some(rung) = rung {
            self.look_for_ever(&rung);
        }
        Ok(())
    }

    fn look_for_ever(&mut self, rung: &Receiver<()>) {
        loop {
            self.look();
            let now = Uptime::now();
            let due = self.sessions.due(now).map(|due| due.since(now));
            let pause = due.map_or(REPORT, |due| due.clamp(SOONEST, REPORT));
            match rung.recv_timeout(pause) {
                // Of several at once one report is enough.
                Ok(()) => while rung.try_recv().is_ok() {},
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Looks after the sessions, and has the hub told of them.
    fn look(&mut self) {
        // Before the look: of a job that comes in between the session is not missing.
        let last_seq = self.memory.last_seq();
        let mut sessions = match self.sessions.look(now(), Uptime::now()) {
            Ok(sessions) => sessions,
            Err(error) => {
                warn!(%error, "cannot look for sessions; the hub is told nothing");
                return;
            }
        };
        // Those that have ended come last, and come again.
        sessions.truncate(MAX_REPORTED_SESSIONS);
        self.outbox.put(Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            last_seq,
            capacity: capacity::of_this_machine(
                self.config.max_sessions,
                self.config.cpu_overcommit,
            ),
            limits_enforced: self.driver.limits_enforced(),
            problem: self.driver.problem(),
            apps: self.config.apps.keys().cloned().collect(),
            sessions,
            seen: None,
        });
    }
}

fn poll_for_ever(jobs: &Arc<Jobs>) {
    // The hub tells only what is new: what was accepted before a restart is known here.
    if let Err(error) = jobs.resume() {
        warn!(%error, "some jobs are not gone on with until the next restart");
    }
    let mut pause = PAUSE;
    loop {
        let asked = Instant::now();
        match jobs.poll() {
            Ok(is_new) => {
                // A hub that ends says at once that there is nothing.
                if !is_new && asked.elapsed() < PAUSE {
                    thread::sleep(PAUSE);
                }
                pause = PAUSE;
            }
            Err(error) => {
                warn!(%error, "the hub gives no jobs");
                thread::sleep(pause);
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}
