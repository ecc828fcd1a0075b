//! The rate of a telephone network as somebody moves through it: our own model, not a recording.
//!
//! The rate is one of eight levels from 0.3 to 30 Mbit/s, each about twice the one below, as
//! modulations and shares of a cell are. It stays for 0.1 to 1 s and then mostly moves to a neighbour,
//! sometimes two levels at once. One step in thirty is an outage of 0.1 to 0.5 s in which nothing
//! passes and nothing is lost: a change of cells. The same seed gives the same rates.

use std::time::Duration;

use hackstream_protocol::units::Bitrate;

use crate::random::Random;

const LEVELS: [Bitrate; 8] = [
    Bitrate::kbps(300),
    Bitrate::kbps(600),
    Bitrate::kbps(1200),
    Bitrate::kbps(2500),
    Bitrate::mbps(5),
    Bitrate::mbps(10),
    Bitrate::mbps(20),
    Bitrate::mbps(30),
];

/// The level of the beginning: 5 Mbit/s.
const FIRST: usize = 4;

/// The highest rate there is.
pub const FASTEST: Bitrate = LEVELS[LEVELS.len() - 1];

/// The lowest but for outages.
pub const SLOWEST: Bitrate = LEVELS[0];

/// How long an outage lasts at most.
pub const LONGEST_OUTAGE: Duration = Duration::from_millis(500);

/// A time during which the rate stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long.
    pub time: Duration,
    /// What passes; zero in an outage.
    pub rate: Bitrate,
}

/// The steps one after the other, without end.
#[derive(Clone, Debug)]
pub struct Cellular {
    random: Random,
    level: usize,
}

impl Cellular {
    /// The steps of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            level: FIRST,
        }
    }

    /// The next step.
    pub fn step(&mut self) -> Step {
        if self.random.unit() < 1.0 / 30.0 {
            let time = self.between(Duration::from_millis(100), LONGEST_OUTAGE);
            let rate = Bitrate(0);
            return Step { time, rate };
        }
        let time = self.between(Duration::from_millis(100), Duration::from_secs(1));
        let step = Step {
            time,
            rate: LEVELS[self.level],
        };
        let chance = self.random.unit();
        // Up by one, down by one, up by two, down by two, or as it is.
        let moved = match chance {
            c if c < 0.30 => self.level + 1,
            c if c < 0.60 => self.level.saturating_sub(1),
            c if c < 0.68 => self.level + 2,
            c if c < 0.76 => self.level.saturating_sub(2),
            _ => self.level,
        };
        self.level = moved.min(LEVELS.len() - 1);
        step
    }

    fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let time = least + (most - least).mul_f64(self.random.unit());
        Duration::from_micros(time.as_micros() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_those_that_are_described() {
        let mut cellular = Cellular::new(3);
        let steps: Vec<Step> = (0..10_000).map(|_| cellular.step()).collect();
        let (outages, rates): (Vec<_>, Vec<_>) = steps.iter().partition(|step| step.rate.0 == 0);
        assert!((250..420).contains(&outages.len()), "{}", outages.len());
        let longest = |steps: &[&Step]| steps.iter().map(|step| step.time).max();
        assert!(longest(&outages) <= Some(LONGEST_OUTAGE));
        assert!(longest(&rates) <= Some(Duration::from_secs(1)));
        let shortest = steps.iter().map(|step| step.time).min();
        assert!(shortest >= Some(Duration::from_millis(100)));
        for level in LEVELS {
            let share = rates.iter().filter(|step| step.rate == level).count();
            assert!(share > rates.len() / 30, "{level:?}: {share}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_steps() {
        let steps = |seed| {
            let mut cellular = Cellular::new(seed);
            (0..50).map(|_| cellular.step()).collect::<Vec<_>>()
        };
        assert_eq!(steps(1), steps(1));
        assert_ne!(steps(1), steps(2));
    }
}
