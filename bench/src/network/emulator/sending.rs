//! How long a direction is busy with a packet.

use hackstream_protocol::units::{ByteCount, Timestamp};
use hackstream_simulation::clockwork::Clockwork;

use super::conditions::{Course, OneWay, Rate};
use crate::clock::Instant;

/// The end of a direction that sends.
#[derive(Debug)]
pub(super) enum Sending {
    /// At one rate.
    Steady(Rate),
    /// At rates that change from the first packet on.
    Cellular {
        clockwork: Clockwork,
        began: Option<Instant>,
    },
}

impl Sending {
    pub(super) const fn new(way: &OneWay, seed: u64) -> Self {
        match way.course {
            Course::Steady => Self::Steady(way.rate),
            Course::Cellular => Self::Cellular {
                clockwork: Clockwork::new(seed),
                began: None,
            },
        }
    }

    /// When a packet has left whose turn comes at `start`, which must not decrease from call to call.
    pub(super) fn done_at(&mut self, start: Instant, bytes: usize) -> Instant {
        match self {
            Self::Steady(rate) => start.plus(rate.time_for(bytes)),
            Self::Cellular { clockwork, began } => {
                let began = *began.get_or_insert(start);
                // The model counts whole microseconds: a packet takes 50 at least.
                let turn = Timestamp::at(start.since(began));
                let done = clockwork.done_at(turn, ByteCount(bytes as u64));
                start.plus(done.since(turn))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::LTE_TRACE;
    use super::*;

    #[test]
    fn the_same_seed_sends_at_the_same_rates() {
        let times = |seed, boot: u64| {
            let mut sending = Sending::new(&LTE_TRACE.down, seed);
            let began = Instant::from_nanoseconds(boot);
            let mut at = began;
            (0..60_000)
                .map(|_| {
                    at = sending.done_at(at, 1500);
                    at.since(began)
                })
                .collect::<Vec<_>>()
        };
        let minute = times(1, 5);
        assert_eq!(minute, times(1, 77_000_000_000));
        assert_ne!(minute, times(2, 5));
        let gaps = minute.windows(2).map(|pair| pair[1] - pair[0]);
        let (least, most) = gaps.fold((u128::MAX, 0), |(least, most), gap| {
            (least.min(gap.as_micros()), most.max(gap.as_micros()))
        });
        assert_eq!(least, 400, "1500 bytes at 30 Mbit/s");
        assert!(most > 100_000, "no outage: {most} us");
    }
}
