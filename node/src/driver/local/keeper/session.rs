//! One session from its start to its end, as its keeper sees it.

use std::io::Write as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use hackstream_control_api::node::{Exit, StartPhase};
use hackstream_control_api::policy::Egress;
use hackstream_control_api::session::StopCause;
use hackstream_failpoint::reach;
use rustix::process::{Pid, Signal, kill_process};

use super::Means;
use super::running::Running;
use super::signals::{Signals, Woken};
use crate::driver::ending::{LastWords, cause_of_end, exit_of, server_key};
use crate::driver::local::burial::tidy;
use crate::driver::local::log::LogWriter;
use crate::driver::local::processes::{self, Process};
use crate::driver::local::{network, sandbox, stage};
use crate::driver::sockets::{Sockets, bind, listen};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// How long a session may take until viewers can come.
const START: Duration = Duration::from_secs(30);

/// Before a record that could not be written is written again.
const AGAIN: Duration = Duration::from_secs(1);

/// A session's processes and all that the keeper knows of them.
struct Session<'a> {
    folder: &'a Folder,
    spec: SessionSpec,
    record: Record,
    /// Whether the record in the file is older than this one: the disk was full.
    is_untold: bool,
    means: Means,
    /// How it was told to end, once it was.
    ordered: Option<StopOrder>,
    log: LogWriter,
    signals: Signals,
    /// What a person may be told if it fails.
    last_words: LastWords,
}

/// Keeps the session until nothing of it runs.
pub(super) fn run(folder: &Folder) -> Result<(), NodeError> {
    let signals = Signals::register().map_err(NodeError::system("cannot listen to signals"))?;
    let log = LogWriter::open(folder.path()).map_err(NodeError::system("cannot write the log"))?;
    let missing = |what: &'static str| {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        NodeError::System { what, source }
    };
    let spec = folder.spec()?.ok_or_else(|| missing("spec.json"))?;
    let means = files::read_json::<Means>(&folder.join("keep.json"))?;
    let means = means.ok_or_else(|| missing("keep.json"))?;
    let mut session = Session {
        folder,
        spec,
        record: Record::begun(Process::of(std::process::id() as i32)),
        is_untold: false,
        means,
        ordered: None,
        log,
        signals,
        last_words: LastWords::default(),
    };
    reach("keeper.start.born");
    session.folder.set_record(&session.record)?;
    reach("keeper.start.recorded");
    let ended = match session.start() {
        Ok(running) => session.keep(running)?,
        Err(error) => session.not_started(&error),
    };
    if let Err(error) = tidy(folder) {
        // What is left of it is ours, and goes when the session is forgotten.
        eprintln!("hackstream-noded: {error}");
    }
    reach("keeper.end.tidied");
    session.record.enter(ended);
    session.folder.set_record(&session.record)
}

