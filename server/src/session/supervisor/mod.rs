//! The process that outlives the server by the moment it takes to clean up.
//!
//! A server that is killed cannot end what it started. So all processes of a session are children
//! of this small supervisor, which is the same program run again. It holds one end of a socket;
//! when the server's end closes, for whatever reason, it ends every process of the session and
//! removes the session's directory. As a child subreaper it stays the ancestor of processes that
//! put themselves into the background.

mod launch;
pub(super) mod orphans;
mod processes;

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, setsid, wait,
};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

use super::messages::{Launch, Outcome, ROLES, Report, Role};

/// First argument that makes this program the supervisor.
const ARGUMENT: &str = "supervise-session";

/// How long an application may take to save its state, and how long the others may.
const COMMAND_GRACE: Duration = Duration::from_secs(2);
const SERVICE_GRACE: Duration = Duration::from_millis(500);

/// After a kill: how long until we look again for processes that were born meanwhile, and how
/// often, before a process that cannot be killed is left alone.
const KILL_ROUND: Duration = Duration::from_millis(200);
const KILL_ROUNDS: usize = 25;

/// Runs the supervisor if this process was started to be one. To be called first in `main`.
#[must_use]
pub fn run_if_supervisor() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let directory = PathBuf::from(arguments.next()?);
    Some(match supervise(directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// The command that starts the supervisor of the session in `directory`.
pub(super) fn command(directory: PathBuf, lifeline: UnixStream) -> Command {
    use std::os::fd::OwnedFd;
    use std::os::unix::process::CommandExt;

    // Not the path of the program: an upgrade may have replaced it.
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("hackstream-session")
        .args([OsString::from(ARGUMENT), directory.into()])
        .stdin(Stdio::from(OwnedFd::from(lifeline)));
    command
}

fn supervise(directory: PathBuf) -> io::Result<()> {
    let ended = Supervisor::new().and_then(|mut supervisor| {
        let served = supervisor.serve();
        supervisor.end_everything();
        served
    });
    std::fs::remove_dir_all(directory).and(ended)
}

struct Supervisor {
    /// The server's end closes with the server.
    lifeline: UnixStream,
    /// Readable after a child has ended.
    child_ended: UnixStream,
    /// Readable after someone asked this process to end.
    asked_to_end: UnixStream,
    children: Vec<(Role, Pid)>,
}

/// Why a wait was over; neither if the time was up.
struct Woken {
    by_server: bool,
    by_signal: bool,
}

impl Supervisor {
    fn new() -> io::Result<Self> {
        // Its own session, so that Ctrl-C reaches the server only, which then ends in order.
        setsid()?;
        set_child_subreaper(Some(getpid()))?;
        let (child_ended, child_writer) = signal_pair()?;
        signal_hook::low_level::pipe::register(SIGCHLD, child_writer)?;
        let (asked_to_end, end_writer) = signal_pair()?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, end_writer.try_clone()?)?;
        }
        Ok(Self {
            lifeline: UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?),
            child_ended,
            asked_to_end,
            children: Vec::new(),
        })
    }

    /// Starts what the server asks for until the server, or a signal, ends it.
    fn serve(&mut self) -> io::Result<()> {
        loop {
            let woken = self.wait(None)?;
            self.reap();
            if woken.by_signal {
                return Ok(());
            }
            if woken.by_server {
                let Some(launch) = Launch::read(&mut self.lifeline)? else {
                    return Ok(());
                };
                self.launch(&launch);
            }
        }
    }

    fn launch(&mut self, launch: &Launch) {
        let report = match launch::launch(launch, self.lifeline.as_fd()) {
            Ok((process, ready)) => {
                self.children.push((launch.role, process));
                Report::Launched { ready }
            }
            Err(error) => Report::NotLaunched {
                errno: error.raw_os_error().unwrap_or(0),
            },
        };
        self.tell(&report);
    }

    /// Tells the server. If it is gone, the next wait will notice.
    fn tell(&mut self, report: &Report) {
        let _ = report.write(&mut self.lifeline);
    }

    /// Waits for the server, a signal, or the end of a child.
    fn wait(&mut self, patience: Option<Duration>) -> io::Result<Woken> {
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        let watch = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let mut sources = [
            watch(self.lifeline.as_fd()),
            watch(self.asked_to_end.as_fd()),
            watch(self.child_ended.as_fd()),
        ];
        match poll(&mut sources, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Woken {
            by_server: !sources[0].revents().is_empty(),
            by_signal: !sources[1].revents().is_empty(),
        })
    }

    /// Collects all children that have ended, and tells of those that the server knows.
    fn reap(&mut self) {
        // The stream does not block; how many signals it holds says nothing.
        while self.child_ended.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
        while let Ok(Some((process, status))) = wait(WaitOptions::NOHANG) {
            let Some(index) = self.children.iter().position(|(_, p)| *p == process) else {
                continue;
            };
            let (role, _) = self.children.swap_remove(index);
            let outcome = match status.terminating_signal() {
                Some(signal) => Outcome::Killed(signal),
                None => Outcome::Exited(status.exit_status().unwrap_or(-1)),
            };
            self.tell(&Report::Ended { role, outcome });
        }
    }

    /// Ends the application and all it left behind, then the window manager, then the display.
    fn end_everything(&mut self) {
        for stage in ROLES {
            let later = self.children.iter().filter(|(role, _)| *role > stage);
            let keep: Vec<Pid> = later.map(|(_, process)| *process).collect();
            let grace = match stage {
                Role::Command => COMMAND_GRACE,
                Role::WindowManager | Role::Sound | Role::Bus | Role::Display => SERVICE_GRACE,
            };
            self.end_all_but(&keep, grace);
        }
    }

    fn end_all_but(&mut self, keep: &[Pid], grace: Duration) {
        let deadline = Instant::now() + grace;
        send(Signal::TERM, &self.living(keep));
        while !self.living(keep).is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.kill_all_but(keep);
            }
            self.wait_for_child(left);
        }
    }

    fn kill_all_but(&mut self, keep: &[Pid]) {
        for _ in 0..KILL_ROUNDS {
            let living = self.living(keep);
            if living.is_empty() {
                return;
            }
            send(Signal::KILL, &living);
            self.wait_for_child(KILL_ROUND);
        }
    }

    /// What lives of this session except `keep`. The last process to die is a child of ours,
    /// so its end always wakes [`wait_for_child`](Self::wait_for_child).
    fn living(&mut self, keep: &[Pid]) -> Vec<Pid> {
        self.reap();
        processes::descendants(getpid(), keep)
    }

    fn wait_for_child(&mut self, patience: Duration) {
        let timeout = Timespec::try_from(patience).ok();
        let mut source = [PollFd::from_borrowed_fd(
            self.child_ended.as_fd(),
            PollFlags::IN,
        )];
        // An interruption is a signal, most likely the one that we wait for.
        let _ = poll(&mut source, timeout.as_ref());
    }
}

/// A stream on which a signal handler writes and its reader, neither of which blocks.
fn signal_pair() -> io::Result<(UnixStream, UnixStream)> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    Ok((reader, writer))
}

fn send(signal: Signal, processes: &[Pid]) {
    for &process in processes {
        // Fails for those that have just ended, and for those of another user.
        let _ = kill_process(process, signal);
    }
}
