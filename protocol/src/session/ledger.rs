//! The server's account of the frames that a viewer has not yet confirmed.

use std::collections::VecDeque;

use crate::ids::FrameId;
use crate::region::Region;

/// Rectangles that a remembered region is reduced to; a coarser region only adds dependencies.
const REMEMBERED_RECTS: usize = 64;

/// A frame that was sent; it is forgotten once it and all before it are confirmed.
#[derive(Debug)]
struct Outstanding {
    id: FrameId,
    /// Bytes on the wire.
    bytes: usize,
    reads: Region,
    writes: Region,
    confirmed: bool,
}

/// What was sent to one viewer and not yet confirmed.
#[derive(Debug, Default)]
pub struct Ledger {
    /// In the order of their ids.
    outstanding: VecDeque<Outstanding>,
    /// The last frame sent.
    last: FrameId,
    /// The frame that all later ones wait for.
    barrier: FrameId,
    /// Frames in `outstanding` that are not confirmed, and their bytes.
    unconfirmed: usize,
    unconfirmed_bytes: u64,
}

impl Ledger {
    /// An account of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number that the next frame gets.
    #[must_use]
    pub const fn next_id(&self) -> FrameId {
        self.last.next()
    }

    /// The frame that one which reads `reads` and writes `writes` must wait for.
    #[must_use]
    pub fn dependency(&self, reads: &Region, writes: &Region) -> FrameId {
        let newest = self.outstanding.iter().rev().find(|frame| {
            !frame.confirmed && (frame.writes.intersects(reads) || frame.reads.intersects(writes))
        });
        newest
            .map_or(FrameId(0), |frame| frame.id)
            .max(self.unconfirmed_barrier())
    }

    /// Records that the frame [`next_id`](Self::next_id), of `bytes` on the wire, was sent. Returns
    /// its id.
    pub fn sent(&mut self, bytes: usize, reads: &Region, writes: &Region) -> FrameId {
        self.last = self.next_id();
        self.unconfirmed += 1;
        self.unconfirmed_bytes += bytes as u64;
        self.outstanding.push_back(Outstanding {
            id: self.last,
            bytes,
            reads: reads.simplified(REMEMBERED_RECTS),
            writes: writes.simplified(REMEMBERED_RECTS),
            confirmed: false,
        });
        self.last
    }

    /// Makes every later frame wait for `id`: it starts the picture over.
    pub fn set_barrier(&mut self, id: FrameId) {
        self.barrier = id;
    }

    /// Records that the viewer applied `id`. False if it was not outstanding: a viewer that lies or
    /// repeats itself changes nothing.
    pub fn confirm(&mut self, id: FrameId) -> bool {
        let Ok(index) = self.outstanding.binary_search_by_key(&id, |frame| frame.id) else {
            return false;
        };
        let frame = &mut self.outstanding[index];
        if core::mem::replace(&mut frame.confirmed, true) {
            return false;
        }
        self.unconfirmed -= 1;
        self.unconfirmed_bytes -= frame.bytes as u64;
        while self
            .outstanding
            .front()
            .is_some_and(|frame| frame.confirmed)
        {
            self.outstanding.pop_front();
        }
        true
    }

    /// Whether the viewer has applied `id`.
    #[must_use]
    pub fn is_confirmed(&self, id: FrameId) -> bool {
        id <= self.last
            && match self.outstanding.binary_search_by_key(&id, |frame| frame.id) {
                Ok(index) => self.outstanding[index].confirmed,
                Err(_) => true,
            }
    }

    /// Frames not yet confirmed.
    #[must_use]
    pub const fn unconfirmed(&self) -> usize {
        self.unconfirmed
    }

    /// Bytes of the frames not yet confirmed.
    #[must_use]
    pub const fn unconfirmed_bytes(&self) -> u64 {
        self.unconfirmed_bytes
    }

    fn unconfirmed_barrier(&self) -> FrameId {
        if self.is_confirmed(self.barrier) {
            FrameId(0)
        } else {
            self.barrier
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    fn region(x: i32, y: i32, w: u32, h: u32) -> Region {
        Rect::new(x, y, w, h).into()
    }

    fn send(ledger: &mut Ledger, reads: &Region, writes: &Region) -> FrameId {
        ledger.sent(100, reads, writes)
    }

    #[test]
    fn plain_writes_depend_on_nothing() {
        let mut ledger = Ledger::new();
        let a = region(0, 0, 10, 10);
        send(&mut ledger, &Region::new(), &a);
        assert_eq!(ledger.dependency(&Region::new(), &a), FrameId(0));
    }

    #[test]
    fn a_copy_waits_for_the_frame_that_wrote_its_source() {
        let mut ledger = Ledger::new();
        let one = send(&mut ledger, &Region::new(), &region(0, 0, 10, 10));
        send(&mut ledger, &Region::new(), &region(50, 50, 10, 10));
        assert_eq!(
            ledger.dependency(&region(5, 5, 2, 2), &region(90, 0, 2, 2)),
            one
        );
    }

    #[test]
    fn a_write_waits_for_the_copy_that_reads_its_place() {
        let mut ledger = Ledger::new();
        let copy = send(&mut ledger, &region(0, 0, 10, 10), &region(20, 0, 10, 10));
        assert_eq!(ledger.dependency(&Region::new(), &region(5, 5, 1, 1)), copy);
    }

    #[test]
    fn confirmed_frames_hold_nobody_up() {
        let mut ledger = Ledger::new();
        let first = send(&mut ledger, &Region::new(), &region(90, 90, 1, 1));
        let copy = send(&mut ledger, &region(0, 0, 10, 10), &region(20, 0, 10, 10));
        assert!(ledger.confirm(copy));
        assert!(ledger.is_confirmed(copy) && !ledger.is_confirmed(first));
        assert_eq!(
            ledger.dependency(&region(20, 0, 1, 1), &region(0, 0, 1, 1)),
            FrameId(0)
        );
        assert_eq!(ledger.unconfirmed(), 1);
    }

    #[test]
    fn a_viewer_cannot_confirm_twice_or_ahead() {
        let mut ledger = Ledger::new();
        let one = send(&mut ledger, &Region::new(), &region(0, 0, 1, 1));
        assert!(!ledger.confirm(FrameId(7)));
        assert!(ledger.confirm(one));
        assert!(!ledger.confirm(one));
        assert!(!ledger.is_confirmed(FrameId(7)));
    }

    #[test]
    fn everything_waits_for_an_unconfirmed_barrier() {
        let mut ledger = Ledger::new();
        let reset = send(&mut ledger, &Region::new(), &Region::new());
        ledger.set_barrier(reset);
        assert_eq!(
            ledger.dependency(&Region::new(), &region(0, 0, 1, 1)),
            reset
        );
        ledger.confirm(reset);
        assert_eq!(
            ledger.dependency(&Region::new(), &region(0, 0, 1, 1)),
            FrameId(0)
        );
    }
}
