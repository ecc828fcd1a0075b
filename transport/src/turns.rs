//! In which order frames leave inside QUIC.
//!
//! Streams of one priority take turns, packet by packet: half of each of two frames shows nothing. QUIC
//! can be told to finish a stream that it began, but then nothing overtakes it, not even the echo of a
//! key. So each frame has a priority of its own, below those that were sent before it.

use std::sync::atomic::{AtomicU32, Ordering};

/// So many frames have priorities of their own, which are months of film. Then they begin anew, and for
/// a moment later frames may go first.
const FRAMES: u32 = 1 << 30;

/// Gives each frame of a connection its turn.
#[derive(Debug, Default)]
pub(crate) struct Turns(AtomicU32);

impl Turns {
    /// QUIC's priority of the next frame: positive if it is urgent, else negative.
    pub(crate) fn next(&self, urgent: bool) -> i32 {
        let number = self.0.fetch_add(1, Ordering::Relaxed) % FRAMES;
        // Below 2^30, so it fits.
        let below = number as i32;
        if urgent {
            FRAMES as i32 - below
        } else {
            -1 - below
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_urgent_goes_first_and_else_what_came_first() {
        let turns = Turns::default();
        let [first, key, second, other_key] =
            [false, true, false, true].map(|urgent| turns.next(urgent));
        assert!(key > other_key && other_key > 0);
        assert!(0 > first && first > second);
    }

    #[test]
    fn beginning_anew_keeps_them_apart() {
        let turns = Turns(AtomicU32::new(u32::MAX - 1));
        for _ in 0..4 {
            assert!(turns.next(true) > 0);
            assert!(turns.next(false) < 0);
        }
    }
}
