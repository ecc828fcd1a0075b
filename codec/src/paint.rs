//! Painting around pixels that are to be kept.
//!
//! A frame that is applied late must leave alone what later frames painted. Row by row, each costs
//! the pixels it paints and a search, however many rectangles are kept: a peer decides on both.

use hackstream_protocol::geometry::{Point, Rect};
use hackstream_protocol::region::Region;

use crate::canvas::{Canvas, PixelMemory};
use crate::symbols::Shape;

/// A picture to paint on, and the pixels of it to leave alone.
pub(crate) struct Target<'a, M> {
    pub(crate) canvas: &'a mut Canvas<M>,
    pub(crate) keep: &'a Region,
}

impl<M: PixelMemory> Target<'_, M> {
    /// Paints `rect` in one colour.
    pub(crate) fn fill(&mut self, rect: &Rect, colour: u32) {
        if self.keep.is_empty() {
            self.canvas.fill(rect, colour);
            return;
        }
        for y in rect.top..rect.bottom {
            for (left, right) in self.keep.gaps(y, rect.left, rect.right) {
                let free = Rect::from_edges(left, y, right, y + 1);
                self.canvas.span_mut(&free, y).fill(colour);
            }
        }
    }

    /// Paints the ink of a shape whose top left corner is at `at`. Returns the work it was: rows,
    /// or pixels of ink if they are more.
    pub(crate) fn stamp(&mut self, shape: &Shape, at: Point, ink: u32) -> u64 {
        let area: Rect = Rect::new(at.x, at.y, shape.width.into(), shape.rows.len() as u32);
        let free = self.keep.is_empty() || !self.keep.intersects_rect(&area);
        let mut inked = 0;
        for (y, &row) in (area.top..).zip(&shape.rows) {
            let span = self.canvas.span_mut(&area, y);
            let mut bits = row;
            while bits != 0 {
                let x = bits.trailing_zeros();
                if free || !self.keep.contains_point(Point::new(at.x + x as i32, y)) {
                    span[x as usize] = ink;
                }
                bits &= bits - 1;
                inked += 1;
            }
        }
        inked.max(shape.rows.len() as u64)
    }

    /// Lets `paint` fill the row `y` of `rect`; `scratch` is a buffer to use again.
    pub(crate) fn row(
        &mut self,
        rect: &Rect,
        y: i32,
        scratch: &mut Vec<u32>,
        paint: impl FnOnce(&mut [u32]),
    ) {
        if self.keep.is_empty() {
            paint(self.canvas.span_mut(rect, y));
            return;
        }
        scratch.resize(rect.width() as usize, 0);
        paint(scratch);
        self.copy_row(rect, y, scratch);
    }

    /// Copies `pixels` to the row `y` of `rect`.
    pub(crate) fn copy_row(&mut self, rect: &Rect, y: i32, pixels: &[u32]) {
        if self.keep.is_empty() {
            self.canvas.span_mut(rect, y).copy_from_slice(pixels);
            return;
        }
        for (left, right) in self.keep.gaps(y, rect.left, rect.right) {
            let free = Rect::from_edges(left, y, right, y + 1);
            let from = (left - rect.left) as usize;
            let source = &pixels[from..from + free.width() as usize];
            self.canvas.span_mut(&free, y).copy_from_slice(source);
        }
    }
}
