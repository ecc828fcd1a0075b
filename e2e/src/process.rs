//! A started program and what it says.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait_until;

/// How long a program may take to end on request before it is killed.
const GRACE: Duration = Duration::from_secs(8);

/// A running program. It ends when this value is dropped, or when the test is killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What it wrote to standard output.
    pub stdout: Lines,
    /// What it wrote to standard error.
    pub stderr: Lines,
}

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Lines of standard output.
    pub stdout: Vec<String>,
    /// Lines of standard error.
    pub stderr: Vec<String>,
}

impl Process {
    /// Starts `command` without an input.
    ///
    /// # Panics
    /// If the program is not there.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stdout = Lines::of(child.stdout.take().expect("piped"));
        let stderr = Lines::of(child.stderr.take().expect("piped"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        // Fails only if it has ended.
        let _ = kill_process(self.pid(), signal);
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.status().is_none()
    }

    /// Waits for its end and for all it says.
    ///
    /// # Panics
    /// If it does not end within [`PATIENCE`](crate::PATIENCE).
    pub fn wait(&mut self) -> Ended {
        let what = format!("the end of process {}: {:?}", self.child.id(), self.stderr);
        let status = wait_until(&what, || self.status());
        // Programs that it started may hold its outputs a moment longer.
        wait_until("the end of the output", || {
            (self.stdout.is_ended() && self.stderr.is_ended()).then_some(())
        });
        Ended {
            code: status.code(),
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
        }
    }

    /// Processor time that it has used, in clock ticks of 10 ms.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn processor_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("a running process");
        // The name, in parentheses, may contain anything; user and system time are fields 14, 15.
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let times = fields.split_whitespace().skip(11).take(2);
        times
            .map(|ticks| ticks.parse::<u64>().expect("ticks"))
            .sum()
    }

    /// Its memory in KiB, pages that it shares divided among those who share them (PSS).
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn memory_kib(&self) -> u64 {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()));
        let rollup = rollup.expect("a running process");
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let number = line.and_then(|line| line.trim().strip_suffix("kB"));
        number.expect("PSS").trim().parse().expect("kilobytes")
    }

    /// How often its threads of this name have gone to sleep and woken up; `None` if there are none.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn wakes(&self, thread: &str) -> Option<u64> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let tasks = tasks.expect("a running process").flatten();
        let of_name = tasks.filter(|task| {
            let name = std::fs::read_to_string(task.path().join("comm"));
            name.is_ok_and(|name| name.trim_end() == thread)
        });
        let counts = of_name.filter_map(|task| {
            let status = std::fs::read_to_string(task.path().join("status")).ok()?;
            let mut lines = status.lines();
            let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            count.trim().parse::<u64>().ok()
        });
        counts.reduce(|sum, count| sum + count)
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let deadline = Instant::now() + GRACE;
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
        while self.is_running() {
            if Instant::now() > deadline {
                self.signal(Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The lines of one output, read all the time so that the program never blocks.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Collected>>);

#[derive(Debug, Default)]
struct Collected {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    fn of(output: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let collected = Arc::clone(&lines.0);
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut bytes = Vec::new();
            while output.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                collected.lock().expect("unpoisoned").lines.push(line);
                bytes.clear();
            }
            collected.lock().expect("unpoisoned").ended = true;
        });
        lines
    }

    /// All lines so far.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").lines.clone()
    }

    /// The first line in which `find` finds something, now or later.
    ///
    /// # Panics
    /// If the output ends without, or after [`PATIENCE`](crate::PATIENCE).
    pub fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let found = self.find(what, find);
        found.unwrap_or_else(|| panic!("{what} never came: {:?}", self.all()))
    }

    /// The same; `None` if the output ends without.
    ///
    /// # Panics
    /// After [`PATIENCE`](crate::PATIENCE).
    pub fn find<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        wait_until(what, || {
            let ended = self.is_ended();
            let found = self.all().iter().find_map(|line| find(line));
            found.map(Some).or(ended.then_some(None))
        })
    }

    fn is_ended(&self) -> bool {
        self.0.lock().expect("unpoisoned").ended
    }
}

/// A command that ends with the thread that starts it, should that be killed.
#[must_use]
pub fn bound_command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
