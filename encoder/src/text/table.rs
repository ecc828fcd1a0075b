//! Which shapes the viewer knows, and since which frame.

use hackstream_codec::symbols::{SHAPE_SLOTS, Shape};
use hackstream_protocol::ids::FrameId;
use rustc_hash::FxHashMap;

/// The sending side of the table of shapes. Slots are given out in turn, so the oldest shape makes
/// room for a new one.
#[derive(Debug, Default)]
pub(crate) struct ShapeTable {
    slots: Vec<Slot>,
    index: FxHashMap<Shape, u16>,
    next: usize,
    frame: FrameId,
    /// Slots that the current frame uses.
    in_use: usize,
    fresh: Vec<u16>,
}

#[derive(Debug)]
struct Slot {
    shape: Shape,
    defined_in: FrameId,
    used_in: FrameId,
}

impl ShapeTable {
    /// Starts a section of `frame`.
    pub(crate) fn begin(&mut self, frame: FrameId) {
        if frame != self.frame {
            self.in_use = 0;
        }
        self.frame = frame;
        self.fresh.clear();
    }

    /// Makes sure that a shape keeps its slot as long as the current frame is being made, and
    /// returns it. `None` if the viewer does not know the shape.
    pub(crate) fn keep(&mut self, shape: &Shape) -> Option<u16> {
        let slot = *self.index.get(shape)?;
        let known = &mut self.slots[usize::from(slot)];
        if known.used_in != self.frame {
            known.used_in = self.frame;
            self.in_use += 1;
        }
        Some(slot)
    }

    /// The frame that the current one must wait for because it uses the shape in `slot`.
    #[must_use]
    pub(crate) fn definition_of(&self, slot: u16) -> FrameId {
        let known = &self.slots[usize::from(slot)];
        if known.defined_in < self.frame {
            known.defined_in
        } else {
            FrameId(0)
        }
    }

    /// Whether so many new shapes fit beside those that the current frame uses.
    #[must_use]
    pub(crate) const fn has_room_for(&self, fresh: usize) -> bool {
        self.in_use + fresh <= SHAPE_SLOTS
    }

    /// The slot of `shape` after [`keep`](Self::keep); it is defined in the current section if it is
    /// new. Also the frame that the current one must wait for because of it.
    ///
    /// There must be [room](Self::has_room_for) for it.
    pub(crate) fn slot_of(&mut self, shape: &Shape) -> (u16, FrameId) {
        if let Some(&slot) = self.index.get(shape) {
            return (slot, self.definition_of(slot));
        }
        let fresh = Slot {
            shape: shape.clone(),
            defined_in: self.frame,
            used_in: self.frame,
        };
        self.in_use += 1;
        let (slot, dependency) = self.place(fresh);
        self.index.insert(shape.clone(), slot);
        self.fresh.push(slot);
        (slot, dependency)
    }

    /// Puts a shape into the next slot.
    fn place(&mut self, fresh: Slot) -> (u16, FrameId) {
        if self.slots.len() < SHAPE_SLOTS {
            self.slots.push(fresh);
            return ((self.slots.len() - 1) as u16, FrameId(0));
        }
        // A shape that this very section uses must stay until the section is over.
        while self.slots[self.next].used_in == self.frame {
            self.next = (self.next + 1) % SHAPE_SLOTS;
        }
        let slot = self.next;
        self.next = (slot + 1) % SHAPE_SLOTS;
        let old = std::mem::replace(&mut self.slots[slot], fresh);
        self.index.remove(&old.shape);
        (slot as u16, old.used_in)
    }

    /// The slots defined in the current section.
    #[must_use]
    pub(crate) fn fresh(&self) -> &[u16] {
        &self.fresh
    }

    /// The shape in a slot.
    #[must_use]
    pub(crate) fn shape(&self, slot: u16) -> &Shape {
        &self.slots[usize::from(slot)].shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(number: usize) -> Shape {
        Shape {
            width: 64,
            rows: vec![number as u64 + 1],
        }
    }

    #[test]
    fn a_known_shape_makes_the_frame_wait_for_its_definition_only() {
        let mut table = ShapeTable::default();
        table.begin(FrameId(3));
        let (slot, after) = table.slot_of(&shape(0));
        assert_eq!((after, table.fresh()), (FrameId(0), &[slot][..]));
        assert_eq!(table.slot_of(&shape(0)), (slot, FrameId(0)));
        table.begin(FrameId(9));
        assert!(table.keep(&shape(0)).is_some());
        assert_eq!(table.slot_of(&shape(0)), (slot, FrameId(3)));
        assert!(table.fresh().is_empty());
    }

    #[test]
    fn a_reused_slot_makes_the_frame_wait_for_the_last_user() {
        let mut table = ShapeTable::default();
        table.begin(FrameId(1));
        for number in 0..SHAPE_SLOTS {
            table.slot_of(&shape(number));
        }
        assert!(!table.has_room_for(1));
        table.begin(FrameId(2));
        assert!(table.keep(&shape(0)).is_some());
        table.begin(FrameId(3));
        assert!(table.has_room_for(2));
        assert_eq!(table.slot_of(&shape(SHAPE_SLOTS)), (0, FrameId(2)));
        assert!(table.keep(&shape(0)).is_none());
        assert_eq!(table.slot_of(&shape(SHAPE_SLOTS + 1)), (1, FrameId(1)));
    }
}
