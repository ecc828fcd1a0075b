//! The round-trip time of the path when its queues are empty.

use core::time::Duration;

use crate::units::Timestamp;

const BUCKETS: usize = 6;
const BUCKET_SPAN: Duration = Duration::from_secs(10);

/// Minimum of the round-trip times of the last minute.
///
/// Older ones are forgotten in steps of ten seconds, because routes change.
#[derive(Clone, Debug, Default)]
pub struct BaseRtt {
    /// Minimum of each span, the current one first.
    minima: [Option<Duration>; BUCKETS],
    /// When the current span began.
    began: Timestamp,
}

impl BaseRtt {
    /// Takes a round-trip time measured at `now` into account.
    pub fn record(&mut self, now: Timestamp, rtt: Duration) {
        self.forget_old(now);
        let current = &mut self.minima[0];
        *current = Some(current.map_or(rtt, |min| min.min(rtt)));
    }

    /// The minimum; `None` before the first measurement.
    #[must_use]
    pub fn get(&self) -> Option<Duration> {
        self.minima.iter().flatten().min().copied()
    }

    /// Forgets everything but `rtt`: the path is another one now.
    pub fn restart(&mut self, now: Timestamp, rtt: Duration) {
        *self = Self {
            minima: [None; BUCKETS],
            began: now,
        };
        self.record(now, rtt);
    }

    fn forget_old(&mut self, now: Timestamp) {
        let age = now.since(self.began);
        if age < BUCKET_SPAN {
            return;
        }
        let spans = usize::try_from(age.as_micros() / BUCKET_SPAN.as_micros()).unwrap_or(BUCKETS);
        let shift = spans.min(BUCKETS);
        self.minima.rotate_right(shift);
        self.minima[..shift].fill(None);
        self.began = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn the_minimum_of_the_last_minute_counts() {
        let mut base = BaseRtt::default();
        assert_eq!(base.get(), None);
        base.record(at(0), Duration::from_millis(40));
        for second in 1..50 {
            base.record(at(second), Duration::from_millis(90));
        }
        assert_eq!(base.get(), Some(Duration::from_millis(40)));
        for second in 50..70 {
            base.record(at(second), Duration::from_millis(90));
        }
        assert_eq!(base.get(), Some(Duration::from_millis(90)));
    }

    #[test]
    fn a_long_silence_forgets_everything() {
        let mut base = BaseRtt::default();
        base.record(at(1), Duration::from_millis(40));
        base.record(at(100_000), Duration::from_millis(70));
        assert_eq!(base.get(), Some(Duration::from_millis(70)));
    }
}
