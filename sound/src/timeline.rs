//! When a recorded sample was played in the session.

use std::time::Duration;

use hackstream_protocol::units::{Timestamp, micros};

/// More than this between the count of samples and the clock is a pause, or a stop of the machine.
const PAUSE_MICROS: i64 = 50_000;

/// How quickly the count follows the clock: a 64th of the difference for each piece, so that the
/// unevenness of our own thread does not show.
const FOLLOW: i64 = 64;

/// Stamps recorded pieces: evenly while sound flows, anew after each pause.
#[derive(Debug, Default)]
pub struct Timeline {
    /// When the next piece begins, if sound flows.
    next: Option<u64>,
}

impl Timeline {
    /// When the piece of `duration` that was read at `now` began. Never before the one before it
    /// ended.
    pub fn stamp(&mut self, now: Timestamp, duration: Duration) -> Timestamp {
        let duration = micros(duration);
        let measured = now.0.saturating_sub(duration);
        let stamp = match self.next {
            None => measured,
            Some(next) => {
                let ahead = measured as i64 - next as i64;
                match ahead {
                    ahead if ahead > PAUSE_MICROS => measured,
                    // A burst after a stop: these were recorded one after the other all the same.
                    ahead if ahead < -PAUSE_MICROS => next,
                    ahead => next.saturating_add_signed(ahead / FOLLOW),
                }
            }
        };
        self.next = Some(stamp + duration);
        Timestamp(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: Duration = Duration::from_millis(10);

    #[test]
    fn stamps_are_even_where_reading_is_not() {
        let mut timeline = Timeline::default();
        let mut before = timeline.stamp(Timestamp(1_000_000), PIECE);
        for i in 1..1000u64 {
            let uneven = i % 7 * 800;
            let now = Timestamp(1_000_000 + i * 10_000 + uneven);
            let stamp = timeline.stamp(now, PIECE);
            let step = stamp.0 - before.0;
            assert!((9_900..=10_100).contains(&step), "{i}: {step}");
            before = stamp;
        }
    }

    #[test]
    fn a_pause_starts_anew() {
        let mut timeline = Timeline::default();
        timeline.stamp(Timestamp(1_000_000), PIECE);
        let after = timeline.stamp(Timestamp(3_000_000), PIECE);
        assert_eq!(after, Timestamp(2_990_000));
    }

    #[test]
    fn a_clock_that_runs_differently_is_followed() {
        let mut timeline = Timeline::default();
        let mut last = Timestamp(0);
        for i in 0..60_000u64 {
            last = timeline.stamp(Timestamp(1_000_000 + i * 10_003), PIECE);
        }
        let expected = 1_000_000 + 59_999 * 10_003 - 10_000;
        assert!(last.0.abs_diff(expected) < 1_000, "{last:?} {expected}");
    }
}
