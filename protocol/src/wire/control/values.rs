//! What fields of several messages hold.

use crate::geometry::{Point, Size};
use crate::limits::{MAX_SCREEN_EDGE, MAX_SCREEN_PIXELS};
use crate::wire::WireError;
use crate::wire::bytes::{Reader, Writer};
use crate::wire::fields::Field;
pub(super) use crate::wire::fields::only_field;

/// A secret of at most `max` bytes.
pub(super) fn read_secret(
    field: &Field<'_>,
    what: &'static str,
    max: usize,
) -> Result<Vec<u8>, WireError> {
    if field.bytes.len() > max {
        return Err(WireError::OverLimit {
            what,
            value: field.bytes.len() as u64,
            max: max as u64,
        });
    }
    Ok(field.bytes.to_vec())
}

pub(super) fn read_version(field: &Field<'_>) -> Result<u16, WireError> {
    u16::try_from(field.number()?).map_err(|_| WireError::Overflow)
}

pub(super) fn put_size(out: &mut Vec<u8>, size: Size) {
    out.put_varint(u64::from(size.width));
    out.put_varint(u64::from(size.height));
}

/// Reads the size of a screen and checks it against the limits.
///
/// # Errors
/// [`WireError`] if an edge is zero or too long, or the area too large.
pub fn read_size(reader: &mut Reader<'_>) -> Result<Size, WireError> {
    let max = MAX_SCREEN_EDGE as usize;
    let width = reader.length("screen width", max)? as u32;
    let height = reader.length("screen height", max)? as u32;
    let size: Size = Size::new(width, height);
    if size.is_empty() || size.area() > u64::from(MAX_SCREEN_PIXELS) {
        return Err(WireError::meaningless("screen area", size.area()));
    }
    Ok(size)
}

pub(super) fn put_point(out: &mut Vec<u8>, point: Point) {
    out.put_signed(point.x);
    out.put_signed(point.y);
}

pub(super) fn read_point(field: &Field<'_>) -> Result<Point, WireError> {
    let mut reader = field.reader();
    Ok(Point::new(reader.signed()?, reader.signed()?))
}
