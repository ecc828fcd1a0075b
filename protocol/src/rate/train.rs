//! What a burst shows of the path's capacity.
//!
//! Packets that leave at once arrive one after the other, as far apart as the slowest link takes for
//! each, and so do their acknowledgements (the packet pair of Keshav, here of ten packets). One
//! burst says in the first round trip what a window that doubles would find out by filling the queue.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

/// Packets that left within this time left at once.
const AT_ONCE: Duration = Duration::from_micros(500);

/// So many packets must follow the first acknowledgement, or a hiccup would look like a slow path:
/// QUIC sends ten at once.
const TELLING_PACKETS: u32 = 6;

/// Follows the acknowledgements of each burst.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Train {
    /// When the burst's first packet left, and when its first acknowledgement arrived.
    left: Timestamp,
    first_ack: Timestamp,
    /// What was acknowledged after that.
    packets: u32,
    bytes: u64,
    best: Option<Bitrate>,
    /// When the best burst was seen.
    best_at: Timestamp,
}

impl Train {
    /// A packet of `bytes` that left at `sent` was acknowledged.
    pub(super) fn on_ack(&mut self, now: Timestamp, sent: Timestamp, bytes: ByteCount) {
        if sent < self.left || sent.since(self.left) > AT_ONCE {
            *self = Self {
                left: sent,
                first_ack: now,
                best: self.best,
                best_at: self.best_at,
                ..Self::default()
            };
        }
        if now > self.first_ack {
            self.packets += 1;
            self.bytes += bytes.0;
        }
        if self.packets >= TELLING_PACKETS {
            let rate = Bitrate::of(ByteCount(self.bytes), now.since(self.first_ack));
            if self.best < Some(rate) {
                (self.best, self.best_at) = (Some(rate), now);
            }
        }
    }

    /// The rate of the fastest burst so far: what holds up acknowledgements makes a burst look slower,
    /// nothing makes it look faster for long. `None` if there was no burst.
    pub(super) const fn rate(&self) -> Option<Bitrate> {
        self.best
    }

    /// When that burst was acknowledged.
    pub(super) const fn seen_at(&self) -> Timestamp {
        self.best_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: ByteCount = ByteCount(1200);

    /// Ten packets that leave at once, `every` two of which are acknowledged together.
    fn burst(train: &mut Train, left: u64, every: u64) {
        for packet in 1..=10 {
            let answered = Timestamp(left + 50_000 + packet / 2 * every);
            train.on_ack(answered, Timestamp(left + packet), PACKET);
        }
    }

    #[test]
    fn a_burst_shows_the_rate_of_the_slowest_link() {
        let mut train = Train::default();
        assert_eq!(train.rate(), None);
        // 3 Mbit/s: 2400 bytes in 6.4 ms.
        burst(&mut train, 1_000_000, 6_400);
        let kbps = train.rate().unwrap().0 / 1000;
        assert!((2500..=3000).contains(&kbps), "{kbps}");
    }

    #[test]
    fn a_burst_that_was_held_up_does_not_hide_a_faster_one() {
        let mut train = Train::default();
        burst(&mut train, 1_000_000, 1_000);
        let fast = train.rate();
        burst(&mut train, 2_000_000, 9_000);
        assert_eq!(train.rate(), fast);
    }

    #[test]
    fn packets_one_by_one_are_no_burst() {
        let mut train = Train::default();
        for packet in 0..100 {
            let sent = Timestamp(packet * 4_000);
            train.on_ack(Timestamp(sent.0 + 50_000), sent, PACKET);
        }
        assert_eq!(train.rate(), None);
    }
}
