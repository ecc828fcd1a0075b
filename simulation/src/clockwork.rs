//! How fast a link works, when.

use std::time::Duration;

use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

use crate::cellular::{Cellular, FASTEST};

/// The rate of a direction in the course of time.
#[derive(Clone, Debug)]
pub struct Clockwork {
    cellular: Cellular,
    rate: Bitrate,
    until: Timestamp,
}

impl Clockwork {
    /// A telephone network's.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            cellular: Cellular::new(seed),
            rate: FASTEST,
            until: Timestamp(0),
        }
    }

    /// When `bytes` have been sent whose turn comes at `start`, which must not decrease from call to
    /// call.
    pub fn done_at(&mut self, start: Timestamp, bytes: ByteCount) -> Timestamp {
        let (mut at, mut rest) = (start, bytes.0 * 8_000_000);
        loop {
            while self.until <= at {
                let step = self.cellular.step();
                self.rate = step.rate;
                self.until = self.until.after(step.time.max(Duration::from_micros(1)));
            }
            let left = self.until.since(at).as_micros() as u64;
            // In bits, times a million, as a rate times microseconds is.
            let passes = self.rate.0.saturating_mul(left);
            if passes >= rest {
                let time = rest.div_ceil(self.rate.0.max(1));
                return at.after(Duration::from_micros(time));
            }
            rest -= passes;
            at = self.until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_at_the_rate_of_each_step() {
        let mut steps = Cellular::new(5);
        let mut carried = 0.0;
        let mut time = Duration::ZERO;
        for _ in 0..200 {
            let step = steps.step();
            carried += step.rate.0 as f64 / 8.0 * step.time.as_secs_f64();
            time += step.time;
        }
        let (mut link, mut at, mut sent) = (Clockwork::new(5), Timestamp(0), 0);
        while at < Timestamp(0).after(time) {
            let done = link.done_at(at, ByteCount(1500));
            assert!(done > at);
            at = done;
            sent += 1500;
        }
        assert!(
            (sent as f64 / carried - 1.0).abs() < 0.01,
            "{sent} of {carried}"
        );
    }
}
