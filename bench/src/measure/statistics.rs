//! Percentiles.

use std::time::Duration;

/// The figures of a set of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Summary {
    /// `None` without samples.
    pub(crate) fn of(samples: &[Duration]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        Some(Self {
            p50: percentile(&sorted, 50)?,
            p95: percentile(&sorted, 95)?,
            p99: percentile(&sorted, 99)?,
            max: *sorted.last()?,
        })
    }
}

/// Nearest rank: the smallest sample that at least `percent` of 100 samples do not exceed.
/// `None` without samples.
pub(crate) fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(numbers: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        numbers.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let summary = Summary::of(&milliseconds((1..=100).rev())).unwrap();
        let figures = [summary.p50, summary.p95, summary.p99, summary.max];
        assert_eq!(figures.to_vec(), milliseconds([50, 95, 99, 100]));
    }

    #[test]
    fn percentiles_of_few_samples_are_samples() {
        let summary = Summary::of(&milliseconds([9, 3])).unwrap();
        assert_eq!([summary.p50, summary.p95].to_vec(), milliseconds([3, 9]));
        assert_eq!(
            Summary::of(&milliseconds([4])).unwrap().p50,
            Duration::from_millis(4)
        );
        assert_eq!(Summary::of(&[]), None);
    }
}
