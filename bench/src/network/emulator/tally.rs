//! What a direction of a link did to packets: counted by the link's thread, read by another.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::direction::Fate;

/// Counters since they were last taken. Each is exact; together they may be a packet apart.
#[derive(Debug, Default)]
pub(super) struct Tally {
    packets: AtomicU64,
    dropped: AtomicU64,
    lost: AtomicU64,
    longest_wait_nanoseconds: AtomicU64,
}

/// What became of the packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OneWayLosses {
    /// All that were sent into it.
    pub(crate) packets: u64,
    /// Those that found the queue full.
    pub(crate) dropped: u64,
    /// Those that the link lost on the way.
    pub(crate) lost: u64,
    /// The longest that one which was not dropped had to wait for its turn.
    pub(crate) longest_wait: Duration,
}

/// What became of the packets of both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// From server to viewer.
    pub(crate) down: OneWayLosses,
    pub(crate) up: OneWayLosses,
}

impl Tally {
    /// Counts a packet that has `wait` before it in the queue.
    pub(super) fn note(&self, fate: Fate, wait: Duration) {
        self.packets.fetch_add(1, Ordering::Relaxed);
        match fate {
            Fate::Sent => {}
            Fate::Lost => drop(self.lost.fetch_add(1, Ordering::Relaxed)),
            Fate::Dropped => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        // Queues are of seconds at most.
        let wait = wait.as_nanos() as u64;
        self.longest_wait_nanoseconds
            .fetch_max(wait, Ordering::Relaxed);
    }

    /// The counters, which begin anew.
    pub(super) fn take(&self) -> OneWayLosses {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        OneWayLosses {
            packets: take(&self.packets),
            dropped: take(&self.dropped),
            lost: take(&self.lost),
            longest_wait: Duration::from_nanos(take(&self.longest_wait_nanoseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_begin_anew_once_taken() {
        let tally = Tally::default();
        let wait = Duration::from_millis;
        tally.note(Fate::Sent, wait(3));
        tally.note(Fate::Lost, wait(7));
        tally.note(Fate::Dropped, wait(100));
        tally.note(Fate::Sent, wait(5));
        let expected = OneWayLosses {
            packets: 4,
            dropped: 1,
            lost: 1,
            longest_wait: wait(7),
        };
        assert_eq!(tally.take(), expected);
        assert_eq!(tally.take(), OneWayLosses::default());
    }
}
