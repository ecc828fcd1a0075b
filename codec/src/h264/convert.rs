//! Pixels (`0x00RRGGBB`) to I420 pictures and back: BT.709, limited range.

use hackstream_protocol::geometry::Rect;
use yuv::{YuvRange, YuvStandardMatrix};

use super::H264Error;

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

#[cfg(feature = "h264-encode")]
mod to {
    use hackstream_protocol::geometry::{Rect, Size};
    use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, bgra_to_yuv420};

    use super::super::{H264Error, I420, even_size};
    use super::{MATRIX, RANGE, byte_stride, span};

    /// Columns of two rows that are converted by way of the stack.
    const STRIP: usize = 64;

    /// Converts the pixels of `rect` in a picture with rows `stride` pixels apart into `out`.
    /// An odd edge is padded by repeating its last pixels.
    ///
    /// # Errors
    /// [`H264Error::OutsidePicture`]; [`H264Error::SizeMismatch`] unless `out` has the size of
    /// `rect`, odd edges made even.
    pub fn to_i420(
        pixels: &[u32],
        stride: usize,
        rect: Rect,
        out: &mut I420,
    ) -> Result<(), H264Error> {
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
}

#[cfg(feature = "h264-decode")]
mod from {
    use hackstream_protocol::geometry::{Offset, Rect};
    use yuv::{YuvPlanarImage, yuv420_to_bgra};

    use super::super::{H264Error, I420View};
    use super::{MATRIX, RANGE, byte_stride, span};

    /// Rows converted before their unused byte is cleared, so that they are still in the cache.
    const BAND_ROWS: i32 = 16;

    /// Length of a strip of an odd row or column that is converted on the stack.
    const STRIP: usize = 64;

    /// Pixels of a strip: two across, and one longer for an odd start.
    const STRIP_PIXELS: usize = 2 * (STRIP + 1);

    /// Draws `view` into `rect` of a picture with rows `stride` pixels apart, but only the
    /// pixels that are also in `clip`.
    ///
    /// `rect` may be smaller than the view; the view's pixels beyond it are left out. So an odd
    /// rectangle takes the picture that was padded for it.
    ///
    /// # Errors
    /// [`H264Error::OutsidePicture`] if `rect` reaches outside the pixels;
    /// [`H264Error::SizeMismatch`] if it is larger than the view.
    pub fn from_i420(
        view: &I420View<'_>,
        pixels: &mut [u32],
        stride: usize,
        rect: Rect,
        clip: Rect,
    ) -> Result<(), H264Error> {
        span(&rect, stride, pixels.len())?;
        if rect.width() > view.size().width || rect.height() > view.size().height {
            return Err(H264Error::SizeMismatch {
                expected: rect.size(),
                got: view.size(),
            });
        }
        let to_view = Offset::new(-rect.left, -rect.top);
        let part = rect.intersection(&clip).translated(to_view);
        if part.is_empty() {
            return Ok(());
        }
        let mut target = Target {
            pixels,
            stride,
            to_screen: to_view.reversed(),
        };
        // The converter starts at whole chroma samples; an odd column or row before the first
        // one goes by way of the stack.
        let even = Rect::from_edges(
            part.left + part.left % 2,
            part.top + part.top % 2,
            part.right,
            part.bottom,
        );
        if even.top > part.top {
            let row = Rect::from_edges(part.left, part.top, part.right, even.top);
            target.draw_in_strips(view, row)?;
        }
        if even.left > part.left {
            let column = Rect::from_edges(part.left, even.top, even.left, part.bottom);
            target.draw_in_strips(view, column)?;
        }
        target.draw_in_bands(view, even)
    }

    struct Target<'a> {
        pixels: &'a mut [u32],
        stride: usize,
        /// From the view's pixels to those of the target.
        to_screen: Offset,
    }

    impl Target<'_> {
        /// Draws `part` of the view, which starts at an even column and row.
        fn draw_in_bands(&mut self, view: &I420View<'_>, part: Rect) -> Result<(), H264Error> {
            let mut top = part.top;
            while top < part.bottom && part.left < part.right {
                let bottom = part.bottom.min(top + BAND_ROWS);
                let band = Rect::from_edges(part.left, top, part.right, bottom);
                let on_screen = band.translated(self.to_screen);
                let span = span(&on_screen, self.stride, self.pixels.len())?;
                convert(view, band, &mut self.pixels[span], self.stride)?;
                top = bottom;
            }
            Ok(())
        }

        /// Draws `part` of the view, a single odd row or column.
        fn draw_in_strips(&mut self, view: &I420View<'_>, part: Rect) -> Result<(), H264Error> {
            let mut strip = [0; STRIP_PIXELS];
            let step = STRIP as i32;
            for top in (part.top..part.bottom).step_by(STRIP) {
                for left in (part.left..part.right).step_by(STRIP) {
                    let end = (part.right.min(left + step), part.bottom.min(top + step));
                    let piece = Rect::from_edges(left, top, end.0, end.1);
                    self.draw_strip(view, piece, &mut strip)?;
                }
            }
            Ok(())
        }

        fn draw_strip(
            &mut self,
            view: &I420View<'_>,
            piece: Rect,
            strip: &mut [u32; STRIP_PIXELS],
        ) -> Result<(), H264Error> {
            let even = Rect::from_edges(
                piece.left - piece.left % 2,
                piece.top - piece.top % 2,
                piece.right,
                piece.bottom,
            );
            let width = even.width() as usize;
            convert(view, even, strip, width)?;
            for y in piece.top..piece.bottom {
                let row = Rect::from_edges(piece.left, y, piece.right, y + 1);
                let to = span(
                    &row.translated(self.to_screen),
                    self.stride,
                    self.pixels.len(),
                )?;
                let from = span(
                    &row.translated(Offset::new(-even.left, -even.top)),
                    width,
                    strip.len(),
                )?;
                self.pixels[to].copy_from_slice(&strip[from]);
            }
            Ok(())
        }
    }

    /// Converts `part` of the view, which starts at an even column and row, to the start of
    /// `pixels`.
    fn convert(
        view: &I420View<'_>,
        part: Rect,
        pixels: &mut [u32],
        stride: usize,
    ) -> Result<(), H264Error> {
        let (left, top) = (part.left as usize, part.top as usize);
        let chroma = top / 2 * view.chroma_stride() + left / 2;
        let image = YuvPlanarImage {
            y_plane: &view.luma()[top * view.luma_stride() + left..],
            y_stride: view.luma_stride() as u32,
            u_plane: &view.cb()[chroma..],
            u_stride: view.chroma_stride() as u32,
            v_plane: &view.cr()[chroma..],
            v_stride: view.chroma_stride() as u32,
            width: part.width(),
            height: part.height(),
        };
        let bytes = bytemuck::cast_slice_mut(pixels);
        yuv420_to_bgra(&image, bytes, byte_stride(stride)?, RANGE, MATRIX)
            .map_err(|_| H264Error::Conversion)?;
        // The converter writes 255 where our pixels have zero.
        for row in pixels.chunks_mut(stride).take(part.height() as usize) {
            let end = row.len().min(part.width() as usize);
            for pixel in &mut row[..end] {
                *pixel &= 0x00ff_ffff;
            }
        }
        Ok(())
    }
}
