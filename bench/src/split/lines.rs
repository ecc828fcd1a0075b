//! All that a viewer has told so far.

use std::time::Duration;

use anyhow::Result;

use super::{StatsLine, Told};
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::process::Process;

/// The viewer tells what happened at most this long after it: its period of a second, and some
/// time for a busy machine to print it.
const TELLING: Duration = Duration::from_millis(1300);

/// Collects the lines of one viewer.
#[derive(Debug, Default)]
pub(crate) struct SplitLines(Vec<Told>);

impl SplitLines {
    /// Takes what the viewer printed meanwhile.
    pub(crate) fn collect(&mut self, viewer: &Process) {
        self.0
            .extend(viewer.take_lines().iter().filter_map(Told::of));
    }

    /// Waits until everything that happened until now has been told.
    pub(crate) fn wait_until_told(
        &mut self,
        viewer: &Process,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let now = Instant::now();
        interrupt.wait_until(TELLING, || {
            self.collect(viewer);
            Ok(self.0.last().filter(|told| told.to >= now).map(drop))
        })?;
        Ok(())
    }

    /// The lines about periods that lie between the two moments.
    pub(crate) fn within(&self, from: Instant, to: Instant) -> Vec<StatsLine> {
        let periods = self.0.iter();
        periods
            .filter(|told| told.from >= from && told.to <= to)
            .map(|told| told.line.clone())
            .collect()
    }

    /// The last line of all.
    pub(crate) fn last(&self) -> Option<&StatsLine> {
        self.0.last().map(|told| &told.line)
    }
}
