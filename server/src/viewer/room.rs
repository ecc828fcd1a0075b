//! How much may be sent to a viewer now.

use hackstream_encoder::Link;
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_transport::PathReport;

/// Room for less than a packet is no room.
const LEAST_ROOM: u64 = 1200;

/// What a byte of a frame becomes on the wire, in thousandths: QUIC's packet and frame headers.
const WIRE_OVERHEAD: u64 = 1040;

/// Keeps the account of bytes that were handed to the connection and have not left it yet. The
/// congestion window counts only bytes in flight; without this account a window's worth of frames
/// would pile up in front of it and go stale.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// Value of the connection's sent-bytes counter at which all frames so far have left.
    left_at: u64,
}

impl Room {
    /// Records that a frame of `bytes` was handed over.
    pub fn handed_over(&mut self, bytes: usize, path: &PathReport) {
        let wire = bytes as u64 * WIRE_OVERHEAD / 1000;
        self.left_at = self.left_at.max(path.bytes_sent) + wire;
    }

    /// What the link has room for; `None` if it has none.
    #[must_use]
    pub fn link(&self, path: &PathReport) -> Option<Link> {
        let unsent = self.left_at.saturating_sub(path.bytes_sent);
        let used = path.in_flight.0 + unsent;
        let budget = path.window.0.saturating_sub(used);
        if budget < LEAST_ROOM && used > 0 {
            return None;
        }
        let rate = Bitrate::of(path.window, path.rtt).max(path.delivery_rate);
        Some(Link {
            budget: budget.max(ByteCount(LEAST_ROOM).0),
            rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn path(window: u64, in_flight: u64, bytes_sent: u64) -> PathReport {
        PathReport {
            rtt: Duration::from_millis(50),
            window: ByteCount(window),
            in_flight: ByteCount(in_flight),
            bytes_sent,
            ..PathReport::default()
        }
    }

    #[test]
    fn an_empty_link_always_has_room() {
        assert!(Room::default().link(&path(100, 0, 0)).is_some());
    }

    #[test]
    fn bytes_that_have_not_left_count_like_bytes_in_flight() {
        let mut room = Room::default();
        room.handed_over(60_000, &path(64_000, 0, 1_000));
        let part = room.link(&path(64_000, 20_000, 21_000));
        assert!(part.is_none(), "{part:?}");
        let all_left = room.link(&path(64_000, 10_000, 70_000)).unwrap();
        assert_eq!(all_left.budget, 54_000);
        assert_eq!(all_left.rate, Bitrate(64_000 * 8 * 20));
    }
}
