//! What of the delay is a queue that stands.

use core::time::Duration;

/// Rounds looked back at on a path whose delay varies, and on one whose delay does not.
const ROUNDS: usize = 4;
const CALM_ROUNDS: usize = 2;
/// A path whose shortest delays differ by less from round to round is calm: that much is a busy
/// machine.
const CALM: Duration = Duration::from_millis(2);
/// More than this is a queue that grows, not a path that varies.
const MOST_VARIATION: Duration = Duration::from_millis(12);

/// The queue as the shortest delays of the last rounds show it.
///
/// A queue is in all of them. What a radio link's retries and turns add is in most of them too, but
/// now and then a whole round has less; how far the rounds are apart says how much of it there is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StandingQueue {
    /// The shortest queue of each round, the last one first.
    rounds: [Duration; ROUNDS],
    variation: Duration,
}

impl StandingQueue {
    /// Takes the shortest queue of a round into account.
    pub(super) fn record(&mut self, queue: Duration) {
        let step = queue.abs_diff(self.rounds[0]).min(MOST_VARIATION);
        self.variation = (self.variation * 7 + step) / 8;
        self.rounds.rotate_right(1);
        self.rounds[0] = queue;
    }

    /// The queue that was there all the time.
    pub(super) fn standing(&self) -> Duration {
        let looked_at = if self.is_calm() { CALM_ROUNDS } else { ROUNDS };
        let rounds = self.rounds.iter().take(looked_at);
        rounds.min().copied().unwrap_or_default()
    }

    /// Whether the path's delay is its own queue only.
    pub(super) fn is_calm(&self) -> bool {
        self.variation < CALM
    }

    /// How much the path's delay varies by itself.
    pub(super) const fn variation(&self) -> Duration {
        self.variation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_queue_on_a_calm_path_is_seen_in_two_rounds() {
        let mut queue = StandingQueue::default();
        queue.record(ms(5));
        queue.record(ms(8));
        assert_eq!(queue.standing(), ms(5));
        queue.record(ms(9));
        assert_eq!(queue.standing(), ms(8));
    }

    #[test]
    fn hold_ups_are_no_queue() {
        let mut queue = StandingQueue::default();
        for round in 0..40 {
            queue.record(ms([22, 30, 4, 26][round % 4]));
        }
        assert_eq!(queue.standing(), ms(4));
        assert!(queue.variation() > ms(8), "{:?}", queue.variation());
    }
}
