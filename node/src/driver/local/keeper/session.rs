//! One session from its start to its end, as its keeper sees it.

use std::io::Write as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use hackstream_control_api::node::{Exit, StartPhase};
use hackstream_control_api::policy::Egress;
use hackstream_control_api::session::StopCause;
use rustix::process::{Pid, Signal, kill_process};

use super::running::Running;
use super::signals::Signals;
use super::{Means, bind, cause_of_end, make_run};
use crate::clock::now;
use crate::driver::local::log::LogWriter;
use crate::driver::local::processes;
use crate::driver::local::{network, sandbox, stage};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// How long a session may take until viewers can come.
const START: Duration = Duration::from_secs(30);

/// A session's processes and all that the keeper knows of them.
struct Session<'a> {
    folder: &'a Folder,
    spec: SessionSpec,
    record: Record,
    log: LogWriter,
    signals: Signals,
    /// What a person may be told if it fails: the last line that it wrote.
    last_line: String,
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
        record: Record {
            life: Life::Starting {
                phase: StartPhase::Sandbox,
            },
            since: now(),
            keeper: std::process::id() as i32,
            init: None,
            ready_at: None,
            server_spki: None,
            port: 0,
        },
        log,
        signals,
        last_line: String::new(),
    };
    session.tell()?;
    let ended = match session.start(&means) {
        Ok(running) => session.keep(running)?,
        Err(error) => Life::Ended {
            cause: StopCause::StartFailed,
            exit: None,
            detail: Some(error.to_string()),
        },
    };
    for own in ["run", "etc"] {
        files::remove_folder(&folder.join(own))?;
    }
    session.enter(ended)
}

