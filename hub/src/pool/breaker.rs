//! Starts that fail one after the other are not repeated without a pause.

use hackstream_control_api::time::{Seconds, UnixMillis};
use serde::{Deserialize, Serialize};

/// Failures after which there is a pause.
const FAILURES: u32 = 3;

/// The first pause. Each further failure doubles it.
const PAUSE: Seconds = Seconds(30);

/// The longest pause.
const LONGEST: Seconds = Seconds::minutes(10);

/// How long the pool stands back when people need its room.
const YIELD: Seconds = Seconds(15);

/// What failed, and until when nothing is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Starts that failed, one after the other.
    pub failures: u32,
    /// Nothing is started before then.
    pub held_until: Option<UnixMillis>,
}

impl Breaker {
    /// A start failed. True if that made a pause.
    pub fn failed(&mut self, now: UnixMillis) -> bool {
        self.failures = self.failures.saturating_add(1);
        let Some(beyond) = self.failures.checked_sub(FAILURES) else {
            return false;
        };
        let pause = PAUSE.0 << beyond.min(16);
        self.hold(now.plus(Seconds(pause.min(LONGEST.0))));
        true
    }

    /// A start succeeded.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Somebody needs the room of a warm session.
    pub fn yields(&mut self, now: UnixMillis) {
        self.hold(now.plus(YIELD));
    }

    fn hold(&mut self, until: UnixMillis) {
        self.held_until = self.held_until.max(Some(until));
    }

    /// Until when nothing is started; `None` if it may be.
    #[must_use]
    pub fn held(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.held_until.filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    #[test]
    fn three_failures_make_a_pause_and_more_a_longer_one() {
        let mut breaker = Breaker::default();
        assert!(!breaker.failed(NOW) && !breaker.failed(NOW));
        assert_eq!(breaker.held(NOW), None);
        let pauses: Vec<_> = (0..8)
            .map(|_| {
                assert!(breaker.failed(NOW));
                breaker.held(NOW).unwrap().millis_since(NOW) / 1000
            })
            .collect();
        assert_eq!(pauses, [30, 60, 120, 240, 480, 600, 600, 600]);
        assert_eq!(breaker.held(NOW.plus(Seconds(600))), None);
    }

    #[test]
    fn a_success_begins_anew() {
        let mut breaker = Breaker {
            failures: 2,
            held_until: None,
        };
        breaker.succeeded();
        assert!(!breaker.failed(NOW));
    }
}
