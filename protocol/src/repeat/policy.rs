//! Whether and when something small is sent for the second time.

use core::time::Duration;

use super::budget::{Budget, Share};
use super::{LossShare, parity_cost};
use crate::units::{Bitrate, ByteCount, Timestamp};

/// On a shorter way QUIC repairs a loss about as soon as a repeat would arrive.
const SHORTEST_ROUND_TRIP: Duration = Duration::from_millis(15);

/// A loss is rarely alone: the same disturbance takes what follows within a few milliseconds. The
/// longer the way, the more a repeat that escapes it saves; one that waits adds its wait to each
/// loss that it heals.
const ROUND_TRIPS_APART: u32 = 8;
const LEAST_APART: Duration = Duration::from_millis(3);
const MOST_APART: Duration = Duration::from_millis(15);

/// Bytes of a datagram on a usual path; what it costs to repeat a frame is judged by it.
const USUAL_DATAGRAM: usize = 1350;

/// What is known about the path when something is sent on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathFacts {
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Bytes that may be in flight.
    pub window: ByteCount,
    /// What may be sent in the long run; `None` if the path was never full.
    pub capacity: Option<Bitrate>,
    /// Packets sent since the connection began.
    pub sent_packets: u64,
    /// Packets found to be lost since the connection began.
    pub lost_packets: u64,
}

impl PathFacts {
    fn rate(&self) -> Bitrate {
        let carried = Bitrate::of(self.window, self.rtt);
        self.capacity.map_or(carried, |most| carried.min(most))
    }
}

/// Decides for one direction of a connection. Repeats nothing on a path that loses nothing, and
/// otherwise within two budgets: for what fits a packet 5 % of what the path carries, at most
/// 128 kbit/s; for larger frames a quarter of their bytes.
#[derive(Clone, Copy, Debug)]
pub struct RepeatPolicy {
    losses: LossShare,
    budget: Budget,
    share: Share,
}

impl RepeatPolicy {
    /// For a connection that begins.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            losses: LossShare::default(),
            budget: Budget::new(now),
            share: Share::default(),
        }
    }

    /// How long after `now`, when something is sent that takes `bytes`, to send it again; `None` if
    /// not at all. For what fits a packet.
    pub fn repeat_after(
        &mut self,
        bytes: usize,
        path: &PathFacts,
        now: Timestamp,
    ) -> Option<Duration> {
        let apart = self.apart(path)?;
        self.budget.take(bytes, path.rate(), now).then_some(apart)
    }

    /// The same for a frame of `bytes`, of which [parities](super::frame_parities) are sent again.
    pub fn repeat_frame_after(
        &mut self,
        bytes: usize,
        path: &PathFacts,
        now: Timestamp,
    ) -> Option<Duration> {
        if bytes <= USUAL_DATAGRAM {
            return self.repeat_after(bytes, path, now);
        }
        let apart = self.apart(path)?;
        self.share
            .take(bytes, parity_cost(bytes, USUAL_DATAGRAM))
            .then_some(apart)
    }

    /// How far apart the two times are on a path where anything is repeated at all.
    fn apart(&mut self, path: &PathFacts) -> Option<Duration> {
        self.losses.observe(path.sent_packets, path.lost_packets);
        if !self.losses.is_lossy() || path.rtt < SHORTEST_ROUND_TRIP {
            return None;
        }
        Some((path.rtt / ROUND_TRIPS_APART).clamp(LEAST_APART, MOST_APART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(40);

    fn path(sent_packets: u64, lost_packets: u64) -> PathFacts {
        PathFacts {
            rtt: RTT,
            window: ByteCount::kib(32),
            capacity: None,
            sent_packets,
            lost_packets,
        }
    }

    fn lossy() -> RepeatPolicy {
        let mut policy = RepeatPolicy::new(Timestamp(0));
        let begun = policy.repeat_after(1, &path(100, 2), Timestamp(0));
        assert_eq!(begun, Some(RTT / ROUND_TRIPS_APART));
        policy
    }

    #[test]
    fn nothing_is_repeated_without_loss() {
        let mut policy = RepeatPolicy::new(Timestamp(0));
        for packet in 0..10_000 {
            let now = Timestamp(packet * 10_000);
            assert_eq!(policy.repeat_after(10, &path(packet, 0), now), None);
        }
    }

    #[test]
    fn a_short_way_needs_no_repeats() {
        let near = PathFacts {
            rtt: Duration::from_millis(2),
            ..path(200, 4)
        };
        assert_eq!(lossy().repeat_after(1, &near, Timestamp(0)), None);
    }

    #[test]
    fn parities_of_large_frames_take_their_share_and_no_more() {
        let mut policy = lossy();
        let frames = (1..=1000).filter(|_| {
            let after = policy.repeat_frame_after(4000, &path(200, 4), Timestamp(0));
            after.is_some()
        });
        let parities = frames.count() * parity_cost(4000, USUAL_DATAGRAM);
        assert!(
            (950_000..1_010_000).contains(&parities),
            "{parities} of 4 MB"
        );
        let mut policy = lossy();
        let film = (1..=1000).all(|_| {
            policy
                .repeat_frame_after(9000, &path(200, 4), Timestamp(0))
                .is_some()
        });
        assert!(film, "frames of seven packets");
    }

    #[test]
    fn a_known_capacity_bounds_the_repeats() {
        let mut policy = lossy();
        let thin = PathFacts {
            capacity: Some(Bitrate::kbps(160)),
            ..path(200, 4)
        };
        // A kilobyte a second is a twentieth of this link.
        let repeated = (1..=1000).filter(|i| {
            let now = Timestamp(i * 10_000);
            policy.repeat_after(936, &thin, now).is_some()
        });
        assert!((10..=14).contains(&repeated.count()), "in ten seconds");
    }
}
