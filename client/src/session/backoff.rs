//! How long to wait between two attempts to connect.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const GROWTH: f64 = 1.6;
/// The longest delay at first. In a long search it is a share of the time spent so far, so that the
/// search is not what makes an outage long.
const LONGEST: Duration = Duration::from_secs(1);
const SHARE: u32 = 50;
const LONGEST_OF_ALL: Duration = Duration::from_secs(5);
/// Share by which a delay may be longer or shorter, so that many viewers do not knock at once.
const JITTER: f64 = 0.2;

/// Delays that grow from 0.2 s by 1.6 to 1 s, and in searches of more than a minute slowly to 5 s,
/// each made a little random.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    /// Sum of the delays so far.
    spent: Duration,
}

impl Backoff {
    /// Starts with the shortest delay.
    pub(super) const fn new() -> Self {
        Self {
            next: FIRST,
            spent: Duration::ZERO,
        }
    }

    /// The next delay; `random` is any number, all being equally likely.
    pub(super) fn delay(&mut self, random: u32) -> Duration {
        let delay = self.next;
        self.spent += delay;
        let longest = (self.spent / SHARE).clamp(LONGEST, LONGEST_OF_ALL);
        self.next = delay.mul_f64(GROWTH).min(longest);
        let unit = f64::from(random) / f64::from(u32::MAX);
        delay.mul_f64(1.0 - JITTER + 2.0 * JITTER * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_longest_delay() {
        let mut backoff = Backoff::new();
        let longest = u32::MAX;
        let delays: Vec<u128> = (0..7).map(|_| backoff.delay(longest).as_millis()).collect();
        assert_eq!(delays, [240, 384, 614, 983, 1200, 1200, 1200]);
    }

    #[test]
    fn in_a_long_search_delays_are_a_share_of_it() {
        let mut backoff = Backoff::new();
        let mut spent = Duration::ZERO;
        while spent < Duration::from_secs(3600) {
            let delay = backoff.delay(u32::MAX / 2);
            let share = (spent / SHARE).clamp(LONGEST, LONGEST_OF_ALL);
            assert!(
                delay <= share + Duration::from_millis(1),
                "{delay:?} at {spent:?}"
            );
            spent += delay;
        }
        assert_eq!(backoff.delay(u32::MAX), LONGEST_OF_ALL.mul_f64(1.2));
    }

    #[test]
    fn jitter_stays_in_its_range() {
        assert_eq!(Backoff::new().delay(0), Duration::from_millis(160));
        assert_eq!(Backoff::new().delay(u32::MAX), Duration::from_millis(240));
    }
}
