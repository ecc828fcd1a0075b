//! For how long every sample has shown a queue.

use core::time::Duration;

use crate::units::Timestamp;

/// Samples that make a streak; fewer may be one hiccup.
const TELLING_SAMPLES: u32 = 8;

/// Samples in a row with more queue than a bound.
///
/// A queue that stands is seen by every packet. What holds up some of them, the retries of a radio
/// link or a busy machine, is over after a moment, however often it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Streak {
    began: Option<Timestamp>,
    samples: u32,
    least: Duration,
}

impl Streak {
    /// Takes a sample's queue into account; one within `bound` ends the streak.
    pub(super) fn record(&mut self, now: Timestamp, queue: Duration, bound: Duration) {
        if queue <= bound {
            *self = Self::default();
            return;
        }
        if self.began.is_none() {
            self.began = Some(now);
            self.least = queue;
        }
        self.samples += 1;
        self.least = self.least.min(queue);
    }

    /// Whether the last sample showed a queue.
    pub(super) const fn is_running(&self) -> bool {
        self.began.is_some()
    }

    /// The shortest queue of a streak that has lasted so long.
    pub(super) fn lasted(&self, now: Timestamp, time: Duration) -> Option<Duration> {
        let began = self.began?;
        let telling = self.samples >= TELLING_SAMPLES && now.since(began) >= time;
        telling.then_some(self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn one_sample_without_a_queue_ends_a_streak() {
        let mut streak = Streak::default();
        let mut record = |at: u64, queue| {
            let now = Timestamp(at * 1000);
            streak.record(now, ms(queue), ms(30));
            streak.lasted(now, ms(20))
        };
        for at in 0..20 {
            assert_eq!(record(at, 50), None, "too short");
        }
        assert_eq!(record(20, 40), Some(ms(40)));
        assert_eq!(record(21, 30), None);
        assert_eq!(record(60, 50), None, "too few");
    }
}
