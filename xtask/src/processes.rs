//! The programs of a demo: what they say, when they end, and that they do.

use std::fmt;
use std::os::unix::process::CommandExt;
use std::process::{ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a program may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// hackstream-server.
    Server,
    /// hackstream-view.
    Viewer,
    /// hackstreamd.
    Hub,
    /// hackstream-noded.
    Node,
    /// hackstream, which starts the viewer.
    Person,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Viewer => "viewer",
            Self::Hub => "hub",
            Self::Node => "node",
            Self::Person => "command line",
        })
    }
}

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A line that came through [`Processes::listen`].
    Said(String),
    /// A program ended.
    Ended(Role, ExitStatus),
    /// The person wants to stop.
    Interrupted,
}

/// Programs that were started and have not ended.
pub(crate) struct Processes {
    running: Vec<(Role, Pid)>,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl Processes {
    /// None yet. From here on Ctrl-C is an event instead of the end of this process.
    pub(crate) fn new() -> Result<Self> {
        let (sender, events) = channel();
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot handle signals")?;
        let interrupted = sender.clone();
        thread::spawn(move || {
            for _ in signals.forever() {
                if interrupted.send(Event::Interrupted).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            running: Vec::new(),
            sender,
            events,
        })
    }

    /// Starts a program; returns its output if that is piped.
    pub(crate) fn start(
        &mut self,
        role: Role,
        command: &mut Command,
    ) -> Result<Option<ChildStdout>> {
        // In a group of its own Ctrl-C does not reach it: we end the programs, in order.
        let mut child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start the {role}"))?;
        let stdout = child.stdout.take();
        self.running.push((role, Pid::from_child(&child)));
        let ended = self.sender.clone();
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                // Nobody listens any more when the demo is over.
                let _ = ended.send(Event::Ended(role, status));
            }
        });
        Ok(stdout)
    }

    /// Turns `lines` into events, from a thread of their own.
    pub(crate) fn listen(&self, lines: impl Iterator<Item = String> + Send + 'static) {
        let said = self.sender.clone();
        thread::spawn(move || {
            for line in lines {
                if said.send(Event::Said(line)).is_err() {
                    return;
                }
            }
        });
    }

    /// Waits for the next event.
    pub(crate) fn next(&mut self) -> Result<Event> {
        let event = self.events.recv().context("no program is left")?;
        self.note(&event);
        Ok(event)
    }

    /// Asks one program to end before the others, and gives it some seconds for that.
    pub(crate) fn end(&mut self, role: Role) {
        let of_role = |(running, _): &&(Role, Pid)| *running == role;
        let Some((_, pid)) = self.running.iter().find(of_role) else {
            return;
        };
        // Fails only if it has ended.
        let _ = kill_process(*pid, Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while self.running.iter().any(|(running, _)| *running == role) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => self.note(&event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Ends all programs: politely, and after some seconds by force.
    pub(crate) fn stop(&mut self) {
        self.stop_within(GRACE);
    }

    fn stop_within(&mut self, grace: Duration) {
        for signal in [Signal::TERM, Signal::KILL] {
            for (role, pid) in &self.running {
                if let Err(error) = kill_process(*pid, signal) {
                    eprintln!("xtask: the {role} could not be ended: {error}");
                }
            }
            self.wait_for_all(Instant::now() + grace);
        }
    }

    fn wait_for_all(&mut self, deadline: Instant) {
        while !self.running.is_empty() {
            match self
                .events
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(event) => self.note(&event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn note(&mut self, event: &Event) {
        if let Event::Ended(ended, _) = event {
            self.running.retain(|(role, _)| role != ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        command
    }

    #[test]
    fn output_and_end_are_events() {
        let mut processes = Processes::new().unwrap();
        let stdout = processes
            .start(Role::Viewer, &mut shell("echo hello; exit 3"))
            .unwrap();
        let lines = BufReader::new(stdout.unwrap()).lines();
        processes.listen(lines.map_while(Result::ok));
        let events = [processes.next().unwrap(), processes.next().unwrap()];
        assert!(
            events
                .iter()
                .any(|event| matches!(event, Event::Said(line) if line == "hello"))
        );
        assert!(events.iter().any(
            |event| matches!(event, Event::Ended(Role::Viewer, status) if status.code() == Some(3))
        ));
    }

    #[test]
    fn stop_ends_even_those_that_do_not_want_to() {
        let mut processes = Processes::new().unwrap();
        let script = "trap '' TERM; echo set; while :; do sleep 1; done";
        let stdout = processes.start(Role::Server, &mut shell(script)).unwrap();
        let mut line = String::new();
        BufReader::new(stdout.unwrap())
            .read_line(&mut line)
            .unwrap();
        processes
            .start(Role::Viewer, &mut shell("exec sleep 1000"))
            .unwrap();
        processes.stop_within(Duration::from_millis(100));
        assert!(processes.running.is_empty());
    }
}
