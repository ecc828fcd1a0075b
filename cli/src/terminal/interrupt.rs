//! What Ctrl-C does: it ends the command, after what has to be done before.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What is done before leaving.
type Deed = Box<dyn FnOnce() + Send>;

/// What happens when the person has had enough.
#[derive(Default)]
enum Reaction {
    /// The command ends at once.
    #[default]
    Leave,
    /// It ends after this.
    LeaveAfter(Deed),
    /// That is being done.
    Leaving,
    /// This program is asked to end, whose end is waited for.
    PassOn {
        /// The program.
        to: Pid,
        /// Whether it has been asked.
        asked: bool,
    },
    /// Nothing, once: a terminal tells this program and the one that it waited for at the same time, and
    /// that one may have ended before this one hears of it.
    Spare,
}

/// Catches Ctrl-C, and what systems and terminals send.
#[derive(Clone)]
pub struct Interrupts(Arc<Mutex<Reaction>>);

/// Until it is dropped something else is done than before.
pub struct Reset<'a> {
    interrupts: &'a Interrupts,
    before: Reaction,
}

impl Interrupts {
    /// From here on.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn catch() -> io::Result<Self> {
        let interrupts = Self(Arc::default());
        let own = interrupts.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        thread::spawn(move || signals.forever().for_each(|signal| own.react(signal)));
        Ok(interrupts)
    }

    /// Has this done before the command ends. Who presses Ctrl-C again does not wait for it.
    pub fn before_leaving(&self, deed: impl FnOnce() + Send + 'static) -> Reset<'_> {
        self.set(Reaction::LeaveAfter(Box::new(deed)))
    }

    /// Asks a program to end whose end is waited for, and goes on.
    #[must_use]
    pub fn pass_on(&self, to: Pid) -> Reset<'_> {
        self.set(Reaction::PassOn { to, asked: false })
    }

    fn set(&self, reaction: Reaction) -> Reset<'_> {
        let before = std::mem::replace(&mut *self.current(), reaction);
        Reset {
            interrupts: self,
            before,
        }
    }

    fn current(&self) -> MutexGuard<'_, Reaction> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn react(&self, signal: i32) {
        let code = 128 + signal;
        let mut current = self.current();
        match std::mem::take(&mut *current) {
            Reaction::Leave | Reaction::Leaving => std::process::exit(code),
            Reaction::Spare => {}
            Reaction::PassOn { to, .. } => {
                *current = Reaction::PassOn { to, asked: true };
                // Fails only if it has ended.
                let _ = kill_process(to, Signal::TERM);
            }
            Reaction::LeaveAfter(deed) => {
                *current = Reaction::Leaving;
                let end = EndOfProcess(code);
                thread::spawn(move || {
                    let _end = end;
                    deed();
                });
            }
        }
    }
}

/// Ends the process, however the thread ends that has it.
struct EndOfProcess(i32);

impl Drop for EndOfProcess {
    fn drop(&mut self) {
        std::process::exit(self.0);
    }
}

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        let mut current = self.interrupts.current();
        if matches!(*current, Reaction::Leaving) {
            // What the person gave up may now look as if it had failed by itself; nobody is to say so.
            drop(current);
            loop {
                thread::park();
            }
        }
        *current = match *current {
            Reaction::PassOn { asked: false, .. } => Reaction::Spare,
            _ => std::mem::take(&mut self.before),
        };
    }
}

impl std::fmt::Debug for Interrupts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interrupts() -> Interrupts {
        Interrupts(Arc::default())
    }

    /// Leaving would end the test.
    #[test]
    fn a_signal_that_the_viewer_heard_first_does_not_end_what_follows() {
        let interrupts = interrupts();
        drop(interrupts.pass_on(nobody()));
        interrupts.react(SIGINT);
        assert!(matches!(*interrupts.current(), Reaction::Leave));
    }

    #[test]
    fn one_that_was_passed_on_is_not_spared_again() {
        let interrupts = interrupts();
        let reset = interrupts.pass_on(nobody());
        interrupts.react(SIGINT);
        drop(reset);
        assert!(matches!(*interrupts.current(), Reaction::Leave));
    }

    /// A process that has ended and whose end was heard.
    fn nobody() -> Pid {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        child.wait().unwrap();
        pid
    }
}
