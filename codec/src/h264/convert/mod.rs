//! Pixels (`0x00RRGGBB`) to I420 pictures and back: BT.709, limited range.

use hackstream_protocol::geometry::Rect;
use yuv::{YuvRange, YuvStandardMatrix};

use super::H264Error;

#[cfg(feature = "h264-decode")]
mod from;
#[cfg(feature = "h264-encode")]
mod to;

#[cfg(feature = "h264-decode")]
pub use from::from_i420;
#[cfg(feature = "h264-encode")]
pub use to::to_i420;

const RANGE: YuvRange = YuvRange::Limited;
const MATRIX: YuvStandardMatrix = YuvStandardMatrix::Bt709;

#[cfg(target_endian = "big")]
compile_error!("pixels are converted as the bytes B, G, R, X, which is the little-endian order");

/// Indices of the first pixel of `rect` and of the one after its last in a picture with rows
/// `stride` pixels apart and `len` pixels.
fn span(rect: &Rect, stride: usize, len: usize) -> Result<core::ops::Range<usize>, H264Error> {
    let edge = |edge: i32| usize::try_from(edge).map_err(|_| H264Error::OutsidePicture);
    let (left, top) = (edge(rect.left)?, edge(rect.top)?);
    let (right, bottom) = (edge(rect.right)?, edge(rect.bottom)?);
    let index = |y: usize, x: usize| y.checked_mul(stride).and_then(|row| row.checked_add(x));
    let end = bottom.checked_sub(1).and_then(|last| index(last, right));
    match (index(top, left), end) {
        (Some(start), Some(end)) if !rect.is_empty() && right <= stride && end <= len => {
            Ok(start..end)
        }
        _ => Err(H264Error::OutsidePicture),
    }
}

/// Bytes from one row to the next.
fn byte_stride(stride: usize) -> Result<u32, H264Error> {
    let bytes = stride.checked_mul(4).and_then(|b| u32::try_from(b).ok());
    bytes.ok_or(H264Error::OutsidePicture)
}
