//! Viewers must not fill the log.
//!
//! What happens once in a visit is simply told. What a viewer can make happen again and again gets a
//! quota: as much as a person needs to see what is going on, and then a line a minute.

use std::time::{Duration, Instant};

/// Lines that may be written at once.
const MOST: u32 = 10;

/// How long it takes until one more may be.
const REFILL: Duration = Duration::from_secs(60);

/// How much may still be written about something.
#[derive(Debug)]
pub(crate) struct LogQuota {
    left: u32,
    /// When the last line was added to what is left.
    refilled: Instant,
}

impl LogQuota {
    /// A full one.
    #[must_use]
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            left: MOST,
            refilled: now,
        }
    }

    /// Whether a line may be written at `now`, which is then counted.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        let minutes = now.saturating_duration_since(self.refilled).as_secs() / REFILL.as_secs();
        if minutes > 0 {
            let more = u32::try_from(minutes).unwrap_or(MOST);
            self.left = self.left.saturating_add(more).min(MOST);
            self.refilled = now;
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
    fn a_flood_gets_its_quota_and_a_line_a_minute() {
        let start = Instant::now();
        let mut quota = LogQuota::new(start);
        let mut lines = |from: u64, to: u64| {
            let allowed = (from..to).filter(|&i| quota.allows(start + Duration::from_millis(i)));
            allowed.count()
        };
        assert_eq!(lines(0, 60_000), MOST as usize);
        assert_eq!(lines(60_000, 600_000), 9);
        assert_eq!(lines(36_000_000, 36_001_000), MOST as usize);
    }
}
