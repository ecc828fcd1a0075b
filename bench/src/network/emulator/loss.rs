//! Which packets are lost.

use std::time::Duration;

use super::conditions::Loss;
use crate::clock::Instant;
use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Air {
    Clear,
    Bad,
}

/// Decides packet by packet.
#[derive(Debug)]
pub(super) struct LossProcess {
    loss: Loss,
    random: Random,
    /// Of bursts only: how it was at the last packet.
    air: Air,
    last: Instant,
}

impl LossProcess {
    pub(super) const fn new(loss: Loss, random: Random) -> Self {
        Self {
            loss,
            random,
            air: Air::Clear,
            last: Instant::from_nanoseconds(0),
        }
    }

    /// Whether a packet sent at `at` is lost; `at` must not decrease from call to call.
    pub(super) fn takes(&mut self, at: Instant) -> bool {
        match self.loss {
            Loss::None => false,
            Loss::Random { share } => self.random.unit() < share,
            Loss::Bursts { share, mean } => self.burst_takes(at, share, mean),
        }
    }

    /// The chain leaves the bad state at rate 1 / mean, and enters it such that `share` of the time
    /// is bad; how it stands after any time follows in closed form.
    fn burst_takes(&mut self, at: Instant, share: f32, mean: Duration) -> bool {
        let elapsed = at.since(self.last).as_secs_f32();
        let memory = (-elapsed / (mean.as_secs_f32() * (1.0 - share))).exp();
        let was_bad = match self.air {
            Air::Clear => 0.0,
            Air::Bad => 1.0,
        };
        let probability = share + (was_bad - share) * memory;
        self.last = at;
        self.air = if self.random.unit() < probability {
            Air::Bad
        } else {
            Air::Clear
        };
        self.air == Air::Bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKETS: u64 = 200_000;

    /// The fates of packets sent `spacing` apart.
    fn fates(loss: Loss, spacing: Duration) -> Vec<bool> {
        let mut process = LossProcess::new(loss, Random::new(3));
        let spacing = spacing.as_nanos() as u64;
        (0..PACKETS)
            .map(|packet| process.takes(Instant::from_nanoseconds(packet * spacing)))
            .collect()
    }

    fn share(fates: &[bool]) -> f64 {
        fates.iter().filter(|lost| **lost).count() as f64 / fates.len() as f64
    }

    /// Losses that follow a loss at once.
    fn repeated(fates: &[bool]) -> f64 {
        let pairs = fates.windows(2).filter(|pair| pair[0]);
        let twice = pairs.clone().filter(|pair| pair[1]).count();
        twice as f64 / pairs.count() as f64
    }

    #[test]
    fn random_losses_are_independent_and_of_the_right_share() {
        let fates = fates(Loss::Random { share: 0.02 }, Duration::from_micros(1));
        assert!((share(&fates) - 0.02).abs() < 0.002, "{}", share(&fates));
        assert!(repeated(&fates) < 0.04, "{}", repeated(&fates));
    }

    #[test]
    fn bursts_hit_neighbours_in_time_but_no_more_packets_in_all() {
        let mean = Duration::from_millis(10);
        let loss = Loss::Bursts { share: 0.01, mean };
        let dense = fates(loss, Duration::from_millis(1));
        assert!((share(&dense) - 0.01).abs() < 0.003, "{}", share(&dense));
        // A burst ends within a tenth of its mean with probability 1 - e^-0.1.
        assert!((repeated(&dense) - 0.905).abs() < 0.05);
        let sparse = fates(loss, Duration::from_secs(1));
        assert!((share(&sparse) - 0.01).abs() < 0.003, "{}", share(&sparse));
        assert!(repeated(&sparse) < 0.05, "a burst outlived a second");
    }

    #[test]
    fn no_loss_is_none() {
        assert_eq!(share(&fates(Loss::None, Duration::ZERO)), 0.0);
    }
}
