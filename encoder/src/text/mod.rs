//! Text of two colours as stamps of shapes that the viewer has already seen.
//!
//! [`segment`] cuts a picture of two colours into letters, [`table`] remembers which of them the
//! viewer knows. A letter that was sent once takes about three bytes before compression, whatever
//! its font; lines of random letters shrink to a fifth of what packed pixels take.

pub(crate) mod segment;
pub(crate) mod table;

use hackstream_codec::Canvas;
use hackstream_codec::symbols::{MAX_STAMPS, Shape, Stamp};
use hackstream_codec::write;
use hackstream_protocol::geometry::Rect;
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::limits::MAX_RECTS;
use rustc_hash::FxHashSet;

use segment::Segmenter;
use table::ShapeTable;

/// Bytes of a stamp before compression.
const STAMP_BYTES: usize = 3;

/// What a compressor makes of packed pixels, roughly: its cost is compared with that of stamps,
/// which shrink to half.
const PACKED_SHRINKS_TO: f32 = 0.3;
const STAMPS_SHRINK_TO: f32 = 0.5;

/// Writes text sections for one viewer.
#[derive(Debug, Default)]
pub(crate) struct TextCoder {
    segmenter: Segmenter,
    table: ShapeTable,
    stamps: Vec<Stamp>,
    /// The slot of each letter whose shape the viewer knows.
    slots: Vec<Option<u16>>,
    /// Shapes that the viewer does not know yet.
    unknown: FxHashSet<Shape>,
}

impl TextCoder {
    /// Writes `rects` of `canvas`, in which only `paper` and `ink` occur, as text and returns the
    /// frame after which the section may be applied; `None`, with nothing written, if packed
    /// pixels are cheaper. The rectangles must be disjoint and no wider together than the screen.
    pub(crate) fn write(
        &mut self,
        canvas: &Canvas,
        [paper, ink]: [u32; 2],
        rects: &[Rect],
        frame: FrameId,
        body: &mut Vec<u8>,
    ) -> Option<FrameId> {
        if rects.len() > MAX_RECTS {
            return None;
        }
        if !self.segmenter.cut(canvas, ink, rects) || self.segmenter.letters().len() > MAX_STAMPS {
            return None;
        }
        self.table.begin(frame);
        let pixels: u64 = rects.iter().map(Rect::area).sum();
        let packed = pixels as f32 / 8.0 * PACKED_SHRINKS_TO;
        let cost = self.cost()?;
        if cost as f32 * STAMPS_SHRINK_TO > packed {
            return None;
        }
        let after = self.stamp_all();
        let definitions = self.table.fresh().iter();
        let definitions = definitions.map(|&slot| (slot, self.table.shape(slot)));
        write::text(body, [paper, ink], rects, definitions, &self.stamps);
        Some(after)
    }

    /// Bytes that the letters take before compression; `None` if the table cannot hold them.
    fn cost(&mut self) -> Option<usize> {
        self.unknown.clear();
        self.slots.clear();
        let mut definitions = 0;
        for letter in self.segmenter.letters() {
            let slot = self.table.keep(&letter.shape);
            self.slots.push(slot);
            if slot.is_none() && !self.unknown.contains(&letter.shape) {
                definitions += letter.shape.definition_bytes();
                self.unknown.insert(letter.shape.clone());
            }
        }
        let stamps = self.segmenter.letters().len() * STAMP_BYTES;
        self.table
            .has_room_for(self.unknown.len())
            .then_some(stamps + definitions)
    }

    fn stamp_all(&mut self) -> FrameId {
        self.stamps.clear();
        let mut after = FrameId(0);
        for (letter, known) in self.segmenter.letters().iter().zip(&self.slots) {
            let (slot, dependency) = match known {
                Some(slot) => (*slot, self.table.definition_of(*slot)),
                None => self.table.slot_of(&letter.shape),
            };
            after = after.max(dependency);
            self.stamps.push(Stamp {
                slot,
                area: letter.area,
            });
        }
        after
    }
}
