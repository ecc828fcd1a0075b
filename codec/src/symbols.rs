//! Shapes that occur again and again: letters.
//!
//! Text of two colours is sent as stamps: which shape, where. Both ends keep a table of shapes;
//! the sender decides which slot a new shape takes, and makes the frames wait for each other where
//! that is needed, so the table needs no other agreement. (JBIG2 and ClearCodec live on the same
//! idea.)
//!
//! ```text
//! TEXT        = paper ink rects definitions stamps
//! definitions = count, then for each: slot width height; then the rows of all of them, as in TWO
//! stamps      = count, slots, columns, rows: three runs of `count` varints each
//! ```
//! A stamp's column is that of its left edge relative to the right edge of the stamp before; its
//! row that of its bottom edge relative to the bottom edge of the stamp before, because letters
//! stand on a line. The rectangles are painted in the paper's colour first.

use hackstream_protocol::geometry::{Point, Rect};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::{Reader, Writer};

use crate::CodecError;
use crate::bits::row_bytes;

/// Slots for shapes.
pub const SHAPE_SLOTS: usize = 4096;

/// Longest edge of a shape in pixels.
pub const SHAPE_EDGE: usize = 64;

/// Stamps in one section: one for every 16 pixels of the largest piece of an update.
pub const MAX_STAMPS: usize = 64 * 1024;

/// A shape: rows of bits, the leftmost pixel in the lowest bit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Columns, 1 to [`SHAPE_EDGE`].
    pub width: u8,
    /// One word per row, 1 to [`SHAPE_EDGE`] of them.
    pub rows: Vec<u64>,
}

impl Shape {
    /// Bytes that a definition takes, before compression.
    #[must_use]
    pub fn definition_bytes(&self) -> usize {
        4 + row_bytes(usize::from(self.width)) * self.rows.len()
    }
}

/// A shape at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which shape.
    pub slot: u16,
    /// The pixels around it.
    pub area: Rect,
}

/// Appends the definitions of shapes.
pub fn write_definitions<'a>(
    out: &mut Vec<u8>,
    shapes: impl ExactSizeIterator<Item = (u16, &'a Shape)> + Clone,
) {
    out.put_varint(shapes.len() as u64);
    for (slot, shape) in shapes.clone() {
        out.put_varint(u64::from(slot));
        out.put_u8(shape.width);
        out.put_u8(shape.rows.len() as u8);
    }
    for (_, shape) in shapes {
        let bytes = row_bytes(usize::from(shape.width));
        for row in &shape.rows {
            out.raw(&row.to_le_bytes()[..bytes]);
        }
    }
}

/// Appends stamps.
pub fn write_stamps(out: &mut Vec<u8>, stamps: &[Stamp]) {
    out.put_varint(stamps.len() as u64);
    for stamp in stamps {
        out.put_varint(u64::from(stamp.slot));
    }
    let befores = || {
        let start = Rect::from_edges(0, 0, 0, 0);
        std::iter::once(start).chain(stamps.iter().map(|stamp| stamp.area))
    };
    for (stamp, before) in stamps.iter().zip(befores()) {
        out.put_signed(stamp.area.left - before.right);
    }
    for (stamp, before) in stamps.iter().zip(befores()) {
        out.put_signed(stamp.area.bottom - before.bottom);
    }
}

/// The viewer's table of shapes.
#[derive(Debug, Default)]
pub struct SymbolTable {
    shapes: Vec<Shape>,
    defined: Vec<u16>,
}

impl SymbolTable {
    /// Reads definitions into the table.
    ///
    /// # Errors
    /// [`CodecError`] if a slot or an edge is out of range.
    pub fn read_definitions(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let count = reader.length("symbol count", SHAPE_SLOTS)?;
        self.defined.clear();
        for _ in 0..count {
            let slot = reader.length("symbol slot", SHAPE_SLOTS - 1)?;
            let (width, height) = (reader.u8()?, reader.u8()?);
            for edge in [width, height] {
                if edge == 0 || usize::from(edge) > SHAPE_EDGE {
                    return Err(WireError::meaningless("symbol edge", u64::from(edge)).into());
                }
            }
            if slot >= self.shapes.len() {
                self.shapes.resize(slot + 1, Shape::default());
            }
            let shape = &mut self.shapes[slot];
            shape.width = width;
            shape.rows.clear();
            shape.rows.resize(usize::from(height), 0);
            self.defined.push(slot as u16);
        }
        for &slot in &self.defined {
            let shape = &mut self.shapes[usize::from(slot)];
            read_rows(reader, shape)?;
        }
        Ok(())
    }

