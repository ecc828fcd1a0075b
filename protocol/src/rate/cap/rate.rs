//! A token bucket that holds its rate over every second.
//!
//! A bucket of depth `b` that fills at `r` lets `b + r·t` bytes through in a stretch of `t`. So that
//! this is no more than the rate's share of every stretch of a second or longer, it fills at the rate
//! less its own depth in a second. Kept as the time at which the bucket is full again (the generic
//! cell rate algorithm of ATM), in whole microseconds rounded against the sender, so nothing drifts.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

/// The largest packet with its IPv6 and UDP headers.
pub(super) const PACKET: u64 = 1500;

/// Time in which an empty bucket fills: short enough that what waits behind a burst is not noticed.
const DEPTH: Duration = Duration::from_millis(40);

/// Packets that a bucket holds, at least and at most: a network card takes ten at once, and a second
/// batch covers for a timer that is late.
const PACKETS: [u64; 2] = [2, 20];

/// What passes until a timer is back that is to ring at once: on a fast line more than those packets.
const LATENESS: Duration = Duration::from_millis(4);

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate: Bitrate,
    depth: u64,
    /// When the bucket is full again.
    full_at: Timestamp,
}

impl Bucket {
    pub(super) fn new(limit: Bitrate) -> Self {
        let [least, most] = PACKETS;
        let packets = |time| limit.bytes_in(time).0 / PACKET;
        let packets = packets(DEPTH).clamp(least, most).max(packets(LATENESS));
        let depth = packets * PACKET;
        Self {
            rate: Bitrate(limit.0.saturating_sub(depth * 8)),
            depth,
            full_at: Timestamp(0),
        }
    }

    /// How fast it fills.
    pub(super) const fn rate(&self) -> Bitrate {
        self.rate
    }

    pub(super) fn batch_packets(&self) -> usize {
        usize::try_from(self.depth / PACKET / 2).unwrap_or(1)
    }

    /// When `bytes`, of which there are no more than the bucket holds, may leave at `rate`, which is
    /// no more than its own.
    pub(super) fn ready_at(&self, bytes: ByteCount, rate: Bitrate) -> Timestamp {
        let tolerance = ByteCount(self.depth).time_at(self.rate);
        // A full bucket lets through what it holds, however slowly it fills for the moment.
        let ahead = tolerance.saturating_sub(rounded_up(bytes, rate));
        Timestamp(self.full_at.0.saturating_sub(ahead.as_micros() as u64))
    }

    pub(super) fn left(&mut self, now: Timestamp, bytes: ByteCount, rate: Bitrate) {
        self.full_at = self.full_at.max(now).after(rounded_up(bytes, rate));
    }
}

fn rounded_up(bytes: ByteCount, rate: Bitrate) -> Duration {
    bytes.time_at(rate).saturating_add(Duration::from_micros(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_line_is_used_although_timers_are_late() {
        let limit = Bitrate::mbps(2_000);
        // As many at once as a network card takes: each departure is rounded up to a microsecond.
        let (mut bucket, batch) = (Bucket::new(limit), ByteCount(10 * PACKET));
        let mut sent = 0;
        for millis in (1_000..2_000).step_by(2) {
            let now = Timestamp(millis * 1000);
            while bucket.ready_at(batch, bucket.rate()) <= now {
                bucket.left(now, batch, bucket.rate());
                sent += batch.0;
            }
        }
        let all = limit.bytes_in(Duration::from_secs(1)).0;
        assert!(sent <= all && sent * 100 / all >= 90, "{sent} of {all}");
    }
}
