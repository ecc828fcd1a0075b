//! Hard limits on what is sent, set by whoever pays for the line.
//!
//! Unlike the window, which follows the path, these hold exactly, whatever is to be sent:
//!
//! * no stretch of a second or more carries more than the rate's bytes for that time (`rate`);
//! * no stretch of an hour carries more than the data cap (`hour`).
//!
//! [`Cap`] joins the two. Its caller asks before each departure and says what left.

mod hour;
mod rate;

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};
use hour::Hour;
use rate::{Bucket, PACKET};

/// Rates below this are refused: a single packet would take longer than a person waits.
pub const LEAST_CAP: Bitrate = Bitrate::kbps(100);

/// Caps per hour below this are refused: what [`LEAST_CAP`] carries in an hour.
pub const LEAST_PER_HOUR: ByteCount = ByteCount(45_000_000);

/// The rate where only the hour is capped: no line of today is faster.
const FAST: Bitrate = Bitrate::mbps(100_000);

/// What of the rate may wait for it.
const QUEUE: Duration = Duration::from_millis(25);

/// What may be in flight under a limit, on a path with this round-trip time when its queues are
/// empty. Two packets more, as only whole ones leave.
#[must_use]
pub fn window_under(limit: Bitrate, base: Duration) -> ByteCount {
    ByteCount(limit.bytes_in(base + QUEUE).0.saturating_add(2 * PACKET))
}

/// What is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bits per second.
    pub rate: Option<Bitrate>,
    /// Bytes in any hour.
    pub per_hour: Option<ByteCount>,
}

impl Limits {
    /// Whether anything is limited.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.rate.is_some() || self.per_hour.is_some()
    }
}

/// Keeps the account of what left.
#[derive(Clone, Debug)]
pub struct Cap {
    bucket: Bucket,
    hour: Option<Hour>,
}

impl Cap {
    /// An account in which nothing has left.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            bucket: Bucket::new(limits.rate.map_or(FAST, |rate| rate.max(LEAST_CAP))),
            hour: limits
                .per_hour
                .map(|bytes| Hour::new(bytes.max(LEAST_PER_HOUR))),
        }
    }

    /// Packets that may be made at once, at most.
    #[must_use]
    pub fn batch_packets(&self) -> usize {
        self.bucket.batch_packets()
    }

    /// When `bytes` may leave: a time that has passed means now.
    #[must_use]
    pub fn ready_at(&self, now: Timestamp, bytes: ByteCount) -> Timestamp {
        let paced = self.bucket.ready_at(bytes, self.rate(now));
        let room = self.hour.as_ref().map(|hour| hour.ready_at(now, bytes));
        room.map_or(paced, |at| at.max(paced))
    }

    /// `bytes` left at `now`.
    pub fn left(&mut self, now: Timestamp, bytes: ByteCount) {
        let rate = self.rate(now);
        self.bucket.left(now, bytes, rate);
        if let Some(hour) = &mut self.hour {
            hour.left(now, bytes);
        }
    }

    /// What may be sent in the long run, seen from now.
    #[must_use]
    pub fn rate(&self, now: Timestamp) -> Bitrate {
        let most = self.bucket.rate();
        let hourly = self.hour.as_ref().and_then(|hour| hour.rate(now));
        hourly.map_or(most, |rate| rate.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sends as much as the cap lets through; returns what left when.
    fn departures(
        limits: Limits,
        sizes: &[u64],
        pauses: &[u64],
        time: Duration,
    ) -> Vec<(Timestamp, u64)> {
        let mut cap = Cap::new(limits);
        let (mut now, mut left) = (Timestamp(7_000_000), Vec::new());
        let end = now.after(time);
        for step in 0.. {
            let bytes = sizes[step % sizes.len()];
            now = now.after(Duration::from_micros(pauses[step % pauses.len()]));
            now = now.max(cap.ready_at(now, ByteCount(bytes)));
            if now > end {
                break;
            }
            assert!(cap.ready_at(now, ByteCount(bytes)) <= now);
            cap.left(now, ByteCount(bytes));
            left.push((now, bytes));
        }
        left
    }

    /// The most that left in a stretch of so long.
    fn most_in(left: &[(Timestamp, u64)], stretch: Duration) -> u64 {
        let (mut first, mut sum, mut most) = (0, 0, 0);
        for (at, bytes) in left {
            sum += bytes;
            while at.since(left[first].0) >= stretch {
                sum -= left[first].1;
                first += 1;
            }
            most = most.max(sum);
        }
        most
    }

    proptest! {
        #[test]
        fn no_second_and_no_longer_stretch_carries_more(
            kbps in 100u64..50_000,
            sizes in proptest::collection::vec(30u64..1500, 1..20),
            pauses in proptest::collection::vec(prop_oneof![3 => Just(0u64), 1 => 0u64..2_000_000], 1..9),
        ) {
            let rate = Bitrate::kbps(kbps);
            let limits = Limits { rate: Some(rate), per_hour: None };
            let left = departures(limits, &sizes, &pauses, Duration::from_secs(20));
            for millis in [1000, 1001, 1500, 3333, 10_000] {
                let stretch = Duration::from_millis(millis);
                prop_assert!(most_in(&left, stretch) <= rate.bytes_in(stretch).0, "{millis} ms");
            }
        }
    }

    #[test]
    fn most_of_the_rate_is_used() {
        for kbps in [100, 500, 5_000, 100_000] {
            let rate = Bitrate::kbps(kbps);
            let limits = Limits {
                rate: Some(rate),
                per_hour: None,
            };
            let left = departures(limits, &[1500], &[0], Duration::from_secs(10));
            let sent: u64 = left.iter().map(|(_, bytes)| bytes).sum();
            let percent = sent * 100 / rate.bytes_in(Duration::from_secs(10)).0;
            assert!(percent >= 75, "{kbps} kbit/s: {percent} %");
        }
    }

    /// A film of 8 Mbit/s for five hours, of which the cap allows a quarter, with pauses and
    /// without.
    #[test]
    fn no_hour_carries_more_than_its_cap_and_none_goes_dark() {
        let cap = 900_000_000;
        let limits = Limits {
            rate: Some(Bitrate::mbps(8)),
            per_hour: Some(ByteCount(cap)),
        };
        for pauses in [&[0u64][..], &[0, 0, 0, 40_000_000, 0, 0, 0, 0, 0]] {
            let left = departures(limits, &[14_000], pauses, Duration::from_secs(5 * 3600));
            let most = most_in(&left, Duration::from_secs(3600));
            assert!(most <= cap, "{most}");
            if pauses.len() == 1 {
                assert!(most >= cap / 10 * 8, "{most}");
                let gaps = left.windows(2).map(|pair| pair[1].0.since(pair[0].0));
                assert!(gaps.max().unwrap() < Duration::from_secs(2));
            }
        }
    }
}
