//! Cuts of the window after which the delay stayed.

use core::time::Duration;

use crate::units::Timestamp;

/// Cuts without an answer after which the delay is not taken for our own queue.
const ENOUGH: u32 = 3;

/// Time at a window that fills no queue after which the delay is not taken for our own either: the
/// sawtooth of other traffic looks like an answer now and then.
const STARVED: Duration = Duration::from_secs(1);

/// Watches whether cuts shorten the delay.
///
/// A queue of our own becomes shorter by what a cut takes out of it. A path that has become longer,
/// or others that fill the queue, do not care.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unanswered {
    /// The window before the first of the cuts.
    window: Option<u64>,
    /// The delay that the last cut should have led to.
    promised: Duration,
    cuts: u32,
    /// Since when the window is as small as it may be.
    starving: Option<Timestamp>,
}

impl Unanswered {
    /// Looks at the delay after a cut. True if there were too many cuts in vain; only a `queued`
    /// path can be one.
    pub(super) fn judge(&mut self, rtt: Duration, queued: bool) -> bool {
        if self.window.is_none() {
            return false;
        }
        if !queued || rtt < self.promised {
            self.window = None;
            self.cuts = 0;
            return false;
        }
        self.cuts += 1;
        self.cuts >= ENOUGH
    }

    /// Notes a cut of `window` at a delay of `rtt` that shortens the queue by `drop`.
    pub(super) fn note(&mut self, window: u64, rtt: Duration, drop: Duration) {
        self.window.get_or_insert(window);
        // A quarter of what is expected suffices: the path may have become slower meanwhile.
        self.promised = rtt.saturating_sub(drop / 4);
    }

    /// A cut led to the smallest window. True if that has been so for too long.
    pub(super) fn starve(&mut self, now: Timestamp) -> bool {
        now.since(*self.starving.get_or_insert(now)) >= STARVED
    }

    /// Whether no cut is known to which the delay did not answer.
    pub(super) const fn is_clear(&self) -> bool {
        self.window.is_none()
    }

    /// The window before the cuts that changed nothing.
    pub(super) const fn window_before(&self) -> Option<u64> {
        self.window
    }

    /// The delay is as it should be.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn three_cuts_in_vain_are_enough() {
        let mut unanswered = Unanswered::default();
        assert!(!unanswered.judge(ms(150), true));
        for window in [80, 40] {
            unanswered.note(window, ms(150), ms(40));
            assert!(!unanswered.judge(ms(148), true));
        }
        unanswered.note(20, ms(150), ms(40));
        assert!(unanswered.judge(ms(152), true));
        assert_eq!(unanswered.window_before(), Some(80));
    }

    #[test]
    fn a_stream_that_starves_is_not_to_blame() {
        let mut unanswered = Unanswered::default();
        assert!(!unanswered.starve(Timestamp(1_000_000)));
        unanswered.note(6, ms(150), ms(0));
        assert!(!unanswered.judge(ms(120), true), "others made room");
        assert!(unanswered.starve(Timestamp(3_000_000)));
        unanswered.clear();
        assert!(!unanswered.starve(Timestamp(4_000_000)));
    }

    #[test]
    fn a_delay_that_follows_the_window_is_our_queue() {
        let mut unanswered = Unanswered::default();
        for rtt in [150, 130, 110, 90, 80] {
            unanswered.note(80, ms(rtt), ms(40));
            assert!(!unanswered.judge(ms(rtt - 15), true));
        }
    }
}
