//! How fast a large frame is handed to the connection.
//!
//! QUIC's own pacer lets ten packets leave at once and then fills the window a quarter faster than
//! the path empties it. On a thin link ten packets are a queue of 30 ms in front of which no key
//! can step any more. So what is large and need not leave at once is handed over in slices, at little
//! more than the rate that the path is known to carry, and the rest waits where a key still overtakes
//! it.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

/// What is handed over at once lasts so long on the path.
const SLICE: Duration = Duration::from_millis(4);

/// Fewer bytes are not worth a timer: two packets.
const LEAST_SLICE: u64 = 2 * 1200;

/// Where a slice would be longer than what QUIC lets leave at once, slices change nothing.
const BURST: u64 = 10 * 1200;

/// What to do with the rest of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// Hand so many bytes over.
    Now(ByteCount),
    /// Ask again then.
    At(Timestamp),
}

/// Spaces the slices of all large frames of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// When the path is done with what was handed over.
    free_at: Timestamp,
}

impl Pace {
    /// What to do with the `rest` of a frame at `now`, on a path that carries so much in the long
    /// run; `None` if that is not known, and then nothing has to wait.
    pub fn next(&mut self, now: Timestamp, rest: ByteCount, capacity: Option<Bitrate>) -> Slice {
        let Some(rate) = capacity.filter(|&rate| is_slow(rate)) else {
            return Slice::Now(rest);
        };
        if self.free_at > now {
            return Slice::At(self.free_at);
        }
        let slice = rate.bytes_in(SLICE).0.max(LEAST_SLICE).min(rest.0);
        self.free_at = now.after(spacing(slice, rate));
        Slice::Now(ByteCount(slice))
    }

    /// Whether a frame of `bytes` would be handed over in slices.
    #[must_use]
    pub fn divides(bytes: usize, capacity: Option<Bitrate>) -> bool {
        bytes as u64 > LEAST_SLICE && capacity.is_some_and(is_slow)
    }
}

/// A quarter faster than the path, like QUIC's own pacer: a path that has become faster shows it.
fn spacing(bytes: u64, rate: Bitrate) -> Duration {
    ByteCount(bytes).time_at(rate) * 4 / 5
}

fn is_slow(rate: Bitrate) -> bool {
    rate.bytes_in(SLICE).0 < BURST && rate.0 > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hands `frame` over from `now` on; returns when that was done.
    fn hand_over(pace: &mut Pace, mut now: Timestamp, frame: u64, rate: Bitrate) -> Timestamp {
        let mut rest = frame;
        while rest > 0 {
            match pace.next(now, ByteCount(rest), Some(rate)) {
                Slice::Now(slice) => {
                    assert!(slice.0 > 0 && slice.0 <= rest);
                    rest -= slice.0;
                }
                Slice::At(at) => {
                    assert!(at > now);
                    now = at;
                }
            }
        }
        now
    }

    proptest! {
        #[test]
        fn frames_take_little_less_than_the_path_takes(
            kbps in 100u64..23_000,
            frames in proptest::collection::vec(1u64..200_000, 1..8),
        ) {
            let (rate, mut pace) = (Bitrate::kbps(kbps), Pace::default());
            let began = Timestamp(5_000_000);
            let done = frames.iter().fold(began, |now, &frame| hand_over(&mut pace, now, frame, rate));
            let all = spacing(frames.iter().sum(), rate);
            let last = SLICE.max(spacing(LEAST_SLICE, rate));
            let took = done.since(began);
            prop_assert!(took <= all + Duration::from_millis(1), "{took:?} of {all:?}");
            prop_assert!(took + last + Duration::from_millis(1) >= all, "{took:?} of {all:?}");
        }
    }

    #[test]
    fn nothing_waits_on_a_fast_path_or_one_that_is_not_known() {
        let mut pace = Pace::default();
        let frame = ByteCount(1_000_000);
        for capacity in [None, Some(Bitrate::mbps(40)), Some(Bitrate(0))] {
            assert!(!Pace::divides(1_000_000, capacity));
            for _ in 0..3 {
                assert_eq!(pace.next(Timestamp(7), frame, capacity), Slice::Now(frame));
            }
        }
        assert!(Pace::divides(10_000, Some(Bitrate::mbps(3))));
        assert!(!Pace::divides(400, Some(Bitrate::mbps(3))));
    }
}
