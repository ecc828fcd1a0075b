//! One session from its start to its end, as its keeper sees it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use hackstream_control_api::node::{Exit, StartPhase};
use hackstream_control_api::policy::Egress;
use hackstream_control_api::session::StopCause;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process};

use super::output::Output;
use super::signals::Signals;
use super::{Means, bind, cause_of_end, make_run, this_program};
use crate::clock::now;
use crate::driver::local::log::LogWriter;
use crate::driver::local::processes::{self, Process};
use crate::driver::local::{network, sandbox, seccomp, stage};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// How long a session may take until viewers can come.
const START: Duration = Duration::from_secs(30);

/// How long the kernel may take to end what was killed.
const KILL: Duration = Duration::from_secs(10);

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

/// What runs of it.
struct Running {
    sandbox: Child,
    /// Its way out, if it has one.
    way_out: Option<Child>,
    stdout: Output<ChildStdout>,
    stderr: Output<ChildStderr>,
    /// On which bubblewrap tells what it started.
    info: File,
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
        let mut running = self.start_stage(means, &socket)?;
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

    /// Starts what becomes the sandbox. It waits for its network.
    fn start_stage(&self, means: &Means, socket: &UdpSocket) -> Result<Running, NodeError> {
        let failed = NodeError::system("cannot hand descriptors down");
        let handed = || -> std::io::Result<_> {
            let (info, told) = pipe_with(PipeFlags::CLOEXEC)?;
            let (filter, program) = pipe_with(PipeFlags::CLOEXEC)?;
            // It is shorter than what a pipe holds.
            File::from(program).write_all(&seccomp::program())?;
            let socket = socket.try_clone()?;
            fcntl_setfd(&told, FdFlags::empty())?;
            fcntl_setfd(&filter, FdFlags::empty())?;
            fcntl_setfd(&socket, FdFlags::empty())?;
            Ok((info, told, filter, socket))
        };
        let (info, told, filter, socket) = handed().map_err(failed)?;
        let given = sandbox::Given {
            folder: self.folder,
            server: &means.server,
            socket: socket.as_raw_fd(),
            info: told.as_raw_fd(),
            filter: filter.as_raw_fd(),
        };
        let arguments = sandbox::arguments(&self.spec, &given);
        let mut command = stage::command(&this_program()?, means.user, &arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut sandbox = command.spawn().map_err(|source| NodeError::Program {
            program: "setpriv",
            source,
        })?;
        let piped = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let mut outputs = || -> std::io::Result<_> {
            let stdout = Output::new(sandbox.stdout.take().ok_or_else(piped)?)?;
            Ok((
                stdout,
                Output::new(sandbox.stderr.take().ok_or_else(piped)?)?,
            ))
        };
        let (stdout, stderr) = outputs().map_err(NodeError::system("cannot hear the session"))?;
        Ok(Running {
            sandbox,
            way_out: None,
            stdout,
            stderr,
            info: File::from(info),
        })
    }

    /// Gives the session its network, and lets it go on.
    fn connect(&mut self, running: &mut Running, means: &Means) -> Result<(), NodeError> {
        let deadline = Instant::now() + START;
        self.hear_until(running, deadline, |line| line == stage::ENTERED)?;
        let has_internet = self.spec.egress == Egress::Internet;
        if has_internet {
            running.way_out = Some(way_out(running.sandbox.id(), means)?);
        }
        let routes = network::routes(has_internet, &network::machine());
        let input = running.sandbox.stdin.take();
        let told = input.map_or(Ok(()), |mut input| input.write_all(routes.as_bytes()));
        told.map_err(NodeError::system("the session's network does not hear"))?;
        match init_of(&mut running.info) {
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

impl Running {
    /// How the sandbox ended, if it has.
    fn status(&mut self) -> Result<Option<ExitStatus>, NodeError> {
        let status = self.sandbox.try_wait();
        status.map_err(NodeError::system("cannot wait for the sandbox"))
    }

    /// Ends all that runs, and waits for its end.
    fn end(&mut self, init: Option<&Process>) -> Result<(), NodeError> {
        let _ = self.sandbox.kill();
        if let Some(way_out) = &mut self.way_out {
            let _ = way_out.kill();
            let _ = way_out.wait();
        }
        let waited = self.sandbox.wait();
        waited.map_err(NodeError::system("cannot wait for the sandbox"))?;
        // The end of the first process in the namespace is the end of all in it.
        match init {
            Some(init) if !init.kill(KILL) => Err(NodeError::Immortal("the session".to_owned())),
            _ => Ok(()),
        }
    }
}

/// Starts what carries the session's packets, and waits until it does.
fn way_out(process: u32, means: &Means) -> Result<Child, NodeError> {
    let failed = |source| NodeError::Program {
        program: "slirp4netns",
        source,
    };
    let mut child = network::way_out(process, means.user)
        .spawn()
        .map_err(failed)?;
    let mut ready = [0];
    let told = child.stdout.take().map(|mut out| out.read(&mut ready));
    if matches!(told, Some(Ok(1))) {
        return Ok(child);
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(failed(std::io::Error::other("it ended at once")))
}

/// The first process in the namespace, of which bubblewrap tells; `None` if it ended before.
fn init_of(info: &mut File) -> Option<Process> {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.contains(&b'}') && text.len() < 4096 {
        match info.read(&mut piece) {
            Ok(count @ 1..) => text.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return None,
        }
    }
    let info: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let number = info.get("child-pid")?.as_i64()?;
    Process::of(i32::try_from(number).ok()?)
}

/// The key in the line that a server prints when viewers may come: `ready … fingerprint=sha256:HEX …`.
fn server_key(line: &str) -> Option<String> {
    let mut fields = line.strip_prefix("ready ")?.split(' ');
    let key = fields.find_map(|field| field.strip_prefix("fingerprint=sha256:"))?;
    let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key.then(|| key.to_owned())
}
