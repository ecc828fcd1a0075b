//! How late pictures are seen, so that sound can keep to them.

use std::collections::VecDeque;
use std::time::Duration;

use hackstream_protocol::units::Timestamp;

use super::delay::signed;

/// What is remembered: a second of video.
const REMEMBERED: usize = 30;

/// Older pictures say nothing about those of now.
const RECENT: Duration = Duration::from_secs(1);

/// Fewer pictures than this in [`RECENT`] are no video, and nobody looks for lips.
const LEAST: usize = 8;

/// From the capture of something on the session's clock until it is noticed on the viewer's, in
/// microseconds. By itself it means nothing, because the clocks have nothing to do with each other;
/// the difference of two of them is a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transit(pub(super) i64);

impl Transit {
    /// Of what was captured and noticed then.
    #[must_use]
    pub fn between(captured: Timestamp, noticed: Timestamp) -> Self {
        Self(signed(noticed) - signed(captured))
    }

    /// Microseconds by which this is longer than `other`; negative if it is shorter.
    #[must_use]
    pub const fn beyond(self, other: Self) -> i64 {
        self.0 - other.0
    }
}

/// The pictures of late.
#[derive(Debug, Default)]
pub struct Pictures {
    seen: VecDeque<(Timestamp, Transit)>,
}

impl Pictures {
    /// A picture captured at `captured` is seen at `now`.
    pub fn seen(&mut self, captured: Timestamp, now: Timestamp) {
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back((now, Transit::between(captured, now)));
    }

    /// The median transit of the pictures before `now`; `None` if there is no video.
    #[must_use]
    pub fn transit(&self, now: Timestamp) -> Option<Transit> {
        let recent = self.seen.iter().filter(|(at, _)| now.since(*at) <= RECENT);
        let mut transits: Vec<Transit> = recent.map(|(_, transit)| *transit).collect();
        transits.sort_unstable();
        let middle = transits.get(transits.len() / 2).copied();
        middle.filter(|_| transits.len() >= LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn video_has_a_delay_and_single_pictures_have_none() {
        let mut pictures = Pictures::default();
        for i in 0..100u64 {
            let (captured, now) = (Timestamp(i * 33_000), Timestamp(5_000_000 + i * 33_000));
            let late = if i % 5 == 0 { 100_000 } else { 0 };
            pictures.seen(captured, now.after(Duration::from_micros(late)));
        }
        let now = Timestamp(5_000_000 + 99 * 33_000);
        assert_eq!(pictures.transit(now), Some(Transit(5_000_000)));
        assert_eq!(pictures.transit(now.after(Duration::from_secs(2))), None);
    }
}
