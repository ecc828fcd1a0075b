//! The shape of the pointer.

use super::values::{put_point, put_size, read_point};
use crate::geometry::{Point, Size};
use crate::limits::MAX_CURSOR_EDGE;
use crate::wire::WireError;
use crate::wire::bytes::Writer;
use crate::wire::fields::{FieldWriter, Fields};

/// The shape of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorShape {
    /// Width and height, each at most [`MAX_CURSOR_EDGE`]. Empty when the cursor is hidden.
    pub size: Size,
    /// The pixel of the shape that points.
    pub hot_spot: Point,
    /// Row by row, `0xAARRGGBB` with the colours premultiplied by alpha, as X gives them.
    pub pixels: Vec<u32>,
}

pub(super) fn write_cursor_shape(shape: &CursorShape, message: &mut FieldWriter<'_>) {
    message
        .nested(1, |out| put_size(out, shape.size))
        .nested(2, |out| put_point(out, shape.hot_spot))
        .nested(3, |out| {
            shape.pixels.iter().for_each(|p| out.raw(&p.to_le_bytes()))
        });
}

pub(super) fn read_cursor_shape(mut fields: Fields<'_>) -> Result<CursorShape, WireError> {
    let (mut size, mut hot_spot, mut pixels) = (None, Point::new(0, 0), Vec::new());
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => {
                let mut reader = field.reader();
                let max = MAX_CURSOR_EDGE as usize;
                let width = reader.length("cursor width", max)? as u32;
                let height = reader.length("cursor height", max)? as u32;
                size = Some(Size::new(width, height));
            }
            2 => hot_spot = read_point(&field)?,
            3 => {
                let le = |c: &[u8]| u32::from_le_bytes([c[0], c[1], c[2], c[3]]);
                pixels = field.bytes.chunks_exact(4).map(le).collect();
            }
            _ => {}
        }
    }
    let size = size.ok_or(WireError::Missing("cursor size"))?;
    if pixels.len() as u64 != size.area() {
        return Err(WireError::meaningless("cursor pixels", pixels.len() as u64));
    }
    Ok(CursorShape {
        size,
        hot_spot,
        pixels,
    })
}
