//! The machine's clocks, where they are read.

use std::ops::Add;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hackstream_control_api::time::{Seconds, UnixMillis};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The time now. A clock that stands before 1970 says 1970. For people; decisions are made by
/// [`Uptime`], which nobody sets.
#[must_use]
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixMillis(since.map_or(0, |since| since.as_millis() as u64))
}

/// Milliseconds for which the machine has run, sleep not counted: nobody could have come meanwhile.
/// All processes of the machine see the same, and no session outlives a start of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Uptime(pub u64);

impl Uptime {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        let millis = now.tv_sec * 1000 + now.tv_nsec / 1_000_000;
        Self(u64::try_from(millis).unwrap_or(0))
    }

    /// From `earlier` until this; nothing if it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.millis_since(earlier))
    }

    /// The same in milliseconds.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// What is `earlier` by so much; not before the machine's start.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(millis))
    }
}

impl Add<Seconds> for Uptime {
    type Output = Self;

    fn add(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0.saturating_mul(1000)))
    }
}

/// How people call moments of the machine's: what stands between its two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The Unix time in milliseconds when the machine had run for none.
    began: u64,
}

/// Steps of the clock up to this are its usual trembling: what is told to others need not change.
const STILL: u64 = 1000;

impl Calendar {
    /// What the clocks say now.
    #[must_use]
    pub fn of(now: UnixMillis, uptime: Uptime) -> Self {
        Self {
            began: now.0.saturating_sub(uptime.0),
        }
    }

    /// What the clocks say now, if that is something else than before.
    pub fn set(&mut self, now: UnixMillis, uptime: Uptime) {
        let new = Self::of(now, uptime);
        if self.began.abs_diff(new.began) > STILL {
            *self = new;
        }
    }

    /// When that was, or will be.
    #[must_use]
    pub const fn date(&self, moment: Uptime) -> UnixMillis {
        UnixMillis(self.began.saturating_add(moment.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_stays_while_the_clock_trembles_and_goes_with_its_steps() {
        let mut calendar = Calendar::of(UnixMillis(10_000), Uptime(1000));
        calendar.set(UnixMillis(11_010), Uptime(2000));
        assert_eq!(calendar.date(Uptime(5000)), UnixMillis(14_000));
        calendar.set(UnixMillis(3_612_000), Uptime(3000));
        assert_eq!(calendar.date(Uptime(5000)), UnixMillis(3_614_000));
        assert!(Uptime::now() <= Uptime::now());
    }
}
