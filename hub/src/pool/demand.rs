//! How many warm sessions are wanted.

use hackstream_control_api::pool::PoolSize;
use hackstream_control_api::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// After so many seconds a launch counts half.
const HALF_LIFE: f64 = 300.0;

/// How many more are kept than are asked for while one starts, on average: they do not come evenly.
const SPARE: f64 = 1.5;

/// Seconds that a start is taken to last before one was seen.
const UNKNOWN_BOOT: f64 = 5.0;

/// The share of starts that are quicker than what is reckoned with.
const QUANTILE: f64 = 0.9;

/// What was asked for, and how long starts take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// Launches per second at `at`, those of long ago counting less.
    rate: f64,
    at: UnixMillis,
    /// Seconds in which nine of ten members were ready; 0 before the first.
    boot: f64,
}

impl Demand {
    /// Somebody asked for a session.
    #[must_use]
    pub fn launched(self, now: UnixMillis) -> Self {
        let one = std::f64::consts::LN_2 / HALF_LIFE;
        Self {
            rate: self.rate(now) + one,
            at: self.at.max(now),
            ..self
        }
    }

    /// A member was ready after so many milliseconds. Follows the quantile in steps: nine times as far
    /// up as down, so that nine of ten are below (Robbins and Monro).
    #[must_use]
    pub fn booted(self, millis: u64) -> Self {
        let seconds = millis as f64 / 1000.0;
        if self.boot == 0.0 {
            return Self {
                boot: seconds,
                ..self
            };
        }
        let step = self.boot / 16.0;
        let boot = if seconds > self.boot {
            (self.boot + step * QUANTILE).min(seconds)
        } else {
            (self.boot - step * (1.0 - QUANTILE)).max(seconds)
        };
        Self { boot, ..self }
    }

    /// Launches per second.
    fn rate(&self, now: UnixMillis) -> f64 {
        let seconds = now.millis_since(self.at) as f64 / 1000.0;
        self.rate * (-seconds / HALF_LIFE).exp2()
    }

    /// How many are wanted: what is asked for while one starts, within the bounds.
    #[must_use]
    pub fn wanted(&self, size: PoolSize, now: UnixMillis) -> u32 {
        let boot = if self.boot == 0.0 {
            UNKNOWN_BOOT
        } else {
            self.boot
        };
        let meanwhile = self.rate(now) * boot * SPARE;
        // What is less than half a launch is none.
        let more = (meanwhile - 0.5).max(0.0).ceil().min(f64::from(u32::MAX));
        size.min.saturating_add(more as u32).min(size.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::Seconds;
    use proptest::prelude::*;

    const SIZE: PoolSize = PoolSize { min: 2, max: 20 };
    const START: UnixMillis = UnixMillis(1_000_000);

    /// A launch each `every` milliseconds, `times` in all.
    fn asked(every: u64, times: u64) -> (Demand, UnixMillis) {
        let at = |number| UnixMillis(START.0 + number * every);
        let all = (0..times).fold(Demand::default(), |demand, number| {
            demand.launched(at(number))
        });
        (all, at(times))
    }

    #[test]
    fn without_demand_there_are_as_many_as_were_set() {
        assert_eq!(Demand::default().wanted(SIZE, START), 2);
    }

    #[test]
    fn a_rush_wants_more_and_is_forgotten() {
        // One each second, for ten minutes; a start takes 5 s.
        let (demand, now) = asked(1000, 600);
        let wanted = demand.wanted(SIZE, now);
        assert!((6..=10).contains(&wanted), "{wanted}");
        assert_eq!(demand.wanted(SIZE, now.plus(Seconds::hours(1))), 2);
    }

    #[test]
    fn one_launch_alone_wants_no_more() {
        let (demand, now) = asked(1000, 1);
        assert_eq!(demand.wanted(SIZE, now), 2);
    }

    #[test]
    fn nine_of_ten_starts_are_quicker_than_what_is_reckoned_with() {
        let spread = (0..1000).map(|number| 1000 + number * 7919 % 1000);
        let demand = spread.fold(Demand::default(), Demand::booted);
        assert!((1.75..2.0).contains(&demand.boot), "{}", demand.boot);
    }

    proptest! {
        #[test]
        fn the_bounds_hold(every in 1_u64..100_000, times in 0_u64..200, boot in 0_u64..600_000,
            min in 0_u32..50, more in 0_u32..50) {
            let (demand, now) = asked(every, times);
            let size = PoolSize { min, max: min + more };
            let wanted = demand.booted(boot).wanted(size, now);
            prop_assert!((size.min..=size.max).contains(&wanted));
        }
    }
}
