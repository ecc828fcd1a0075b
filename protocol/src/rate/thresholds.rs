//! What counts as too much, for a path with a given base.

use core::time::Duration;

use super::Round;

/// Smallest window: four packets, so that losses are still found by what follows them.
pub(super) const MIN_WINDOW: u64 = 6 * 1024;
/// On a LAN the decoder's hiccups are longer than the path, and only a window that outlasts them
/// keeps it busy.
const LAN_WINDOW: u64 = 64 * 1024;
/// Paths with a shorter base are LANs.
const LAN_BASE: Duration = Duration::from_millis(5);
/// Bytes that must be lost in a round before their share counts.
const TELLING_LOSS: u64 = 4 * 1200;
/// Loss above this share means that the window is too large; radio links lose a few percent.
const HEAVY_LOSS_PER_MILLE: u64 = 100;
/// Loss above this share does so if there is a queue as well.
const QUEUED_LOSS_PER_MILLE: u64 = 20;

/// Delays that decide, for a path with a given base.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    pub(super) base: Duration,
    /// Above this the capacity is reached.
    pub(super) slow_start_ends: Duration,
    /// The queue should not be longer.
    pub(super) target: Duration,
}

impl Thresholds {
    /// The floors are what a busy machine's scheduler adds; long paths vary more.
    pub(super) fn new(base: Duration) -> Self {
        let ms = Duration::from_millis;
        Self {
            base,
            slow_start_ends: (base / 8).clamp(ms(5), ms(15)),
            target: (base / 8).clamp(ms(15), ms(25)),
        }
    }

    /// The smallest window that a round with this `queue` may lead to.
    pub(super) fn floor(&self, queue: Duration) -> u64 {
        if self.base < LAN_BASE && queue < self.target * 4 {
            LAN_WINDOW
        } else {
            MIN_WINDOW
        }
    }

    /// Whether what the round lost means that the window is too large.
    pub(super) fn loses_too_much(&self, round: &Round, queue: Duration) -> bool {
        let share = round.loss_per_mille();
        let with_queue = share > QUEUED_LOSS_PER_MILLE && queue > self.target / 2;
        let lost = share > HEAVY_LOSS_PER_MILLE || with_queue;
        round.marked() || (lost && round.lost().0 >= TELLING_LOSS)
    }
}
