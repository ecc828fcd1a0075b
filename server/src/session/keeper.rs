//! The server's end of the supervisor.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use rustix::process::Pid;

use super::messages::{Launch, Outcome, Report, Role};
use super::supervisor;
use super::supervisor::orphans;

/// How long the supervisor may take to answer; longer than it waits for a program itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running supervisor. Dropping it ends all that it supervises, and waits for that.
pub(super) struct Keeper {
    process: Child,
    requests: UnixStream,
}

/// The supervisor's answers.
pub(super) struct Reports {
    stream: UnixStream,
    /// The supervisor, in whose session all that it starts is.
    supervisor: Pid,
    /// Ends that were told while the answer to a launch was awaited.
    early: Vec<(Role, Outcome)>,
}

impl Keeper {
    /// Starts a supervisor that owns `directory` from now on.
    pub(super) fn start(directory: PathBuf) -> io::Result<(Self, Reports)> {
        let (ours, theirs) = UnixStream::pair()?;
        let process = supervisor::command(directory, theirs).spawn()?;
        let reports = Reports {
            stream: ours.try_clone()?,
            supervisor: Pid::from_child(&process),
            early: Vec::new(),
        };
        reports.stream.set_read_timeout(Some(PATIENCE))?;
        let keeper = Self {
            process,
            requests: ours,
        };
        Ok((keeper, reports))
    }

    /// Starts a process; its line of readiness, or the system's error.
    pub(super) fn launch(&mut self, launch: &Launch, reports: &mut Reports) -> Launched {
        match launch.write(&mut self.requests) {
            Ok(()) => reports.launched(),
            Err(error) => Launched::NoAnswer(error),
        }
    }

    /// Starts `launch` again and again.
    pub(super) fn relauncher(&self, launch: Launch) -> io::Result<Relauncher> {
        let requests = self.requests.try_clone()?;
        Ok(Relauncher { requests, launch })
    }

    /// Asks the supervisor to end everything.
    pub(super) fn begin_end(&self) {
        // Fails only if the supervisor has ended.
        let _ = self.requests.shutdown(Shutdown::Write);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.begin_end();
        // The supervisor bounds the time that this takes.
        let _ = self.process.wait();
    }
}

/// Starts a service of a session anew, from the thread that hears of its end.
pub(super) struct Relauncher {
    requests: UnixStream,
    launch: Launch,
}

impl Relauncher {
    /// Asks for it. Its process, or its end, is reported to [`Reports::next_end`].
    pub(super) fn launch(&mut self) -> io::Result<()> {
        self.launch.write(&mut self.requests)
    }
}

/// What became of a launch.
pub(super) enum Launched {
    /// The process runs; its line of readiness.
    Running(String),
    /// The system refused.
    Refused(io::Error),
    /// The supervisor failed.
    NoAnswer(io::Error),
}

impl Reports {
    fn launched(&mut self) -> Launched {
        loop {
            match Report::read(&mut self.stream) {
                Ok(Some(Report::Launched { ready })) => return Launched::Running(ready),
                Ok(Some(Report::NotLaunched { errno })) => {
                    return Launched::Refused(io::Error::from_raw_os_error(errno));
                }
                Ok(Some(Report::Ended { role, outcome })) => self.early.push((role, outcome)),
                Ok(None) => return Launched::NoAnswer(io::ErrorKind::UnexpectedEof.into()),
                Err(error) => return Launched::NoAnswer(error),
            }
        }
    }

    /// Waits for the next end of a process; `None` when the supervisor has ended.
    pub(super) fn next_end(&mut self) -> Option<(Role, Outcome)> {
        if !self.early.is_empty() {
            return Some(self.early.remove(0));
        }
        loop {
            match Report::read(&mut self.stream) {
                Ok(Some(Report::Ended { role, outcome })) => return Some((role, outcome)),
                Ok(Some(Report::Launched { .. } | Report::NotLaunched { .. })) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// From now on ends are awaited for as long as it takes.
    pub(super) fn wait_without_limit(&self) -> io::Result<()> {
        self.stream.set_read_timeout(None)
    }

    /// For a supervisor that was killed: kills what it can no longer kill. The [`Keeper`] must still
    /// be there: until it has waited for the supervisor, its number is given to no other process.
    pub(super) fn kill_orphans(&self) {
        orphans::kill(self.supervisor);
    }
}
