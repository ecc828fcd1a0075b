//! What Ctrl-C does: it ends the command, after what has to be done before.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// This program is asked to end, whose end is waited for.
    PassOn(Pid),
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
        self.set(Reaction::PassOn(to))
    }

    fn set(&self, reaction: Reaction) -> Reset<'_> {
        let before = self.replace(reaction);
        Reset {
            interrupts: self,
            before,
        }
    }

    fn replace(&self, reaction: Reaction) -> Reaction {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, reaction)
    }

    fn react(&self, signal: i32) {
        let code = 128 + signal;
        match self.replace(Reaction::Leave) {
            Reaction::Leave => std::process::exit(code),
            Reaction::PassOn(program) => {
                self.replace(Reaction::PassOn(program));
                // Fails only if it has ended.
                let _ = kill_process(program, Signal::TERM);
            }
            Reaction::LeaveAfter(deed) => {
                thread::spawn(move || {
                    deed();
                    std::process::exit(code)
                });
            }
        }
    }
}

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        self.interrupts.replace(std::mem::take(&mut self.before));
    }
}

impl std::fmt::Debug for Interrupts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupts")
    }
}
