//! Pixels to I420 pictures.

use hackstream_protocol::geometry::{Rect, Size};
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, bgra_to_yuv420};

use super::{MATRIX, RANGE, byte_stride, span};
use crate::h264::{H264Error, I420, even_size};

/// Columns of two rows that are converted by way of the stack.
const STRIP: usize = 64;

/// Converts the pixels of `rect` in a picture with rows `stride` pixels apart into `out`.
/// An odd edge is padded by repeating its last pixels.
///
/// # Errors
/// [`H264Error::OutsidePicture`]; [`H264Error::SizeMismatch`] unless `out` has the size of
/// `rect`, odd edges made even.
pub fn to_i420(pixels: &[u32], stride: usize, rect: Rect, out: &mut I420) -> Result<(), H264Error> {
    let span = span(&rect, stride, pixels.len())?;
    let (size, expected) = (rect.size(), even_size(rect.size()));
    if out.size() != expected {
        return Err(H264Error::SizeMismatch {
            expected,
            got: out.size(),
        });
    }
    let pixels = &pixels[span.start..];
    let rows = size.height as usize;
    // The converter leaves out the last two rows, without a word, when the slice ends before
    // their stride does. A single last row is another case and always right.
    let is_short = rows % 2 == 0 && pixels.len() < rows * stride;
    let direct = if is_short { rows - 2 } else { rows };
    let planes = out.planes_mut();
    if direct > 0 {
        let part = Size::new(size.width, direct as u32);
        convert(pixels, stride, part, planes, expected.width as usize)?;
    }
    if is_short {
        convert_last_rows(&pixels[direct * stride..], stride, direct, out, size)?;
    }
    let [luma, ..] = out.planes_mut();
    pad(luma, size, expected.width as usize);
    Ok(())
}

/// Converts `size` pixels into the first rows of the planes; those of luma are
/// `luma_stride` samples apart, those of chroma half as many.
fn convert(
    pixels: &[u32],
    stride: usize,
    size: Size,
    [luma, cb, cr]: [&mut [u8]; 3],
    luma_stride: usize,
) -> Result<(), H264Error> {
    let rows = size.height as usize;
    // Exactly the rows to convert: the converter goes by the lengths of the planes too.
    let chroma_len = rows.div_ceil(2) * (luma_stride / 2);
    let mut image = YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(&mut luma[..rows * luma_stride]),
        y_stride: luma_stride as u32,
        u_plane: BufferStoreMut::Borrowed(&mut cb[..chroma_len]),
        u_stride: luma_stride as u32 / 2,
        v_plane: BufferStoreMut::Borrowed(&mut cr[..chroma_len]),
        v_stride: luma_stride as u32 / 2,
        width: size.width,
        height: size.height,
    };
    let needed = pixels.len().min(rows * stride);
    let bytes = bytemuck::cast_slice(&pixels[..needed]);
    let mode = YuvConversionMode::Balanced;
    bgra_to_yuv420(&mut image, bytes, byte_stride(stride)?, RANGE, MATRIX, mode)
        .map_err(|_| H264Error::Conversion)
}

/// Converts two rows of pixels into the rows of `out` from `top` on.
fn convert_last_rows(
    pixels: &[u32],
    stride: usize,
    top: usize,
    out: &mut I420,
    size: Size,
) -> Result<(), H264Error> {
    let luma_stride = out.size().width as usize;
    let width = size.width as usize;
    let [luma, cb, cr] = out.planes_mut();
    let luma = &mut luma[top * luma_stride..];
    let chroma_row = top / 2 * (luma_stride / 2);
    for left in (0..width).step_by(STRIP) {
        let count = STRIP.min(width - left);
        let even = count + count % 2;
        let mut strip = [0; 2 * STRIP];
        strip[..count].copy_from_slice(&pixels[left..left + count]);
        strip[even..even + count].copy_from_slice(&pixels[stride + left..][..count]);
        let (mut y, mut u, mut v) = ([0; 2 * STRIP], [0; STRIP / 2], [0; STRIP / 2]);
        let part = Size::new(count as u32, 2);
        convert(&strip, even, part, [&mut y, &mut u, &mut v], even)?;
        luma[left..left + count].copy_from_slice(&y[..count]);
        luma[luma_stride + left..][..count].copy_from_slice(&y[even..even + count]);
        let chroma = chroma_row + left / 2..chroma_row + (left + even) / 2;
        cb[chroma.clone()].copy_from_slice(&u[..even / 2]);
        cr[chroma].copy_from_slice(&v[..even / 2]);
    }
    Ok(())
}

/// Repeats the last column and the last row of luma where an edge is odd.
fn pad(luma: &mut [u8], size: Size, stride: usize) {
    let width = size.width as usize;
    if width < stride {
        for row in luma.chunks_exact_mut(stride) {
            row[width] = row[width - 1];
        }
    }
    if size.height % 2 == 1 {
        let last = (size.height as usize - 1) * stride;
        luma.copy_within(last..last + stride, last + stride);
    }
}
