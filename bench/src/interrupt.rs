//! What ends a wait early: Ctrl-C and its like the whole run, a program's end the cell that needs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

use crate::clock::Instant;

/// Exit code after Ctrl-C, as shells number it.
pub(crate) const INTERRUPTED: u8 = 130;

/// How often a wait looks again when nothing can wake it.
const COARSE_STEP: Duration = Duration::from_millis(5);

/// Looked at by every wait. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    /// Set once the person asked to stop.
    asked: Arc<AtomicBool>,
    /// Set whenever a program that the bench started ends.
    child_ended: Arc<AtomicBool>,
    /// Whether that ends waits.
    is_watching: Arc<AtomicBool>,
}

/// While it lives, the end of any program that the bench started ends every wait.
#[must_use]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Interrupt {
    /// Catches SIGINT, SIGTERM, SIGHUP and SIGCHLD.
    pub(crate) fn install() -> Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupt.asked))?;
        }
        signal_hook::flag::register(SIGCHLD, Arc::clone(&interrupt.child_ended))?;
        Ok(interrupt)
    }

    /// From now on all programs are needed. Who started them knows which one ended.
    pub(crate) fn watch_programs(&self) -> Watch {
        self.child_ended.store(false, Ordering::Relaxed);
        self.is_watching.store(true, Ordering::Relaxed);
        Watch(Arc::clone(&self.is_watching))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Fails once the person asked to stop, or a program ended that is needed.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_set() {
            bail!("interrupted");
        }
        if self.is_watching.load(Ordering::Relaxed) && self.child_ended.load(Ordering::Relaxed) {
            bail!("a program of the bench ended");
        }
        Ok(())
    }

    /// Sleeps, or fails early when interrupted.
    pub(crate) fn sleep(&self, duration: Duration) -> Result<()> {
        self.wait_until(duration, || Ok(None::<()>)).map(drop)
    }

    /// Asks `ready` every few milliseconds until it gives a value; `None` after `limit`.
    pub(crate) fn wait_until<T>(
        &self,
        limit: Duration,
        mut ready: impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let end = Instant::now().plus(limit);
        loop {
            self.check()?;
            if let Some(value) = ready()? {
                return Ok(Some(value));
            }
            let left = end.since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::sleep(left.min(COARSE_STEP));
        }
    }
}
