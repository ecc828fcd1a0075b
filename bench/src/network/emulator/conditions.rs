//! What a link does to packets, and the figures of the links we know.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Bits per second of IP packets, headers included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(u64);

impl Rate {
    /// `count` must not be 0.
    const fn megabits(count: u64) -> Self {
        Self(count * 1_000_000)
    }

    /// How long a link of this rate is busy with so many bytes.
    pub(super) const fn time_for(self, bytes: usize) -> Duration {
        // A packet's bits, in nanoseconds at 1 bit per second, stay below 2^50.
        Duration::from_nanos(bytes as u64 * 8 * 1_000_000_000 / self.0)
    }

    /// The bytes that pass in `duration`.
    pub(super) fn bytes_in(self, duration: Duration) -> usize {
        (self.0 as f64 / 8.0 * duration.as_secs_f64()) as usize
    }
}

/// Which packets vanish on the way, after they took their time of the rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    None,
    /// Each by itself, with probability `share`.
    Random {
        share: f32,
    },
    /// All while the link is in its bad state, which is so for `share` of the time and lasts
    /// `mean` on average (Gilbert-Elliott, in continuous time: a burst ends although nobody sends).
    Bursts {
        share: f32,
        mean: Duration,
    },
}

/// One direction of a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OneWay {
    pub(crate) rate: Rate,
    /// From the end of sending to the arrival, at least.
    pub(crate) delay: Duration,
    /// Up to this much is added to the delay. Packets never overtake each other.
    pub(crate) jitter: Duration,
    /// A packet that would wait longer than this for its turn is dropped.
    pub(crate) queue: Duration,
    pub(crate) loss: Loss,
}

/// Both directions of a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Conditions {
    /// From server to viewer.
    pub(crate) down: OneWay,
    pub(crate) up: OneWay,
}

/// Down and up.
type Megabits = (u64, u64);
/// Round trip without queue and jitter; jitter each way; queue down and up.
type Milliseconds = (u64, u64, (u64, u64));

const NO_LOSS: Loss = Loss::None;

// The one table of figures:                    Mbit/s   RTT jitter queue (ms)  loss, each way
pub(crate) const WIFI: Conditions = conditions((40, 40), (2, 3, (50, 50)), SHORT_BURSTS);
pub(crate) const DSL: Conditions = conditions((10, 1), (50, 0, (100, 200)), NO_LOSS);
pub(crate) const LTE: Conditions = conditions((20, 8), (60, 15, (200, 200)), NO_LOSS);
pub(crate) const TRANSATLANTIC: Conditions = conditions((50, 50), (90, 0, (50, 50)), NO_LOSS);
pub(crate) const LOSSY: Conditions = conditions((10, 10), (40, 0, (100, 100)), random(0.02));
pub(crate) const BAD: Conditions = conditions((4, 1), (80, 20, (200, 200)), random(0.05));

/// A neighbour's transmission or a microwave oven's half wave.
const SHORT_BURSTS: Loss = Loss::Bursts {
    share: 0.005,
    mean: Duration::from_millis(10),
};

const fn random(share: f32) -> Loss {
    Loss::Random { share }
}

const fn conditions(
    (down, up): Megabits,
    (round_trip, jitter, (queue_down, queue_up)): Milliseconds,
    loss: Loss,
) -> Conditions {
    let delay = Duration::from_micros(round_trip * 500);
    let jitter = Duration::from_millis(jitter);
    Conditions {
        down: OneWay {
            rate: Rate::megabits(down),
            delay,
            jitter,
            queue: Duration::from_millis(queue_down),
            loss,
        },
        up: OneWay {
            rate: Rate::megabits(up),
            delay,
            jitter,
            queue: Duration::from_millis(queue_up),
            loss,
        },
    }
}

impl Conditions {
    /// There and back when the queues are empty and the jitter is at its worst.
    pub(crate) const fn longest_unqueued_round_trip(&self) -> Duration {
        let down = self.down.delay.saturating_add(self.down.jitter);
        let up = self.up.delay.saturating_add(self.up.jitter);
        down.saturating_add(up)
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 as f64 / 1e6)
    }
}

impl Display for Loss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "no loss"),
            Self::Random { share } => write!(f, "{} % random loss", share * 100.0),
            Self::Bursts { share, mean } => write!(
                f,
                "{} % loss in bursts of {} ms",
                share * 100.0,
                mean.as_millis()
            ),
        }
    }
}

impl Display for Conditions {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { down, up } = self;
        let round_trip = (down.delay + up.delay).as_millis();
        write!(f, "{}/{} Mbit/s, RTT {round_trip} ms", down.rate, up.rate)?;
        if !down.jitter.is_zero() {
            let jitter = down.jitter.as_millis();
            write!(f, " + 0-{jitter} ms jitter each way")?;
        }
        write!(f, ", {}", down.loss)?;
        if down.loss != Loss::None {
            write!(f, " each way")?;
        }
        let queues = (down.queue.as_millis(), up.queue.as_millis());
        write!(f, ", queues of {}/{} ms", queues.0, queues.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_they_are_meant() {
        assert_eq!(
            DSL.to_string(),
            "10/1 Mbit/s, RTT 50 ms, no loss, queues of 100/200 ms"
        );
        assert_eq!(
            WIFI.to_string(),
            "40/40 Mbit/s, RTT 2 ms + 0-3 ms jitter each way, \
             0.5 % loss in bursts of 10 ms each way, queues of 50/50 ms"
        );
        let worst = Duration::from_millis(80 + 2 * 20);
        assert_eq!(BAD.longest_unqueued_round_trip(), worst);
    }

    #[test]
    fn a_full_packet_takes_its_time() {
        let rate = DSL.down.rate;
        assert_eq!(rate.time_for(1500), Duration::from_micros(1200));
        assert_eq!(rate.bytes_in(Duration::from_millis(100)), 125_000);
    }
}
