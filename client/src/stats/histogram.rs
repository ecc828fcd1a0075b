//! Times counted in classes: percentiles in a fixed amount of memory.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hackstream_protocol::units::micros;

/// Each power of two of microseconds is cut into this many classes, so that a class is at most a
/// quarter wider than its lower end.
const PARTS: u64 = 4;
const PARTS_BITS: u32 = PARTS.trailing_zeros();
/// Enough for an hour; longer times count as an hour.
const CLASSES: usize = 31 * PARTS as usize;
const LONGEST_MICROS: u64 = (1 << 32) - 1;

/// Counts times from any thread, without locks.
#[derive(Debug)]
pub(super) struct Histogram {
    counts: [AtomicU32; CLASSES],
    sum_micros: AtomicU64,
    longest_micros: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU32::new(0) }; CLASSES],
            sum_micros: AtomicU64::new(0),
            longest_micros: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Counts one time.
    pub(super) fn record(&self, time: Duration) {
        let micros = micros(time).min(LONGEST_MICROS);
        self.sum_micros.fetch_add(micros, Relaxed);
        self.longest_micros.fetch_max(micros, Relaxed);
        if let Some(count) = self.counts.get(class_of(micros)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// What was counted since the last call. A time recorded meanwhile may be split between this
    /// call and the next.
    pub(super) fn take(&self) -> Distribution {
        let mut counts = [0; CLASSES];
        for (count, counted) in counts.iter_mut().zip(&self.counts) {
            *count = counted.swap(0, Relaxed);
        }
        Distribution {
            counts,
            sum: Duration::from_micros(self.sum_micros.swap(0, Relaxed)),
            longest: Duration::from_micros(self.longest_micros.swap(0, Relaxed)),
        }
    }
}

/// The times of one period.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    counts: [u32; CLASSES],
    sum: Duration,
    longest: Duration,
}

impl Distribution {
    /// No times at all.
    pub(super) const fn none() -> Self {
        Self {
            counts: [0; CLASSES],
            sum: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// Their mean; zero if there were none.
    pub(super) fn mean(&self) -> Duration {
        let count = u32::try_from(self.count()).unwrap_or(u32::MAX).max(1);
        self.sum / count
    }

    /// The longest; zero if there were none.
    pub(super) const fn longest(&self) -> Duration {
        self.longest
    }

    /// A time that `percent` of 100 of them do not exceed, at most a quarter too long; zero if
    /// there were none.
    pub(super) fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count() * percent).div_ceil(100);
        let mut seen = 0;
        for (class, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if count > 0 && seen >= rank {
                return Duration::from_micros(end_of(class)).min(self.longest);
            }
        }
        Duration::ZERO
    }
}

/// The class of a time: below `PARTS` its microseconds, then the highest bit and the next two.
fn class_of(micros: u64) -> usize {
    if micros < PARTS {
        return micros as usize;
    }
    let shift = micros.ilog2() - PARTS_BITS;
    (u64::from(shift) * PARTS + (micros >> shift)) as usize
}

/// The longest time of a class, in microseconds.
const fn end_of(class: usize) -> u64 {
    let class = class as u64;
    if class < PARTS {
        return class;
    }
    let shift = class / PARTS - 1;
    ((class % PARTS + PARTS + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn classes_are_in_order_and_without_gaps() {
        let mut previous = 0;
        for micros in 1..100_000 {
            let class = class_of(micros);
            assert!(class == previous || class == previous + 1, "{micros}");
            assert!(end_of(class) >= micros && end_of(class) <= micros + micros / PARTS);
            assert!(class == 0 || end_of(class - 1) < micros);
            previous = class;
        }
        assert_eq!(class_of(LONGEST_MICROS), CLASSES - 1);
    }

    #[test]
    fn means_are_exact_and_percentiles_nearly() {
        let histogram = Histogram::default();
        (1..=100).for_each(|time| histogram.record(ms(time)));
        let times = histogram.take();
        assert_eq!((times.count(), times.longest()), (100, ms(100)));
        assert_eq!(times.mean(), Duration::from_micros(50_500));
        for percent in [50, 95] {
            let time = times.percentile(percent);
            assert!(
                time >= ms(percent) && time <= ms(percent) * 5 / 4,
                "{time:?}"
            );
        }
        assert_eq!(times.percentile(100), ms(100));
    }

    #[test]
    fn a_period_begins_empty() {
        let histogram = Histogram::default();
        histogram.record(Duration::MAX);
        assert_eq!(histogram.take().count(), 1);
        let empty = histogram.take();
        assert_eq!((empty.count(), empty.mean()), (0, Duration::ZERO));
        assert_eq!(empty.percentile(50), Duration::ZERO);
    }
}
