//! What was observed during a run.

use std::fmt::Write;
use std::time::Duration;

use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

use crate::load::Kind;

/// Observations of one flow.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How long the run took, in virtual time.
    pub time: Duration,
    /// Bytes of frames that became whole.
    pub delivered: u64,
    /// Bytes of packets that left.
    pub sent: u64,
    /// How long each packet waited in the link's queue, and when it left.
    pub queueing: Vec<(Timestamp, Duration)>,
    /// How long after they were due frames were whole, in the order of their arrival.
    pub ages: Vec<(Kind, Timestamp, Duration)>,
    /// Window, at the end of each second.
    pub windows: Vec<ByteCount>,
}

/// The value that `percent` of the values do not exceed; zero if there are none.
#[must_use]
pub fn percentile(values: impl Iterator<Item = Duration>, percent: usize) -> Duration {
    let mut sorted: Vec<Duration> = values.collect();
    sorted.sort_unstable();
    let index = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(index).copied().unwrap_or_default()
}

impl Outcome {
    /// The queueing delay that `percent` of the packets did not exceed.
    #[must_use]
    pub fn queue(&self, percent: usize) -> Duration {
        percentile(self.queueing.iter().map(|&(_, delay)| delay), percent)
    }

    /// The longest queueing delay of packets that left at `from` or later.
    #[must_use]
    pub fn longest_queue_since(&self, from: Timestamp) -> Duration {
        let later = self.queueing.iter().filter(|(at, _)| *at >= from);
        later.map(|&(_, delay)| delay).max().unwrap_or_default()
    }

    /// The age that `percent` of the frames of a kind did not exceed.
    #[must_use]
    pub fn age(&self, kind: Kind, percent: usize) -> Duration {
        let ages = self.ages.iter().filter(|age| age.0 == kind);
        percentile(ages.map(|age| age.2), percent)
    }

    /// Frames of a kind in a second.
    #[must_use]
    pub fn per_second(&self, kind: Kind) -> f64 {
        let count = self.ages.iter().filter(|age| age.0 == kind).count();
        count as f64 / self.time.as_secs_f64()
    }

    /// The rate at which frames arrived.
    #[must_use]
    pub fn rate(&self) -> Bitrate {
        Bitrate::of(ByteCount(self.delivered), self.time)
    }

    /// Percent of `rate` that got through.
    #[must_use]
    pub fn percent_of(&self, rate: Bitrate) -> u64 {
        self.rate().0 * 100 / rate.0
    }
}

/// One line for each second of a scenario, for people and for comparing with an earlier run.
#[derive(Clone, Debug, Default)]
pub struct Curve(String);

impl Curve {
    /// Adds a second.
    pub fn add(&mut self, outcome: &Outcome) {
        // Coarse numbers: the curve is to show what changed, not that something did.
        let _ = writeln!(
            self.0,
            "{:6} kbit/s  queue {:4} ms  window {:5} KB  {:3} frames/s",
            outcome.rate().0 / 1000,
            outcome.queue(95).as_millis(),
            outcome.windows.last().map_or(0, |window| window.0 / 1000),
            outcome.per_second(Kind::Video).round(),
        );
    }

    /// All lines.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}
