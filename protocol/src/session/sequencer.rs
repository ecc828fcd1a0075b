//! Which of the frames that arrived the viewer may apply, and where.

use std::collections::BTreeMap;

use crate::ids::FrameId;
use crate::limits::{MAX_AHEAD_RECTS, MAX_APPLIED_AHEAD, MAX_HELD_BYTES, MAX_HELD_FRAMES};
use crate::region::Region;
use crate::wire::frame::FrameHeader;

/// Why a frame was not taken. Each means that the server broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SequenceError {
    /// More frames wait for a missing one, or were applied ahead of one, than any honest server
    /// has on the way.
    #[error("too much is waiting for a missing frame: {frames} frames, {bytes} bytes")]
    TooMuchHeld {
        /// Frames waiting.
        frames: usize,
        /// Their bytes.
        bytes: usize,
    },
}

/// What became of a frame that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is kept until it may be applied.
    Kept,
    /// It came before, and was dropped.
    Known,
}

/// Frames that arrived, in whatever order, and come out in an order that is allowed.
///
/// Lifecycle of a frame: [`push`](Self::push) when it arrived, [`pop`](Self::pop) once it may be
/// applied, [`applied`](Self::applied) with the pixels it covers when that is done.
#[derive(Debug, Default)]
pub struct Sequencer {
    /// All frames up to this one were applied.
    contiguous: FrameId,
    /// Frames beyond `contiguous` that were applied, with the pixels they wrote.
    ahead: BTreeMap<FrameId, Region>,
    /// Rectangles in `ahead`.
    ahead_rects: usize,
    held: BTreeMap<FrameId, (FrameHeader, Vec<u8>)>,
    held_bytes: usize,
}

impl Sequencer {
    /// A sequencer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a frame came already. Servers send small frames twice where packets get lost.
    #[must_use]
    pub fn knows(&self, id: FrameId) -> bool {
        id <= self.contiguous || self.ahead.contains_key(&id) || self.held.contains_key(&id)
    }

    /// Takes a frame that arrived: its header and its payload.
    ///
    /// # Errors
    /// [`SequenceError`] if an honest server would not have sent it.
    pub fn push(&mut self, header: FrameHeader, payload: Vec<u8>) -> Result<Pushed, SequenceError> {
        let id = header.id;
        if self.knows(id) {
            return Ok(Pushed::Known);
        }
        let (frames, bytes) = (self.held.len() + 1, self.held_bytes + payload.len());
        if frames > MAX_HELD_FRAMES
            || bytes > MAX_HELD_BYTES
            || self.ahead.len() > MAX_APPLIED_AHEAD
            || self.ahead_rects > MAX_AHEAD_RECTS
        {
            return Err(SequenceError::TooMuchHeld { frames, bytes });
        }
        self.held_bytes = bytes;
        self.held.insert(id, (header, payload));
        Ok(Pushed::Kept)
    }

    /// The first frame that may be applied now.
    pub fn pop(&mut self) -> Option<(FrameHeader, Vec<u8>)> {
        let contiguous = self.contiguous;
        let id = self
            .held
            .iter()
            .find(|(_, (header, _))| header.after <= contiguous)
            .map(|(&id, _)| id)?;
        let (header, payload) = self.held.remove(&id)?;
        self.held_bytes -= payload.len();
        Some((header, payload))
    }

    /// The pixels that frame `id` must leave alone because a later frame has painted them.
    #[must_use]
    pub fn painted_after(&self, id: FrameId) -> Region {
        let later = self.ahead.range(id.next()..);
        later.fold(Region::new(), |all, (_, written)| all.union(written))
    }

    /// Records that `id` was applied and which pixels it covers, including those it left alone.
    pub fn applied(&mut self, id: FrameId, written: Region) {
        self.ahead_rects += written.rects().len();
        self.ahead.insert(id, written);
        while let Some(entry) = self.ahead.first_entry() {
            if *entry.key() != self.contiguous.next() {
                break;
            }
            self.contiguous = *entry.key();
            self.ahead_rects -= entry.remove().rects().len();
        }
    }

