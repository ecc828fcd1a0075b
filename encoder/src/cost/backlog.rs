//! What a viewer was sent and has not decoded yet.

use core::time::Duration;
use std::collections::VecDeque;

use hackstream_protocol::ids::FrameId;

/// Frames that are awaited, at most; what the viewer says about older ones is not needed.
const MOST_AWAITED: usize = 128;

/// What a frame mostly consists of, for the viewer's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sections without loss.
    Sections,
    /// A picture of a video.
    Video,
}

/// A frame that the viewer has not reported yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Awaited {
    pub(super) frame: FrameId,
    pub(super) kind: Kind,
    /// What decoding it takes on a machine like the server.
    pub(super) here: Duration,
    /// What it takes in the viewer, as was known when it was made.
    pub(super) there: Duration,
}

/// The frames that are awaited, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    awaited: VecDeque<Awaited>,
    /// The sum of what they take in the viewer.
    total: Duration,
}

impl Backlog {
    /// Adds the newest frame.
    pub(super) fn push(&mut self, awaited: Awaited) {
        if self.awaited.len() == MOST_AWAITED {
            let oldest = self.awaited.pop_front();
            self.total -= oldest.map_or(Duration::ZERO, |oldest| oldest.there);
        }
        self.total += awaited.there;
        self.awaited.push_back(awaited);
    }

    /// Takes a frame out; `None` if it is not awaited.
    pub(super) fn take(&mut self, frame: FrameId) -> Option<Awaited> {
        let index = self
            .awaited
            .binary_search_by_key(&frame, |a| a.frame)
            .ok()?;
        let taken = self.awaited.remove(index)?;
        self.total -= taken.there;
        Some(taken)
    }

    /// What all of them take in the viewer.
    pub(super) const fn total(&self) -> Duration {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_the_frames_that_are_kept() {
        let mut backlog = Backlog::default();
        for number in 1..=MOST_AWAITED as u64 + 5 {
            backlog.push(Awaited {
                frame: FrameId(number),
                kind: Kind::Sections,
                here: Duration::ZERO,
                there: Duration::from_millis(number),
            });
        }
        assert_eq!(backlog.take(FrameId(5)), None);
        let expected: u64 = (6..=133).sum();
        assert_eq!(backlog.total(), Duration::from_millis(expected));
        for number in (6..=133).rev() {
            assert!(backlog.take(FrameId(number)).is_some());
        }
        assert_eq!(backlog.total(), Duration::ZERO);
    }
}
