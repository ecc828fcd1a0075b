//! How long frames are on their way, although nobody knows what the other clock shows.

use std::time::Duration;

use hackstream_protocol::rate::BaseRtt;
use hackstream_protocol::units::{Timestamp, micros};
use hackstream_protocol::wire::frame::FrameHeader;

/// Where the first frame is put on the scale of times, so that later ones may be shorter.
const ORIGIN_MICROS: u64 = 1 << 62;

/// The frames of one connection on their way from the encoder to here.
///
/// The clocks of the two ends differ by an unknown amount, so only differences between frames mean
/// something: how much longer than the quickest one each was on its way. Only frames of the last
/// minute are compared, since the clocks also run at slightly different speeds: at 50 millionths,
/// as far as uncorrected clocks of computers are apart, that is an error of at most 3 ms.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// What the two clocks made of the first frame.
    first: Option<u64>,
    quickest: BaseRtt,
}

impl Way {
    /// How much longer the frame, whose last byte arrived at `arrived` on our clock, was on its way
    /// than the quickest: what it waited in queues, and what its size took on a thin link.
    pub(crate) fn queued(&mut self, header: &FrameHeader, arrived: Timestamp) -> Duration {
        // The peer may claim anything, so no difference may overflow.
        let sent = header.captured.0.wrapping_add(micros(header.encoding));
        let apart = arrived.0.wrapping_sub(sent);
        let first = *self.first.get_or_insert(apart);
        let way = Duration::from_micros(apart.wrapping_sub(first).wrapping_add(ORIGIN_MICROS));
        self.quickest.record(arrived, way);
        way.saturating_sub(self.quickest.get().unwrap_or(way))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::ids::{FrameId, InputSeq};

    const MILLISECOND: u64 = 1000;

    fn header(captured: u64) -> FrameHeader {
        FrameHeader {
            id: FrameId(1),
            after: FrameId(0),
            update_complete: true,
            input: InputSeq(0),
            captured: Timestamp(captured),
            waited: Duration::ZERO,
            encoding: Duration::from_millis(2),
        }
    }

    /// A frame captured at `at` and `way` long on its way, on clocks that are `apart`.
    fn queued(way: &mut Way, at: u64, on_the_way: u64, apart: u64) -> Duration {
        let header = header(at.wrapping_add(apart));
        way.queued(&header, Timestamp(at + 2 * MILLISECOND + on_the_way))
    }

    #[test]
    fn only_what_is_beyond_the_quickest_counts() {
        for apart in [0, 7_000_000_000, 0_u64.wrapping_sub(3_000_000)] {
            let mut way = Way::default();
            let times = [9, 5, 6, 25, 5].map(|time| time * MILLISECOND);
            let seen: Vec<Duration> = (1..)
                .zip(times)
                .map(|(second, time)| queued(&mut way, second * 1_000_000, time, apart))
                .collect();
            let expected = [0, 0, 1, 20, 0].map(Duration::from_millis);
            assert_eq!(seen, expected, "clocks {apart} apart");
        }
    }

    #[test]
    fn hours_of_clocks_that_drift_apart_do_not_add_up() {
        for drift in [-1_i64, 1] {
            let mut way = Way::default();
            for second in 0..4 * 3600_u64 {
                let apart = (second as i64 * 50 * drift) as u64;
                let queue = queued(&mut way, second * 1_000_000, 5 * MILLISECOND, apart);
                assert!(
                    queue <= Duration::from_millis(3),
                    "{queue:?} after {second} s"
                );
            }
        }
    }

    #[test]
    fn a_peer_that_claims_nonsense_does_no_harm() {
        let mut way = Way::default();
        for captured in [u64::MAX, 0, 1 << 63, 5] {
            let _ = way.queued(&header(captured), Timestamp(77));
        }
    }
}