    /// Whether a frame is missing before the newest one applied.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Frames that wait for a missing one.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::ids::InputSeq;
    use crate::units::Timestamp;
    use core::time::Duration;

    fn header(id: u64, after: u64) -> FrameHeader {
        FrameHeader {
            id: FrameId(id),
            after: FrameId(after),
            update_complete: true,
            input: InputSeq(0),
            captured: Timestamp(0),
            waited: Duration::ZERO,
            encoding: Duration::ZERO,
        }
    }

    fn apply(sequencer: &mut Sequencer, written: &Region) -> Option<u64> {
        let (header, _) = sequencer.pop()?;
        sequencer.applied(header.id, written.clone());
        Some(header.id.0)
    }

    #[test]
    fn an_independent_frame_overtakes_a_missing_one() {
        let mut sequencer = Sequencer::new();
        let area = Region::from(Rect::new(0, 0, 4, 4));
        sequencer.push(header(2, 0), vec![]).unwrap();
        assert_eq!(apply(&mut sequencer, &area), Some(2));
        sequencer.push(header(1, 0), vec![]).unwrap();
        assert_eq!(sequencer.painted_after(FrameId(1)), area);
        assert!(sequencer.has_gap());
        assert_eq!(apply(&mut sequencer, &area), Some(1));
        assert!(!sequencer.has_gap());
        assert!(sequencer.painted_after(FrameId(1)).is_empty());
    }

    #[test]
    fn a_dependent_frame_waits_for_all_it_depends_on() {
        let mut sequencer = Sequencer::new();
        sequencer.push(header(3, 2), vec![]).unwrap();
        sequencer.push(header(2, 0), vec![]).unwrap();
        assert_eq!(apply(&mut sequencer, &Region::new()), Some(2));
        assert_eq!(apply(&mut sequencer, &Region::new()), None);
        sequencer.push(header(1, 0), vec![]).unwrap();
        assert_eq!(apply(&mut sequencer, &Region::new()), Some(1));
        assert_eq!(apply(&mut sequencer, &Region::new()), Some(3));
        assert_eq!(sequencer.held(), 0);
    }

    #[test]
    fn a_frame_that_comes_again_is_dropped_whatever_became_of_it() {
        let mut sequencer = Sequencer::new();
        let push = |sequencer: &mut Sequencer, id| sequencer.push(header(id, id - 1), vec![]);
        assert_eq!(push(&mut sequencer, 2), Ok(Pushed::Kept));
        assert_eq!(push(&mut sequencer, 2), Ok(Pushed::Known), "held");
        assert_eq!(sequencer.push(header(4, 0), vec![]), Ok(Pushed::Kept));
        assert_eq!(apply(&mut sequencer, &Region::new()), Some(4));
        assert_eq!(push(&mut sequencer, 4), Ok(Pushed::Known), "ahead");
        assert_eq!(push(&mut sequencer, 1), Ok(Pushed::Kept));
        assert_eq!(apply(&mut sequencer, &Region::new()), Some(1));
        assert_eq!(apply(&mut sequencer, &Region::new()), Some(2));
        assert_eq!(push(&mut sequencer, 1), Ok(Pushed::Known), "applied");
        assert_eq!(apply(&mut sequencer, &Region::new()), None);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut sequencer = Sequencer::new();
        for id in 2..2 + MAX_HELD_FRAMES as u64 {
            sequencer.push(header(id, 1), vec![]).unwrap();
        }
        let one_more = sequencer.push(header(9_999, 1), vec![]);
        assert!(matches!(one_more, Err(SequenceError::TooMuchHeld { .. })));
    }

    #[test]
    fn what_is_remembered_of_frames_applied_ahead_is_bounded() {
        let mut sequencer = Sequencer::new();
        let fence = (0..9000).map(|x| Rect::new(2 * x, 0, 1, 1));
        let fence: Region = fence.collect();
        let mut id = 2;
        while sequencer.push(header(id, 0), vec![]).is_ok() {
            apply(&mut sequencer, &fence).unwrap();
            id += 1;
            assert!(id < 12, "ten times 9000 rectangles");
        }
        assert_eq!(sequencer.ahead_rects, 8 * 9000);
    }
}
