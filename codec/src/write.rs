//! Making sections: the counterpart of [`Decoder`](crate::Decoder).
//!
//! Lists of more than [`MAX_RECTS`] rectangles become several sections, except where the section
//! says that they must not be longer.

use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::limits::MAX_RECTS;
use hackstream_protocol::wire::bytes::Writer;

use crate::bits::pack_row;
use crate::canvas::Canvas;
use crate::palette::Palette;
use crate::predict::{Predictor, residuals};
use crate::section::{SectionKind, write_colour, write_rects};
use crate::symbols::{Shape, Stamp, write_definitions, write_stamps};
use crate::tile_cache::write_slots;

/// A new black picture of `size`.
pub fn reset(out: &mut Vec<u8>, size: Size) {
    out.put_u8(SectionKind::Reset as u8);
    out.put_varint(u64::from(size.width));
    out.put_varint(u64::from(size.height));
}

/// Pixels moved by `offset` to `targets`, all read before any is written. The rectangles must be
/// those of a [`Region`](hackstream_protocol::region::Region), in its order, at most [`MAX_RECTS`].
pub fn copy(out: &mut Vec<u8>, offset: Offset, targets: &[Rect]) {
    out.put_u8(SectionKind::Copy as u8);
    out.put_signed(offset.dx);
    out.put_signed(offset.dy);
    write_rects(out, targets);
}

/// Rectangles of one colour.
pub fn fill(out: &mut Vec<u8>, colour: u32, rects: &[Rect]) {
    for rects in rects.chunks(MAX_RECTS) {
        out.put_u8(SectionKind::Fill as u8);
        write_colour(out, colour);
        write_rects(out, rects);
    }
}

/// Rectangles of `canvas` in which only `colours` occur.
pub fn two_colours(out: &mut Vec<u8>, canvas: &Canvas, colours: [u32; 2], rects: &[Rect]) {
    for rects in rects.chunks(MAX_RECTS) {
        out.put_u8(SectionKind::TwoColours as u8);
        write_colour(out, colours[0]);
        write_colour(out, colours[1]);
        write_rects(out, rects);
        for rect in rects {
            for y in rect.top..rect.bottom {
                pack_row(canvas.span(rect, y), colours[0], out);
            }
        }
    }
}

/// Rectangles whose pixels are given as places in a table. `indices` holds the rows of all
/// rectangles, of which there are at most [`MAX_RECTS`]; `palette` must not be empty.
pub fn indexed(out: &mut Vec<u8>, palette: &Palette, rects: &[Rect], indices: &[u8]) {
    out.put_u8(SectionKind::Indexed as u8);
    out.put_u8((palette.colours().len() - 1) as u8);
    // Plane by plane: neighbouring colours of a table share their high bits.
    for shift in [16, 8, 0] {
        out.extend(
            palette
                .colours()
                .iter()
                .map(|colour| (colour >> shift) as u8),
        );
    }
    write_rects(out, rects);
    out.raw(indices);
}

/// Rectangles of `canvas` with any colours.
pub fn full_colour(out: &mut Vec<u8>, canvas: &Canvas, predictor: Predictor, rects: &[Rect]) {
    for rects in rects.chunks(MAX_RECTS) {
        out.put_u8(SectionKind::FullColour as u8);
        out.put_u8(predictor as u8);
        write_rects(out, rects);
        let widest = rects.iter().map(Rect::width).max().unwrap_or(0);
        let black = vec![0; widest as usize];
        for rect in rects {
            let mut above: &[u32] = &black[..rect.width() as usize];
            for y in rect.top..rect.bottom {
                let row = canvas.span(rect, y);
                residuals(predictor, above, row, out);
                above = row;
            }
        }
    }
}

/// One picture of the H.264 stream that lies in `area`, and of which `shown` is painted: at most
/// [`MAX_RECTS`] rectangles within `area`. A keyframe starts the stream anew.
pub fn video(out: &mut Vec<u8>, area: &Rect, shown: &[Rect], access_unit: &[u8]) {
    out.put_u8(SectionKind::Video as u8);
    write_rects(out, &[*area]);
    write_rects(out, shown);
    out.put_bytes(access_unit);
}

/// Rectangles painted in `paper`, and shapes stamped on them in `ink`. Shapes are defined before
/// they are used. At most [`MAX_RECTS`] rectangles.
pub fn text<'a>(
    out: &mut Vec<u8>,
    [paper, ink]: [u32; 2],
    rects: &[Rect],
    definitions: impl ExactSizeIterator<Item = (u16, &'a Shape)> + Clone,
    stamps: &[Stamp],
) {
    out.put_u8(SectionKind::Text as u8);
    write_colour(out, paper);
    write_colour(out, ink);
    write_rects(out, rects);
    write_definitions(out, definitions);
    write_stamps(out, stamps);
}

/// Pieces of the picture to keep, each in the slot beside it, after the tiles in `forgotten` slots
/// were given up. At most [`MAX_RECTS`] rectangles with edges of at most
/// [`TILE_EDGE`](crate::tile_cache::TILE_EDGE).
pub fn save(out: &mut Vec<u8>, forgotten: &[u16], rects: &[Rect], slots: &[u16]) {
    out.put_u8(SectionKind::Save as u8);
    out.put_varint(forgotten.len() as u64);
    write_slots(out, forgotten);
    write_rects(out, rects);
    write_slots(out, slots);
}

/// Rectangles that show the tile in the slot beside them again. At most [`MAX_RECTS`].
pub fn recall(out: &mut Vec<u8>, rects: &[Rect], slots: &[u16]) {
    out.put_u8(SectionKind::Recall as u8);
    write_rects(out, rects);
    write_slots(out, slots);
}
