//! I420 pictures to pixels.

use hackstream_protocol::geometry::{Offset, Rect};
use yuv::{YuvPlanarImage, yuv420_to_bgra};

use super::{MATRIX, RANGE, byte_stride, span};
use crate::h264::{H264Error, I420View};

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
