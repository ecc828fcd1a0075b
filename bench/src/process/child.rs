//! One started program: in its own process group, ended when dropped or when the bench dies.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::network::Namespace;

/// How long a program has after SIGTERM; hackstream-server ends a whole session in that time.
const TERMINATION_LIMIT: Duration = Duration::from_secs(4);

/// What to start. Must be started from the main thread: the kernel ends the program when the
/// thread that started it ends.
pub(crate) struct Launch {
    name: &'static str,
    entrance: Vec<OsString>,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
}

impl Launch {
    /// `name` is used in messages.
    pub(crate) fn new(name: &'static str, program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self {
            name,
            entrance: Vec::new(),
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Without a namespace it is started beside the bench.
    pub(crate) fn inside(mut self, namespace: Option<&Namespace>) -> Self {
        let words = namespace.map(Namespace::entrance).unwrap_or_default();
        self.entrance = words.into_iter().map(OsString::from).collect();
        self
    }

    pub(crate) fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn arguments<T: Into<OsString>>(mut self, all: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(all.into_iter().map(Into::into));
        self
    }

    pub(crate) fn environment(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Starts it; standard error goes to `log`.
    pub(crate) fn start(self, log: &Path) -> Result<Process> {
        let mut command = self.command();
        let log = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let lines = child.stdout.take().map(follow_lines);
        Ok(Process {
            name: self.name,
            child,
            lines,
            litter: None,
        })
    }

    /// nsenter and setpriv replace themselves, so the process id is the program's.
    fn command(&self) -> Command {
        let mut words = self.entrance.clone();
        words.extend(["setpriv", "--pdeathsig", "KILL", "--"].map(OsString::from));
        words.push(self.program.clone().into());
        words.extend_from_slice(&self.arguments);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command
            .env_remove("XAUTHORITY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DISPLAY");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    lines: Option<Receiver<Said>>,
    litter: Option<PathBuf>,
}

/// A line on a program's standard output.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// When it was read.
    pub(crate) at: Instant,
    pub(crate) text: String,
}

impl Process {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `file` of this program's is removed after its end, because it does not do so itself.
    pub(crate) fn with_litter(mut self, file: impl FnOnce(u32) -> PathBuf) -> Self {
        self.litter = Some(file(self.pid()));
        self
    }

    /// Fails when the program has ended.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended unexpectedly ({status})", self.name),
        }
    }

    /// Waits for a line on standard output from which `parse` makes a value.
    pub(crate) fn wait_for_line<T>(
        &mut self,
        what: &str,
        limit: Duration,
        interrupt: &Interrupt,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        let name = self.name;
        let found = interrupt.wait_until(limit, || {
            loop {
                match self.lines.as_ref().map(Receiver::try_recv) {
                    Some(Ok(said)) => match parse(said.text.trim()) {
                        Some(value) => return Ok(Some(value)),
                        None => continue,
                    },
                    Some(Err(TryRecvError::Empty)) => return Ok(None),
                    Some(Err(TryRecvError::Disconnected)) | None => {
                        self.check_alive()?;
                        return Ok(None);
                    }
                }
            }
        })?;
        found.with_context(|| format!("{name} did not print {what} within {limit:?}"))
    }

    /// The lines on standard output that nobody waited for or took yet.
    pub(crate) fn take_lines(&self) -> Vec<Said> {
        self.lines.iter().flat_map(Receiver::try_iter).collect()
    }

    /// How it ended; `None` while it runs.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// SIGTERM to its process group, SIGKILL if that does not end it.
    fn stop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        self.signal_group(Signal::TERM);
        let end = Instant::now().plus(TERMINATION_LIMIT);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        // Also ends members of the group that outlived their leader.
        self.signal_group(Signal::KILL);
        if let Err(error) = self.child.wait() {
            eprintln!("cannot end {}: {error}", self.name);
        }
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Fails only when nothing is left of the group.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
        if let Some(file) = &self.litter {
            // Perhaps it never came to be.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Reads the program's output all the time, so that it never blocks on a full pipe.
fn follow_lines(output: ChildStdout) -> Receiver<Said> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let at = Instant::now();
            if sender.send(Said { at, text: line }).is_err() {
                break;
            }
        }
    });
    lines
}

/// The program in `folder`, or else on PATH.
pub(crate) fn find_program(name: &str, folder: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folder
        .map(Path::to_path_buf)
        .into_iter()
        .chain(std::env::split_paths(&path));
    folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The first line that a program prints on either output: its version, usually.
pub(crate) fn first_line_of(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
}
