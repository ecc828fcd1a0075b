//! What was observed during one round trip.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

/// Round-trip times kept of one round. When there are more, every second one is dropped, and from
/// then on only every second one is taken.
const MAX_RTTS: usize = 64;

/// One acknowledged packet.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When the packet left.
    pub sent: Timestamp,
    /// From then until its acknowledgement arrived.
    pub rtt: Duration,
    /// The delivery rate it showed, if it showed one.
    pub rate: Option<Bitrate>,
}

/// The observations between two decisions about the window.
#[derive(Clone, Debug)]
pub struct Round {
    began: Timestamp,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    rtts: [Duration; MAX_RTTS],
    kept: usize,
    stride: usize,
    until_next: usize,
    min_rtt: Duration,
    max_rtt: Duration,
    acked: u64,
    lost: u64,
    peak: u64,
    marked: bool,
    best_rate: Option<Bitrate>,
}

impl Round {
    /// An empty round that begins at `now` with `in_flight` bytes on their way.
    #[must_use]
    pub fn new(now: Timestamp, in_flight: ByteCount) -> Self {
        Self {
            began: now,
            oldest: None,
            newest: None,
            rtts: [Duration::ZERO; MAX_RTTS],
            kept: 0,
            stride: 1,
            until_next: 0,
            min_rtt: Duration::MAX,
            max_rtt: Duration::ZERO,
            acked: 0,
            lost: 0,
            peak: in_flight.0,
            marked: false,
            best_rate: None,
        }
    }

    /// Something left, and `in_flight` bytes are on their way now.
    pub fn on_sent(&mut self, in_flight: ByteCount) {
        self.peak = self.peak.max(in_flight.0);
    }

    /// A packet was acknowledged.
    pub fn on_ack(&mut self, bytes: ByteCount) {
        self.acked += bytes.0;
    }

    /// The newest packet of a batch of acknowledgements.
    pub fn on_sample(&mut self, sample: Sample) {
        self.oldest = Some(self.oldest.map_or(sample.sent, |at| at.min(sample.sent)));
        self.newest = self.newest.max(Some(sample.sent));
        self.min_rtt = self.min_rtt.min(sample.rtt);
        self.max_rtt = self.max_rtt.max(sample.rtt);
        self.best_rate = self.best_rate.max(sample.rate);
        if self.until_next > 0 {
            self.until_next -= 1;
            return;
        }
        if self.kept == MAX_RTTS {
            self.thin_out();
        }
        self.rtts[self.kept] = sample.rtt;
        self.kept += 1;
        self.until_next = self.stride - 1;
    }

    /// Packets were lost.
    pub fn on_loss(&mut self, bytes: ByteCount) {
        self.lost += bytes.0;
    }

    /// A router marked packets instead of dropping them.
    pub fn on_mark(&mut self) {
        self.marked = true;
    }

    /// Whether a packet that left after the round began was acknowledged: a round trip has passed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.newest.is_some_and(|sent| sent >= self.began)
    }

    /// Whether all samples are of packets that left at or after `time`.
    #[must_use]
    pub fn is_newer_than(&self, time: Timestamp) -> bool {
        self.oldest.is_some_and(|sent| sent >= time)
    }

    /// Number of round-trip times kept.
    #[must_use]
    pub const fn samples(&self) -> usize {
        self.kept
    }

    /// Median round-trip time; `None` without samples. The minimum would be blind to a burst, of
    /// which the first packet always finds the queue empty; the mean would see every hiccup of a
    /// busy machine.
    #[must_use]
    pub fn median_rtt(&self) -> Option<Duration> {
        let mut rtts = self.rtts;
        let kept = rtts.get_mut(..self.kept).filter(|kept| !kept.is_empty())?;
        let middle = (kept.len() - 1) / 2;
        Some(*kept.select_nth_unstable(middle).1)
    }

    /// Shortest round-trip time; [`Duration::MAX`] without samples.
    #[must_use]
    pub const fn min_rtt(&self) -> Duration {
        self.min_rtt
    }

    /// Longest round-trip time; zero without samples.
    #[must_use]
    pub const fn max_rtt(&self) -> Duration {
        self.max_rtt
    }

    /// Most bytes that were in flight at once.
    #[must_use]
    pub const fn peak(&self) -> ByteCount {
        ByteCount(self.peak)
    }

    /// Bytes lost.
    #[must_use]
    pub const fn lost(&self) -> ByteCount {
        ByteCount(self.lost)
    }

    /// Bytes acknowledged.
    #[must_use]
    pub const fn acked(&self) -> ByteCount {
        ByteCount(self.acked)
    }

    /// Whether a router marked packets.
    #[must_use]
    pub const fn marked(&self) -> bool {
        self.marked
    }

    /// Highest delivery rate that a sample showed. Each is what was in flight over a round trip,
    /// and so a lower bound of what the path can deliver.
    #[must_use]
    pub const fn best_rate(&self) -> Option<Bitrate> {
        self.best_rate
    }

    fn thin_out(&mut self) {
        for index in 0..MAX_RTTS / 2 {
            self.rtts[index] = self.rtts[index * 2];
        }
        self.kept = MAX_RTTS / 2;
        self.stride *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sent: u64, rtt: u64) -> Sample {
        Sample {
            sent: Timestamp(sent),
            rtt: Duration::from_micros(rtt),
            rate: None,
        }
    }

    #[test]
    fn a_round_is_over_when_something_sent_in_it_is_acknowledged() {
        let mut round = Round::new(Timestamp(1000), ByteCount(0));
        round.on_sample(sample(900, 50));
        assert!(!round.is_over());
        round.on_sample(sample(1000, 50));
        assert!(round.is_over());
        assert!(round.is_newer_than(Timestamp(900)));
        assert!(!round.is_newer_than(Timestamp(901)));
    }

    #[test]
    fn the_median_stands_for_the_whole_of_a_long_round() {
        let mut round = Round::new(Timestamp(0), ByteCount(0));
        assert_eq!(round.median_rtt(), None);
        for rtt in 0..10_000 {
            round.on_sample(sample(rtt, rtt));
        }
        let median = round.median_rtt().unwrap().as_micros();
        assert!((4000..6000).contains(&median), "{median}");
        assert!(round.samples() <= MAX_RTTS);
    }
}
