//! What a link does to packets, and the figures of the links we know.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use hackstream_simulation::cellular::{LONGEST_OUTAGE, SLOWEST};

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

/// Whether the rate stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Steady,
    /// It goes up and down like a telephone network's, seeded: `hackstream_simulation::cellular`.
    Cellular,
}

/// One direction of a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OneWay {
    /// The highest where it does not stay.
    pub(crate) rate: Rate,
    pub(crate) course: Course,
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
pub(crate) const THIN: Conditions = conditions((3, 1), (50, 0, (200, 200)), NO_LOSS);
pub(crate) const LTE_TRACE: Conditions = cellular((30, 5), (60, 10, (600, 200)));

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
            course: Course::Steady,
            delay,
            jitter,
            queue: Duration::from_millis(queue_down),
            loss,
        },
        up: OneWay {
            rate: Rate::megabits(up),
            course: Course::Steady,
            delay,
            jitter,
            queue: Duration::from_millis(queue_up),
            loss,
        },
    }
}

/// Down is the highest rate of the cellular course.
const fn cellular(megabits: Megabits, milliseconds: Milliseconds) -> Conditions {
    let Conditions { down, up } = conditions(megabits, milliseconds, NO_LOSS);
    Conditions {
        down: OneWay {
            course: Course::Cellular,
            ..down
        },
        up,
    }
}

impl Conditions {
    /// There and back when the queues are empty and the jitter and the outages are at their worst.
    pub(crate) const fn longest_unqueued_round_trip(&self) -> Duration {
        self.down
            .longest_unqueued()
            .saturating_add(self.up.longest_unqueued())
    }
}

impl OneWay {
    pub(super) const fn longest_unqueued(&self) -> Duration {
        let stalled = match self.course {
            Course::Steady => Duration::ZERO,
            Course::Cellular => LONGEST_OUTAGE,
        };
        self.delay
            .saturating_add(self.jitter)
            .saturating_add(stalled)
    }
}

/// The rate of a direction.
struct Speed(OneWay);

impl Display for Speed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.course {
            Course::Steady => write!(f, "{}", self.0.rate),
            Course::Cellular => {
                let slowest = SLOWEST.0 as f64 / 1e6;
                write!(f, "{slowest}-{}", self.0.rate)
            }
        }
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
        let (speed_down, speed_up) = (Speed(*down), Speed(*up));
        write!(f, "{speed_down}/{speed_up} Mbit/s")?;
        if down.course == Course::Cellular {
            let outage = LONGEST_OUTAGE.as_millis();
            write!(f, " down in steps of 0.1-1 s, outages up to {outage} ms")?;
        }
        write!(f, ", RTT {round_trip} ms")?;
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
    use hackstream_simulation::cellular::FASTEST;

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
        assert_eq!(
            LTE_TRACE.to_string(),
            "0.3-30/5 Mbit/s down in steps of 0.1-1 s, outages up to 500 ms, \
             RTT 60 ms + 0-10 ms jitter each way, no loss, queues of 600/200 ms"
        );
        assert_eq!(LTE_TRACE.down.rate, Rate(FASTEST.0));
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