    /// Reads stamps and calls `stamp` for each with its shape and its place, which lies within
    /// `bounds`.
    ///
    /// # Errors
    /// [`CodecError`] if a stamp has no shape or lies outside; whatever `stamp` returns.
    pub fn read_stamps(
        &self,
        reader: &mut Reader<'_>,
        bounds: &Rect,
        mut stamp: impl FnMut(&Shape, Point) -> Result<(), CodecError>,
    ) -> Result<(), CodecError> {
        let count = reader.length("stamp count", MAX_STAMPS)?;
        let mut slots = reader.clone();
        skip_varints(reader, count)?;
        let mut columns = reader.clone();
        skip_varints(reader, count)?;
        let (mut right, mut bottom) = (0i32, 0i32);
        for _ in 0..count {
            let slot = slots.length("symbol slot", SHAPE_SLOTS - 1)?;
            let shape = self.shapes.get(slot).filter(|shape| !shape.rows.is_empty());
            let shape = shape.ok_or(CodecError::Undefined("a symbol never defined"))?;
            let left = right
                .checked_add(columns.signed()?)
                .ok_or(CodecError::OutsideScreen)?;
            bottom = bottom
                .checked_add(reader.signed()?)
                .ok_or(CodecError::OutsideScreen)?;
            let top = bottom.checked_sub(shape.rows.len() as i32);
            let top = top.ok_or(CodecError::OutsideScreen)?;
            right = left
                .checked_add(i32::from(shape.width))
                .ok_or(CodecError::OutsideScreen)?;
            if !bounds.contains(&Rect::from_edges(left, top, right, bottom)) {
                return Err(CodecError::OutsideScreen);
            }
            stamp(shape, Point::new(left, top))?;
        }
        Ok(())
    }
}

fn read_rows(reader: &mut Reader<'_>, shape: &mut Shape) -> Result<(), CodecError> {
    let bytes = row_bytes(usize::from(shape.width));
    let mask = u64::MAX >> (SHAPE_EDGE - usize::from(shape.width));
    for row in &mut shape.rows {
        let mut word = [0; 8];
        word[..bytes].copy_from_slice(reader.take(bytes)?);
        *row = u64::from_le_bytes(word) & mask;
    }
    Ok(())
}

fn skip_varints(reader: &mut Reader<'_>, count: usize) -> Result<(), WireError> {
    (0..count).try_for_each(|_| reader.varint().map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;
    use proptest::prelude::*;

    fn shape() -> impl Strategy<Value = Shape> {
        (1u8..=64, proptest::collection::vec(any::<u64>(), 1..=64)).prop_map(|(width, rows)| {
            let mask = u64::MAX >> (64 - width);
            Shape {
                width,
                rows: rows.into_iter().map(|row| row & mask).collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn symbols_round_trip(
            shapes in proptest::collection::vec(shape(), 1..5),
            places in proptest::collection::vec((any::<prop::sample::Index>(), 0..400i32, 0..400i32), 0..20),
        ) {
            let stamps: Vec<Stamp> = places
                .iter()
                .map(|(index, x, y)| {
                    let slot = index.index(shapes.len());
                    let shape = &shapes[slot];
                    let area = Rect::new(*x, *y, shape.width.into(), shape.rows.len() as u32);
                    Stamp { slot: slot as u16 * 7, area }
                })
                .collect();
            let mut out = Vec::new();
            let defined: Vec<_> =
                shapes.iter().enumerate().map(|(i, shape)| (i as u16 * 7, shape)).collect();
            write_definitions(&mut out, defined.iter().copied());
            write_stamps(&mut out, &stamps);
            let mut table = SymbolTable::default();
            let mut reader = Reader::new(&out);
            table.read_definitions(&mut reader).unwrap();
            let mut seen = Vec::new();
            let bounds = Rect::of_size(Size::new(500, 500));
            table
                .read_stamps(&mut reader, &bounds, |shape, at| {
                    seen.push((shape.clone(), at));
                    Ok(())
                })
                .unwrap();
            prop_assert!(reader.is_empty());
            prop_assert_eq!(seen.len(), stamps.len());
            for ((shape, at), stamp) in seen.iter().zip(&stamps) {
                prop_assert_eq!(shape, &shapes[usize::from(stamp.slot) / 7]);
                prop_assert_eq!(*at, stamp.area.origin());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut table = SymbolTable::default();
            let mut reader = Reader::new(&bytes);
            let bounds = Rect::of_size(Size::new(50, 50));
            while table.read_definitions(&mut reader).is_ok()
                && table.read_stamps(&mut reader, &bounds, |_, _| Ok(())).is_ok() {}
        }
    }
}
