//! What counts as too much, for a path with a given base.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount};

/// Smallest window: four packets, so that losses are still found by what follows them.
pub(super) const MIN_WINDOW: u64 = 6 * 1024;
/// Smallest window where a smaller one makes the queue shorter: two packets. On a very thin path four are
/// a queue of their own, in front of which no key can step.
pub(super) const LEAST_WINDOW: u64 = 3 * 1024;
/// What the path takes for four packets if it is very thin.
const VERY_LONG: Duration = Duration::from_millis(180);
/// On a LAN the decoder's hiccups are longer than the path, and only a window that outlasts them
/// keeps it busy.
pub(super) const LAN_WINDOW: u64 = 64 * 1024;
/// Paths with a shorter base are LANs.
pub(super) const LAN_BASE: Duration = Duration::from_millis(5);
/// Loss above this share means that the window is too large; radio links lose a few percent.
pub(super) const HEAVY_LOSS_PER_MILLE: u64 = 100;

/// Delays that decide, for a path with a given base.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    pub(super) base: Duration,
    /// Above this the capacity is reached.
    pub(super) slow_start_ends: Duration,
    /// The queue should not be longer.
    pub(super) target: Duration,
    /// More queue than this for as long as [`patience`](Self::patience) says is acted upon before
    /// the round is over.
    pub(super) urgent: Duration,
}

impl Thresholds {
    /// For a path whose delay varies so much by itself. The floors are what a busy machine's
    /// scheduler adds; long paths vary more.
    pub(super) fn new(base: Duration, variation: Duration) -> Self {
        let ms = Duration::from_millis;
        let target = (base / 8).clamp(ms(15), ms(25)) + variation.saturating_sub(ms(2));
        Self {
            base,
            slow_start_ends: (base / 8).clamp(ms(5), ms(15)),
            target,
            urgent: target * 2 + variation * 2,
        }
    }

    /// A rate that made so long a queue, be it for a moment, was tried in vain.
    pub(super) fn in_vain(&self) -> Duration {
        self.target * 2 / 3
    }

    /// How long a queue must stand to be believed: longer than radio links hold up a packet.
    pub(super) fn patience(&self) -> Duration {
        (self.base / 2).clamp(Duration::from_millis(10), Duration::from_millis(60))
    }

    /// Time for which the path holds bytes when the queue is half the target: packets take
    /// `hold_up` longer than the base without any queue.
    pub(super) fn held(&self, hold_up: Duration) -> Duration {
        let most = (self.base / 4).max(Duration::from_millis(25));
        self.base + hold_up.min(most) + self.target / 2
    }

    /// The smallest window that a round with this `queue` may lead to on a path of this `capacity`;
    /// `is_ours`: a window as small as usual makes the queue.
    pub(super) fn floor(&self, queue: Duration, capacity: Bitrate, is_ours: bool) -> u64 {
        if self.base < LAN_BASE && queue < self.target * 4 {
            LAN_WINDOW
        } else if is_ours && ByteCount(MIN_WINDOW).time_at(capacity) > VERY_LONG {
            LEAST_WINDOW
        } else {
            MIN_WINDOW
        }
    }
}