impl Session<'_> {
    /// Starts everything; what fails ends what was started.
    fn start(&mut self) -> Result<Running, NodeError> {
        let viewers = bind(self.means.address, self.means.ports)?;
        let port = viewers.local_addr().map(|address| address.port());
        self.record.port = port.map_err(NodeError::system("a socket has no address"))?;
        let status = listen(self.folder)?;
        sandbox::write_etc(self.folder, &self.spec)?;
        let sockets = Sockets { viewers, status };
        let mut running = Running::start(self.folder, &self.spec, &self.means, sockets)?;
        reach("keeper.start.sandboxed");
        match self.connect(&mut running) {
            Ok(()) => {
                reach("keeper.start.connected");
                self.enter(Life::Starting {
                    phase: StartPhase::Display,
                });
                Ok(running)
            }
            Err(error) => {
                running.end(&self.means, self.record.init.as_ref())?;
                Err(error)
            }
        }
    }

    /// Gives the session its network, and lets it go on.
    fn connect(&mut self, running: &mut Running) -> Result<(), NodeError> {
        let deadline = Instant::now() + START;
        self.hear_until(running, deadline, |line| line == stage::ENTERED)?;
        let has_internet = self.spec.egress == Egress::Internet;
        let machine = match has_internet {
            true => network::machine()?,
            false => Vec::new(),
        };
        if has_internet {
            running.find_way_out(&self.means, deadline)?;
        }
        let orders = stage::Orders {
            routes: network::routes(has_internet, &machine),
            processes: self.spec.resources.pids,
        };
        let orders = serde_json::to_vec(&orders).map_err(std::io::Error::other);
        let input = running.sandbox.stdin.take();
        let told = orders.and_then(|orders| match input {
            Some(mut input) => input.write_all(&orders),
            None => Ok(()),
        });
        told.map_err(NodeError::system("the session's network does not hear"))?;
        match running.init(deadline) {
            Some(init) => {
                self.record.init = Some(init);
                Ok(())
            }
            None => {
                self.hear_out(running);
                Err(self.failed_start("bubblewrap"))
            }
        }
    }

    /// How a session has ended that did not come to run.
    fn not_started(&self, error: &NodeError) -> Life {
        let (cause, detail) = match self.ordered {
            Some(order) => (order.cause, None),
            None => (StopCause::StartFailed, Some(error.to_string())),
        };
        Life::Ended {
            cause,
            exit: None,
            detail,
        }
    }

    /// Passes on what the session writes until a line is the one that is waited for.
    fn hear_until(
        &mut self,
        running: &mut Running,
        deadline: Instant,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<(), NodeError> {
        let mut found = false;
        while !found {
            let woken = self.wait(running, Some(deadline))?;
            let last = &mut self.last_words;
            running
                .stdout
                .pass(&mut self.log, |line| found |= is_it(line));
            running.stderr.pass(&mut self.log, |line| last.hear(line));
            let is_over = woken.by_child && running.status()?.is_some();
            let is_told = self.heed(woken).is_some();
            if (is_over || is_told || Instant::now() >= deadline) && !found {
                self.hear_out(running);
                return Err(self.failed_start("the sandbox"));
            }
        }
        Ok(())
    }

    fn failed_start(&self, what: &'static str) -> NodeError {
        let said = match self.last_words.text() {
            "" => "it said nothing".to_owned(),
            line => line.to_owned(),
        };
        NodeError::System {
            what,
            source: std::io::Error::other(said),
        }
    }

    /// Waits for something to happen, at most `until` then. A record that could not be written is
    /// tried again, for as long as the session lives.
    fn wait(&mut self, running: &Running, until: Option<Instant>) -> Result<Woken, NodeError> {
        let outputs = [running.stdout.waiting(), running.stderr.waiting()];
        let outputs: Vec<_> = outputs.into_iter().flatten().collect();
        let again = self.is_untold.then(|| Instant::now() + AGAIN);
        let until = until.into_iter().chain(again).min();
        let woken = self.signals.wait(&outputs, until);
        if self.is_untold {
            self.tell();
        }
        woken.map_err(NodeError::system("cannot wait"))
    }

    /// How it is to end, if that was just said: once.
    fn heed(&mut self, woken: Woken) -> Option<StopOrder> {
        if !woken.by_order || self.ordered.is_some() {
            return None;
        }
        let order = self.folder.stop_order().unwrap_or_default();
        self.enter(Life::Stopping { cause: order.cause });
        reach("keeper.end.ordered");
        self.ordered = Some(order);
        self.ordered
    }

    /// What is left of its outputs when it has ended.
    fn hear_out(&mut self, running: &mut Running) {
        let last = &mut self.last_words;
        // Bounded: what is in two pipes.
        for _ in 0..64 {
            running.stdout.pass(&mut self.log, |_| {});
            running.stderr.pass(&mut self.log, |line| last.hear(line));
        }
    }

    /// Keeps it until it has ended: how.
    fn keep(&mut self, mut running: Running) -> Result<Life, NodeError> {
        let mut deadline = Some(Instant::now() + START);
        let status = loop {
            let woken = self.wait(&running, deadline)?;
            self.listen(&mut running, &mut deadline);
            if let Some(order) = self.heed(woken) {
                self.ask_to_end();
                deadline = Instant::now().checked_add(Duration::from_secs(order.grace.0));
            }
            if woken.by_child {
                if let Some(status) = running.status()? {
                    break Some(status);
                }
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break None;
            }
        };
        running.end(&self.means, self.record.init.as_ref())?;
        self.hear_out(&mut running);
        Ok(self.end(status))
    }

    /// Passes on what it writes, and notes when viewers can come.
    fn listen(&mut self, running: &mut Running, deadline: &mut Option<Instant>) {
        let (mut ready, last) = (None, &mut self.last_words);
        running.stdout.pass(&mut self.log, |line| {
            ready = ready.take().or_else(|| server_key(line));
        });
        running.stderr.pass(&mut self.log, |line| last.hear(line));
        let is_starting = matches!(self.record.life, Life::Starting { .. });
        if let (Some(key), true) = (ready, is_starting) {
            *deadline = None;
            self.record.server_spki = Some(key);
            self.record.enter(Life::Ready);
            self.record.ready = Some(self.record.entered);
            self.record.ready_at = Some(self.record.since);
            reach("keeper.start.ready");
            self.tell();
        }
    }

    /// Asks the server to end; its sandbox then ends as well.
    fn ask_to_end(&self) {
        let init = self.record.init.as_ref().filter(|init| init.lives());
        let servers = init
            .map(|init| processes::children(init.pid))
            .unwrap_or_default();
        for server in servers.into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(server, Signal::TERM);
        }
    }

    fn end(&self, status: Option<ExitStatus>) -> Life {
        use std::os::unix::process::ExitStatusExt as _;
        let was_ready = self.record.ready_at.is_some();
        let signal = status.and_then(|status| status.signal());
        let code = status.and_then(|status| status.code());
        let exit = match (code, signal) {
            (Some(code), _) => Some(exit_of(code)),
            (None, Some(signal)) => Some(Exit::Signal(signal as u8)),
            (None, None) => None,
        };
        let is_killed = matches!(exit, Some(Exit::Signal(_)));
        let by_itself = || cause_of_end(was_ready, is_killed);
        let cause = self.ordered.map_or_else(by_itself, |order| order.cause);
        let detail = (cause == StopCause::StartFailed).then(|| match status {
            None => format!("it was not ready within {} s", START.as_secs()),
            Some(_) => self.last_words.text().to_owned(),
        });
        Life::Ended {
            cause,
            exit,
            detail,
        }
    }

    fn enter(&mut self, life: Life) {
        self.record.enter(life);
        self.tell();
    }

    /// Writes the record. A full disk must not cost the session: it is written later.
    fn tell(&mut self) {
        let told = self.folder.set_record(&self.record);
        if let (Err(error), false) = (&told, self.is_untold) {
            eprintln!("hackstream-noded: {error}; it is tried again");
        }
        self.is_untold = told.is_err();
    }
}
