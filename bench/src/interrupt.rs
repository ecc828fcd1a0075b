//! Ctrl-C and SIGTERM end the run tidily: every wait looks at this flag.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::clock::Instant;

/// Exit code after Ctrl-C, as shells number it.
pub(crate) const INTERRUPTED: u8 = 130;

/// How often a wait looks again when nothing can wake it.
const COARSE_STEP: Duration = Duration::from_millis(5);

/// Set once the person asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Catches SIGINT, SIGTERM and SIGHUP.
    pub(crate) fn install() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Fails once the person asked to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_set() {
            bail!("interrupted");
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
