//! How much may be handed to the connection now.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount};

/// Room for less than a packet is no room.
const LEAST_ROOM: u64 = 1200;

/// What may wait in front of a limit, so that it is used and nothing goes stale.
const LIMIT_QUEUE: Duration = Duration::from_millis(25);

/// What is known about the path when room is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathView {
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Bytes that may be in flight.
    pub window: ByteCount,
    /// Bytes in flight.
    pub in_flight: ByteCount,
    /// The rate at which the path delivers, as far as it was used.
    pub delivery_rate: Bitrate,
    /// What may be sent in the long run; `None` if that is not known.
    pub capacity: Option<Bitrate>,
    /// What may be sent whatever the path could carry, if there is such a limit.
    pub limit: Option<Bitrate>,
    /// Bytes sent since the connection began.
    pub bytes_sent: u64,
}

/// What the path has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes that may be sent now without waiting.
    pub budget: ByteCount,
    /// How fast bytes travel.
    pub rate: Bitrate,
}

/// Keeps the account of bytes that were handed to the connection and have not left it yet. The
/// congestion window counts only bytes in flight; without this account a window's worth of frames
/// would pile up in front of it and go stale.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// Value of the connection's sent-bytes counter at which all frames so far have left.
    left_at: u64,
    /// The same of frames that overtake others.
    overtaking_left_at: u64,
}

impl Room {
    /// Records that a frame of `bytes` was handed over.
    pub fn handed_over(&mut self, bytes: usize, path: &PathView) {
        // Packet headers are left out: the account may run a little late, but must never run
        // ahead of the connection for good.
        self.left_at = self.left_at.max(path.bytes_sent) + bytes as u64;
    }

    /// Records that the frame of `bytes` that was handed over just now leaves before all that wait.
    pub fn overtakes(&mut self, bytes: usize, path: &PathView) {
        self.overtaking_left_at = self.overtaking_left_at.max(path.bytes_sent) + bytes as u64;
    }

    /// What may be sent beyond the room by a frame that leaves before all that wait: a packet, once
    /// those before it have left.
    #[must_use]
    pub fn allowance_to_overtake(&self, path: &PathView) -> Option<Allowance> {
        (self.overtaking_left_at <= path.bytes_sent).then(|| Allowance {
            budget: ByteCount(LEAST_ROOM),
            rate: rate(path),
        })
    }

    /// What the path has room for when the viewer has yet to confirm `unconfirmed` bytes of
    /// frames; `None` if it has none.
    #[must_use]
    pub fn allowance(&self, path: &PathView, unconfirmed: u64) -> Option<Allowance> {
        let unsent = self
            .left_at
            .saturating_sub(path.bytes_sent)
            .min(unconfirmed);
        let used = path.in_flight.0 + unsent;
        let window = path.limit.map_or(path.window, |limit| {
            let most = limit.bytes_in(path.rtt + LIMIT_QUEUE).0;
            ByteCount(most.max(2 * LEAST_ROOM).min(path.window.0))
        });
        let budget = window.0.saturating_sub(used);
        if budget < LEAST_ROOM && used > 0 {
            return None;
        }
        Some(Allowance {
            budget: ByteCount(budget.max(LEAST_ROOM)),
            rate: rate(path),
        })
    }
}

/// How fast bytes travel.
fn rate(path: &PathView) -> Bitrate {
    let most = path.capacity.unwrap_or(Bitrate(u64::MAX));
    let rate = Bitrate::of(path.window, path.rtt).max(path.delivery_rate);
    rate.min(most).min(path.limit.unwrap_or(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(window: u64, in_flight: u64, bytes_sent: u64) -> PathView {
        PathView {
            rtt: Duration::from_millis(50),
            window: ByteCount(window),
            in_flight: ByteCount(in_flight),
            bytes_sent,
            ..PathView::default()
        }
    }

    #[test]
    fn an_empty_path_always_has_room() {
        assert!(Room::default().allowance(&path(100, 0, 0), 0).is_some());
    }

    #[test]
    fn bytes_that_have_not_left_count_like_bytes_in_flight() {
        let mut room = Room::default();
        room.handed_over(60_000, &path(64_000, 0, 1_000));
        let part = room.allowance(&path(64_000, 20_000, 21_000), 60_000);
        let budget = part.map(|allowance| allowance.budget);
        assert_eq!(budget, Some(ByteCount(4_000)));
        let all_left = room.allowance(&path(64_000, 10_000, 70_000), 60_000);
        assert_eq!(all_left.unwrap().budget, ByteCount(54_000));
    }

    #[test]
    fn a_window_that_is_used_up_has_no_room() {
        let mut room = Room::default();
        room.handed_over(60_000, &path(64_000, 0, 1_000));
        assert_eq!(room.allowance(&path(64_000, 10_000, 8_000), 60_000), None);
    }

    #[test]
    fn a_limit_is_a_smaller_window() {
        let limited = |rtt| PathView {
            rtt: Duration::from_millis(rtt),
            limit: Some(Bitrate::mbps(1)),
            ..path(64_000, 0, 0)
        };
        let allowance = Room::default().allowance(&limited(55), 0).unwrap();
        assert_eq!(allowance.budget, ByteCount(10_000));
        assert_eq!(allowance.rate, Bitrate::mbps(1));
        let near = Room::default().allowance(&limited(0), 0).unwrap();
        assert_eq!(near.budget, ByteCount(3_125));
    }

    #[test]
    fn one_at_a_time_overtakes_what_there_is_no_room_behind() {
        let mut room = Room::default();
        room.handed_over(90_000, &path(64_000, 0, 0));
        let sent = |bytes_sent| path(64_000, 20_000, bytes_sent);
        assert_eq!(room.allowance(&sent(1_000), u64::MAX), None);
        let allowance = room.allowance_to_overtake(&sent(1_000)).unwrap();
        assert_eq!(allowance.budget, ByteCount(LEAST_ROOM));
        room.handed_over(300, &sent(1_000));
        room.overtakes(300, &sent(1_000));
        assert_eq!(room.allowance_to_overtake(&sent(1_200)), None);
        assert!(room.allowance_to_overtake(&sent(1_300)).is_some());
    }

    #[test]
    fn what_the_viewer_has_confirmed_has_left() {
        let mut room = Room::default();
        room.handed_over(60_000, &path(64_000, 0, 1_000));
        assert!(room.allowance(&path(64_000, 0, 1_000), 0).is_some());
    }
}
