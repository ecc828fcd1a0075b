//! The parts of a body.
//!
//! ```text
//! body    = section*
//! section = kind (1 byte), fields by kind:
//!   RESET    width height                       a new black picture of this size
//!   COPY     dx dy rects                        pixels moved within the picture
//!   FILL     colour rects                       one colour
//!   TWO      colour0 colour1 rects bits         rows of one bit per pixel, each padded to a byte
//!   INDEXED  count-1 colours rects indices      rows of one byte per pixel
//!   FULL     predictor rects residuals          three planes of residuals per rectangle
//!   TEXT     see the module `symbols`
//!   SAVE RECALL  see the module `tile_cache`
//!   VIDEO    rects rects length access-unit     one picture of the H.264 stream: its place, one
//!                                               rectangle, and the parts of it that are shown
//! rects   = count, then for each: top left width height, the first two relative to the rectangle
//!           before (its top, its right edge)
//! colour  = red green blue, one byte each
//! ```
//! Numbers are varints, signed ones zigzag.

use hackstream_protocol::geometry::{Point, Rect};
use hackstream_protocol::limits::{MAX_RECTS, MAX_SCREEN_EDGE};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::{Reader, Writer};

use crate::CodecError;

/// What a section does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum SectionKind {
    /// Starts over with a black picture of a given size.
    Reset = 0,
    /// Moves pixels within the picture.
    Copy = 1,
    /// Paints rectangles in one colour.
    Fill = 2,
    /// Paints rectangles of two colours.
    TwoColours = 3,
    /// Paints rectangles of at most 256 colours.
    Indexed = 4,
    /// Paints rectangles of any colours.
    FullColour = 5,
    /// Shows a picture of the H.264 stream.
    Video = 6,
    /// Paints rectangles of two colours by stamping shapes.
    Text = 7,
    /// Puts pieces of the picture into the cache of tiles.
    Save = 8,
    /// Paints rectangles from the cache of tiles.
    Recall = 9,
}

impl SectionKind {
    /// Reads the kind.
    ///
    /// # Errors
    /// [`WireError`] at the end, or for an unknown kind.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(match reader.u8()? {
            0 => Self::Reset,
            1 => Self::Copy,
            2 => Self::Fill,
            3 => Self::TwoColours,
            4 => Self::Indexed,
            5 => Self::FullColour,
            6 => Self::Video,
            7 => Self::Text,
            8 => Self::Save,
            9 => Self::Recall,
            other => return Err(WireError::meaningless("section kind", u64::from(other))),
        })
    }
}

/// Appends a list of rectangles.
pub(crate) fn write_rects(out: &mut Vec<u8>, rects: &[Rect]) {
    out.put_varint(rects.len() as u64);
    let mut last: Point = Point::new(0, 0);
    for rect in rects {
        out.put_signed(rect.top - last.y);
        out.put_signed(rect.left - last.x);
        out.put_varint(u64::from(rect.width()));
        out.put_varint(u64::from(rect.height()));
        last = Point::new(rect.right, rect.top);
    }
}

/// Reads a list of rectangles, all of which lie within `bounds`, into `rects`.
///
/// # Errors
/// [`CodecError`] if there are too many, or one is empty or outside.
pub(crate) fn read_rects(
    reader: &mut Reader<'_>,
    bounds: &Rect,
    rects: &mut Vec<Rect>,
) -> Result<(), CodecError> {
    rects.clear();
    let count = reader.length("rectangle count", MAX_RECTS)?;
    let edge = MAX_SCREEN_EDGE as usize;
    let mut last: Point = Point::new(0, 0);
    for _ in 0..count {
        let top = last
            .y
            .checked_add(reader.signed()?)
            .ok_or(CodecError::OutsideScreen)?;
        let left = last
            .x
            .checked_add(reader.signed()?)
            .ok_or(CodecError::OutsideScreen)?;
        let width = reader.length("rectangle width", edge)? as i32;
        let height = reader.length("rectangle height", edge)? as i32;
        // Tested before the sums below, so that they cannot overflow.
        if !bounds.contains_point(Point::new(left, top)) {
            return Err(CodecError::OutsideScreen);
        }
        let rect = Rect::from_edges(left, top, left + width, top + height);
        if rect.is_empty() || !bounds.contains(&rect) {
            return Err(CodecError::OutsideScreen);
        }
        last = Point::new(rect.right, rect.top);
        rects.push(rect);
    }
    Ok(())
}

/// Appends a colour.
pub(crate) fn write_colour(out: &mut Vec<u8>, colour: u32) {
    let [blue, green, red, _] = colour.to_le_bytes();
    out.raw(&[red, green, blue]);
}

/// Reads a colour.
///
/// # Errors
/// [`WireError::Truncated`] at the end.
pub(crate) fn read_colour(reader: &mut Reader<'_>) -> Result<u32, WireError> {
    let rgb = reader.take(3)?;
    Ok(u32::from_be_bytes([0, rgb[0], rgb[1], rgb[2]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rectangles_round_trip(
            rects in proptest::collection::vec((0..90i32, 0..90i32, 1..10u32, 1..10u32), 0..20),
        ) {
            let rects: Vec<Rect> =
                rects.into_iter().map(|(x, y, w, h)| Rect::new(x, y, w, h)).collect();
            let mut out = Vec::new();
            write_rects(&mut out, &rects);
            let mut read = Vec::new();
            let bounds = Rect::of_size(Size::new(100, 100));
            read_rects(&mut Reader::new(&out), &bounds, &mut read).unwrap();
            prop_assert_eq!(read, rects);
        }
    }

    #[test]
    fn a_rectangle_beyond_the_screen_is_refused() {
        let mut out = Vec::new();
        write_rects(&mut out, &[Rect::new(95, 0, 10, 1)]);
        let bounds = Rect::of_size(Size::new(100, 100));
        let read = read_rects(&mut Reader::new(&out), &bounds, &mut Vec::new());
        assert!(matches!(read, Err(CodecError::OutsideScreen)));
    }
}
