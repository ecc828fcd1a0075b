//! How long to wait between two attempts to connect.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const GROWTH: f64 = 1.6;
const LONGEST: Duration = Duration::from_secs(2);
/// Share by which a delay may be longer or shorter, so that many viewers do not knock at once.
const JITTER: f64 = 0.2;

/// Delays that grow from 0.2 s by 1.6 to 2 s, each made a little random.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Starts with the shortest delay.
    pub(super) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next delay; `random` is any number, all being equally likely.
    pub(super) fn delay(&mut self, random: u32) -> Duration {
        let delay = self.next;
        self.next = delay.mul_f64(GROWTH).min(LONGEST);
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
        let delays: Vec<u128> = (0..8).map(|_| backoff.delay(longest).as_millis()).collect();
        assert_eq!(delays, [240, 384, 614, 983, 1572, 2400, 2400, 2400]);
    }

    #[test]
    fn jitter_stays_in_its_range() {
        assert_eq!(Backoff::new().delay(0), Duration::from_millis(160));
        assert_eq!(Backoff::new().delay(u32::MAX), Duration::from_millis(240));
    }
}
