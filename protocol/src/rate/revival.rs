//! A peer that is heard again.
//!
//! In an outage all of the window gets lost, and until that is known nothing new may be sent. QUIC
//! asks with a few packets, but each time only after twice as long as before: the end of an outage
//! may go unnoticed for as long as it took. A word of the peer is known earlier; it is worth a probe.
//!
//! An acknowledgement that itself comes from before the outage is such a word and no more: what left
//! after the packet that it is for stays in flight, and makes QUIC believe in a round trip as long as
//! the outage, so that its next probe would be later still.

use core::time::Duration;

use crate::units::{ByteCount, Timestamp};

/// The largest packets, as many as QUIC itself probes with, and a byte: a window that is used up lets
/// nothing through.
const PROBE: u64 = 2 * 1500 + 1;

/// What no acknowledgement takes beyond two round trips.
const PATIENCE: Duration = Duration::from_millis(100);

/// Notices that the peer is heard again after a time in which it acknowledged nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Revival {
    /// When something was last acknowledged, or left with nothing else in flight.
    answered: Timestamp,
    /// When the last probe was granted.
    probed: Timestamp,
    /// What may be in flight for the probe's sake; zero if there is none.
    window: u64,
}

impl Revival {
    /// Something left while nothing was in flight.
    pub const fn began(&mut self, now: Timestamp) {
        self.answered = now;
    }

    /// Something that left at `sent` was acknowledged, and so much is in flight. True if a probe is
    /// granted because that was long ago, and nothing was acknowledged since: what is merely slow goes
    /// on.
    pub fn acknowledged(
        &mut self,
        now: Timestamp,
        sent: Timestamp,
        in_flight: ByteCount,
        rtt: Duration,
    ) -> bool {
        let silence = now.since(self.answered.max(sent));
        let is_late = silence >= patience(rtt) && in_flight.0 > 0;
        self.answered = now;
        self.window = if is_late { with_probe(in_flight) } else { 0 };
        is_late
    }

    /// The peer was heard, with so much in flight and this round-trip time. True if a probe is granted:
    /// no more than one in two round trips, so that a peer that never acknowledges gains nothing.
    pub fn heard(&mut self, now: Timestamp, in_flight: ByteCount, rtt: Duration) -> bool {
        let silence = now.since(self.answered.max(self.probed));
        if in_flight.0 == 0 || silence < patience(rtt) {
            return false;
        }
        self.probed = now;
        self.window = with_probe(in_flight);
        true
    }

    /// The window with room for the probe.
    #[must_use]
    pub fn widen(&self, window: ByteCount) -> ByteCount {
        ByteCount(window.0.max(self.window))
    }
}

/// What no acknowledgement takes.
fn patience(rtt: Duration) -> Duration {
    rtt * 2 + PATIENCE
}

const fn with_probe(in_flight: ByteCount) -> u64 {
    in_flight.0.saturating_add(PROBE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);
    const FULL: ByteCount = ByteCount(60_000);

    fn at(millis: u64) -> Timestamp {
        Timestamp(millis * 1000)
    }

    #[test]
    fn a_word_after_a_long_silence_is_worth_one_probe() {
        let mut revival = Revival::default();
        revival.began(at(1_000));
        let early = revival.heard(at(1_100), FULL, RTT);
        assert!(!early, "an answer may be on its way");
        assert!(revival.heard(at(1_300), FULL, RTT));
        assert_eq!(revival.widen(FULL), ByteCount(63_001));
        assert!(!revival.heard(at(1_310), ByteCount(63_000), RTT));
        assert!(!revival.acknowledged(at(1_350), at(1_300), FULL, RTT));
        assert_eq!(revival.widen(FULL), FULL);
    }

    #[test]
    fn an_acknowledgement_from_before_the_outage_is_no_more_than_a_word() {
        let mut revival = Revival::default();
        revival.began(at(1_000));
        assert!(revival.heard(at(26_000), FULL, RTT));
        // Of the same packet.
        assert!(revival.acknowledged(at(26_000), at(1_010), ByteCount(40_000), RTT));
        assert_eq!(revival.widen(ByteCount(0)), ByteCount(43_001));
    }

    #[test]
    fn a_path_that_has_become_slow_is_none_that_was_interrupted() {
        let mut revival = Revival::default();
        revival.began(at(1_000));
        for step in 0..100 {
            let now = at(1_100 + step * 20);
            let sent = at(1_000 + step * 2);
            assert!(!revival.heard(now, FULL, RTT));
            assert!(!revival.acknowledged(now, sent, FULL, RTT));
        }
    }

    #[test]
    fn where_nothing_is_missing_nothing_is_asked() {
        let mut revival = Revival::default();
        assert!(!revival.acknowledged(at(9_000), at(5_000), ByteCount(0), RTT));
        assert!(!revival.heard(at(19_000), ByteCount(0), RTT));
        assert_eq!(revival.widen(ByteCount(7)), ByteCount(7));
    }
}
