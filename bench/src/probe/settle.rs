//! How long the viewer's picture differs from what the application shows.

use std::time::Duration;

use anyhow::{Result, bail};

use super::{Probe, pointer_place};
use crate::applications::Gesture;
use crate::clock::Instant;
use crate::mapping::{Framebuffer, LastChange, Record};

/// An application that does nothing for so long after a key ignores it.
const REACTION_LIMIT: Duration = Duration::from_secs(10);
/// An application that changed nothing for so long is done.
const QUIET: Duration = Duration::from_millis(400);
/// A viewer that is not exact by then will not be: its picture is lossy for good.
const EXACT_LIMIT: Duration = Duration::from_secs(3);
/// An application that never rests (or a film by mistake).
const REST_LIMIT: Duration = Duration::from_secs(60);
/// Between two comparisons: a few of them must not take a core from what is measured.
const LOOK_STEP: Duration = Duration::from_millis(2);
/// Mean difference, of 255, below which nobody sees it.
const CLOSE: f64 = 1.0;
/// Every so many rows and columns are looked at, at first.
const STRIDE: u32 = 8;
/// Around the pointer, which a viewer's display draws into its picture and the remote one does not.
const POINTER_REACH: u32 = 40;

/// When the viewer's picture was like the application's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// After the last change: a mean difference below 1.
    pub(crate) close: Option<Duration>,
    /// After the last change: no difference.
    pub(crate) exact: Option<Duration>,
    /// After the gesture: a mean difference below 1.
    pub(crate) whole: Option<Duration>,
}

/// How the two pictures compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resemblance {
    Different,
    Close,
    Exact,
}

impl Probe {
    /// Does something to the application and waits until it rests and the viewer shows the same,
    /// or will not.
    pub(crate) fn settle(&self, gesture: Gesture, record: &Record) -> Result<Settled> {
        let before = record.last_change();
        let start = Instant::now();
        self.perform(gesture)?;
        let mut change = self.wait_for_reaction(record, before)?;
        let (mut close, mut exact) = (None, None);
        loop {
            let newest = record.last_change();
            if newest != change {
                (change, close, exact) = (newest, None, None);
            }
            if exact.is_none() {
                let now = Instant::now();
                match self.resemblance(record) {
                    Resemblance::Different => close = None,
                    Resemblance::Close => close = close.or(Some(now)),
                    Resemblance::Exact => (close, exact) = (close.or(Some(now)), Some(now)),
                }
            }
            let rest = Instant::now().since(change.at);
            if rest > QUIET && exact.is_some() {
                if self.resemblance(record) == Resemblance::Exact {
                    break;
                }
                exact = None;
            }
            if rest > EXACT_LIMIT {
                break;
            }
            if Instant::now().since(start) > REST_LIMIT {
                bail!("the application still changes {REST_LIMIT:?} after {gesture:?}");
            }
            self.interrupt.check()?;
            std::thread::sleep(LOOK_STEP);
        }
        let after = |time: Option<Instant>| time.map(|time| time.since(change.at));
        Ok(Settled {
            close: after(close),
            exact: after(exact),
            whole: close.map(|time| time.since(start)),
        })
    }

    fn wait_for_reaction(&self, record: &Record, before: LastChange) -> Result<LastChange> {
        let reaction = self.interrupt.wait_until(REACTION_LIMIT, || {
            let change = record.last_change();
            Ok((change != before).then_some(change))
        })?;
        match reaction {
            Some(change) => Ok(change),
            None => bail!("the application showed no change within {REACTION_LIMIT:?}"),
        }
    }

    /// Compares the viewer's picture with the application's.
    pub(crate) fn resemblance(&self, record: &Record) -> Resemblance {
        let (x, y) = pointer_place(record.size(), (0, 0));
        match self.screen.framebuffer() {
            Some(viewer) => compare(viewer, record, (x.into(), y.into())),
            None => Resemblance::Different,
        }
    }
}

fn compare(viewer: &Framebuffer, record: &Record, pointer: (u32, u32)) -> Resemblance {
    let mean = mean_difference(viewer, record, pointer);
    // The sample may miss a small difference, never invent one.
    if mean == 0.0 && is_equal(viewer, record, pointer) {
        Resemblance::Exact
    } else if mean < CLOSE {
        Resemblance::Close
    } else {
        Resemblance::Different
    }
}

/// Of a sample of the pixels, over all three channels.
fn mean_difference(viewer: &Framebuffer, record: &Record, pointer: (u32, u32)) -> f64 {
    let (mut sum, mut count) = (0_u64, 0_u64);
    for y in (STRIDE / 2..record.size().height.into()).step_by(STRIDE as usize) {
        for x in (STRIDE / 2..record.size().width.into()).step_by(STRIDE as usize) {
            if !is_near(pointer, x, y) {
                let shown = viewer.pixel(x, y).unwrap_or(0);
                sum += difference(shown, record.pixel(x, y));
                count += 3;
            }
        }
    }
    sum as f64 / count.max(1) as f64
}

fn is_equal(viewer: &Framebuffer, record: &Record, pointer: (u32, u32)) -> bool {
    (0..record.size().height.into()).all(|y| {
        (0..record.size().width.into())
            .all(|x| viewer.pixel(x, y) == Some(record.pixel(x, y)) || is_near(pointer, x, y))
    })
}

fn difference(first: u32, second: u32) -> u64 {
    let channel = |pixel: u32, shift: u32| (pixel >> shift) & 0xff;
    [16, 8, 0]
        .map(|shift| u64::from(channel(first, shift).abs_diff(channel(second, shift))))
        .iter()
        .sum()
}

const fn is_near((x, y): (u32, u32), column: u32, row: u32) -> bool {
    x.abs_diff(column) <= POINTER_REACH && y.abs_diff(row) <= POINTER_REACH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_add_up_over_the_channels() {
        assert_eq!(difference(0x10_20_30, 0x10_20_30), 0);
        assert_eq!(difference(0x10_20_30, 0x11_1e_33), 1 + 2 + 3);
        assert!(is_near((100, 100), 140, 60) && !is_near((100, 100), 141, 100));
    }
}
