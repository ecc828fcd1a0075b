//! How often something may reach a person who did not ask for it.

use core::time::Duration;

use crate::limits::MAX_NOTIFICATIONS;
use crate::units::Timestamp;

/// Some at once, and then one now and then.
#[derive(Clone, Debug)]
pub struct Quota {
    most: u32,
    refill: Duration,
    left: u32,
    /// When the last one was added to what is left.
    refilled: Timestamp,
}

impl Quota {
    /// That of notifications: ten at once, and then one each second.
    #[must_use]
    pub const fn of_notifications() -> Self {
        Self::new(10, Duration::from_secs(1))
    }

    /// That of notifications at a viewer, where the network may bring in a moment what took a while, and
    /// all that are open come as the first.
    #[must_use]
    pub const fn of_notifications_heard() -> Self {
        Self::new(10 + MAX_NOTIFICATIONS as u32, Duration::from_secs(1))
    }

    /// That of links: four at once, and then one every two seconds. No person clicks faster.
    #[must_use]
    pub const fn of_links() -> Self {
        Self::new(4, Duration::from_secs(2))
    }

    /// That of links at a viewer, as with notifications.
    #[must_use]
    pub const fn of_links_heard() -> Self {
        Self::new(8, Duration::from_secs(2))
    }

    const fn new(most: u32, refill: Duration) -> Self {
        Self {
            most,
            refill,
            left: most,
            refilled: Timestamp(0),
        }
    }

    /// Whether one more may pass at `now`, which is then counted.
    pub fn allows(&mut self, now: Timestamp) -> bool {
        let refill = self.refill.as_micros() as u64;
        let more = now.0.saturating_sub(self.refilled.0) / refill;
        if more >= u64::from(self.most - self.left) {
            self.left = self.most;
            self.refilled = now;
        } else {
            self.left += more as u32;
            self.refilled = Timestamp(self.refilled.0 + more * refill);
        }
        let allowed = self.left > 0;
        self.left -= u32::from(allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_a_loop_gets_its_quota() {
        let mut quota = Quota::of_notifications();
        let mut allowed = |from: u64, to: u64| {
            let passed = (from..to).filter(|&ms| quota.allows(Timestamp(ms * 1000)));
            passed.count()
        };
        assert_eq!(allowed(500, 1500), 10, "all at once");
        assert_eq!(allowed(1500, 11_500), 10, "one a second");
        assert_eq!(allowed(60_000, 60_100), 10, "it was full again");
    }

    #[test]
    fn a_slow_one_is_never_held_up() {
        let mut quota = Quota::of_links();
        assert!((0..100).all(|i| quota.allows(Timestamp(i * 2_000_000))));
    }
}