impl Session<'_> {
    /// Starts everything; what fails ends what was started.
    fn start(&mut self, means: &Means) -> Result<Running, NodeError> {
        let socket = bind(means)?;
        let port = socket.local_addr().map(|address| address.port());
        self.record.port = port.map_err(NodeError::system("a socket has no address"))?;
        make_run(self.folder, means.user)?;
        sandbox::write_etc(self.folder, &self.spec)?;
        let mut running = Running::start(self.folder, &self.spec, means, &socket)?;
        drop(socket);
        match self.connect(&mut running, means) {
            Ok(()) => {
                self.enter(Life::Starting {
                    phase: StartPhase::Display,
                })?;
                Ok(running)
            }
            Err(error) => {
                running.end(self.record.init.as_ref())?;
                Err(error)
            }
        }
    }

    /// Gives the session its network, and lets it go on.
    fn connect(&mut self, running: &mut Running, means: &Means) -> Result<(), NodeError> {
        let deadline = Instant::now() + START;
        self.hear_until(running, deadline, |line| line == stage::ENTERED)?;
        let has_internet = self.spec.egress == Egress::Internet;
        if has_internet {
            running.find_way_out(means)?;
        }
        let routes = network::routes(has_internet, &network::machine());
        let input = running.sandbox.stdin.take();
        let told = input.map_or(Ok(()), |mut input| input.write_all(routes.as_bytes()));
        told.map_err(NodeError::system("the session's network does not hear"))?;
        match running.init() {
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
            let last = &mut self.last_line;
            running
                .stdout
                .pass(&mut self.log, |line| found |= is_it(line));
            running
                .stderr
                .pass(&mut self.log, |line| line.clone_into(last));
            let is_over = woken.by_child && running.status()?.is_some();
            if (is_over || Instant::now() >= deadline) && !found {
                self.hear_out(running);
                return Err(self.failed_start("the sandbox"));
            }
        }
        Ok(())
    }

    fn failed_start(&self, what: &'static str) -> NodeError {
        let said = match self.last_line.as_str() {
            "" => "it said nothing".to_owned(),
            line => line.to_owned(),
        };
        NodeError::System {
            what,
            source: std::io::Error::other(said),
        }
    }

    fn wait(
        &self,
        running: &Running,
        until: Option<Instant>,
    ) -> Result<super::signals::Woken, NodeError> {
        let outputs = [running.stdout.waiting(), running.stderr.waiting()];
        let outputs: Vec<_> = outputs.into_iter().flatten().collect();
        let woken = self.signals.wait(&outputs, until);
        woken.map_err(NodeError::system("cannot wait"))
    }

    /// What is left of its outputs when it has ended.
    fn hear_out(&mut self, running: &mut Running) {
        let last = &mut self.last_line;
        // Bounded: what is in two pipes.
        for _ in 0..64 {
            running.stdout.pass(&mut self.log, |_| {});
            running
                .stderr
                .pass(&mut self.log, |line| line.clone_into(last));
        }
    }

    /// Keeps it until it has ended: how.
    fn keep(&mut self, mut running: Running) -> Result<Life, NodeError> {
        let mut order: Option<StopOrder> = None;
        let mut deadline = Some(Instant::now() + START);
        let status = loop {
            let woken = self.wait(&running, deadline)?;
            self.listen(&mut running, &mut deadline)?;
            if woken.by_order && order.is_none() {
                let told = self.folder.stop_order().unwrap_or_default();
                self.enter(Life::Stopping { cause: told.cause })?;
                self.ask_to_end();
                deadline = Instant::now().checked_add(Duration::from_secs(told.grace.0));
                order = Some(told);
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
        running.end(self.record.init.as_ref())?;
        self.hear_out(&mut running);
        Ok(self.end(order, status))
    }

    /// Passes on what it writes, and notes when viewers can come.
    fn listen(
        &mut self,
        running: &mut Running,
        deadline: &mut Option<Instant>,
    ) -> Result<(), NodeError> {
        let (mut ready, last) = (None, &mut self.last_line);
        running.stdout.pass(&mut self.log, |line| {
            ready = ready.take().or_else(|| server_key(line));
        });
        running
            .stderr
            .pass(&mut self.log, |line| line.clone_into(last));
        let is_starting = matches!(self.record.life, Life::Starting { .. });
        if let (Some(key), true) = (ready, is_starting) {
            *deadline = None;
            self.record.server_spki = Some(key);
            self.record.ready_at = Some(now());
            self.enter(Life::Ready)?;
        }
        Ok(())
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

    fn end(&self, order: Option<StopOrder>, status: Option<ExitStatus>) -> Life {
        use std::os::unix::process::ExitStatusExt as _;
        let was_ready = self.record.ready_at.is_some();
        let signal = status.and_then(|status| status.signal());
        let code = status.and_then(|status| status.code());
        let exit = match (code, signal) {
            // As bubblewrap and shells say it.
            (Some(code @ 129..=192), _) => Some(Exit::Signal((code - 128) as u8)),
            (Some(code), _) => Some(Exit::Code(code as u8)),
            (None, Some(signal)) => Some(Exit::Signal(signal as u8)),
            (None, None) => None,
        };
        let is_killed = matches!(exit, Some(Exit::Signal(_)));
        let cause = order.map_or_else(|| cause_of_end(was_ready, is_killed), |order| order.cause);
        let detail = (cause == StopCause::StartFailed).then(|| match status {
            None => format!("it was not ready within {} s", START.as_secs()),
            Some(_) => self.last_line.clone(),
        });
        Life::Ended {
            cause,
            exit,
            detail,
        }
    }

    fn enter(&mut self, life: Life) -> Result<(), NodeError> {
        self.record.life = life;
        self.record.since = now();
        self.tell()
    }

    fn tell(&self) -> Result<(), NodeError> {
        self.folder.set_record(&self.record)
    }
}

/// The key in the line that a server prints when viewers may come: `ready … fingerprint=sha256:HEX …`.
fn server_key(line: &str) -> Option<String> {
    let mut fields = line.strip_prefix("ready ")?.split(' ');
    let key = fields.find_map(|field| field.strip_prefix("fingerprint=sha256:"))?;
    let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key.then(|| key.to_owned())
}
