//! A picture in memory.

use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::region::Region;

/// Memory that a canvas can live in.
pub trait PixelMemory: AsRef<[u32]> + AsMut<[u32]> {
    /// Holds `len` zeros from now on, and nothing of what it held before.
    fn renew(&mut self, len: usize);
}

impl PixelMemory for Vec<u32> {
    fn renew(&mut self, len: usize) {
        // What is fresh comes zeroed from the system, page by page as it is touched.
        *self = vec![0; len];
    }
}

/// A picture of `0x00RRGGBB` pixels, row by row without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas<M = Vec<u32>> {
    size: Size,
    pixels: M,
}

impl Canvas {
    /// A black picture.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self::in_memory(Vec::new(), size)
    }
}

impl<M: PixelMemory> Canvas<M> {
    /// A black picture that lives in `memory`.
    #[must_use]
    pub fn in_memory(memory: M, size: Size) -> Self {
        let mut canvas = Self {
            size,
            pixels: memory,
        };
        canvas.renew(size);
        canvas
    }

    /// Becomes a black picture of another size.
    pub fn renew(&mut self, size: Size) {
        self.size = size;
        self.pixels
            .renew(size.width as usize * size.height as usize);
    }

    /// What the picture lives in.
    #[must_use]
    pub const fn memory(&self) -> &M {
        &self.pixels
    }

    /// Width and height.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The rectangle of all pixels.
    #[must_use]
    pub const fn bounds(&self) -> Rect {
        Rect::of_size(self.size)
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u32] {
        self.pixels.as_ref()
    }

    /// All pixels, row by row.
    pub fn pixels_mut(&mut self) -> &mut [u32] {
        self.pixels.as_mut()
    }

    /// The pixels of row `y`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u32] {
        let width = self.size.width as usize;
        &self.pixels()[y as usize * width..][..width]
    }

    /// The pixels of `rect` in row `y`.
    ///
    /// # Panics
    /// If they are not in the picture.
    #[must_use]
    pub fn span(&self, rect: &Rect, y: i32) -> &[u32] {
        &self.row(y as u32)[rect.left as usize..rect.right as usize]
    }

    /// The pixels of `rect` in row `y`.
    ///
    /// # Panics
    /// If they are not in the picture.
    pub fn span_mut(&mut self, rect: &Rect, y: i32) -> &mut [u32] {
        let width = self.size.width as usize;
        let row = &mut self.pixels_mut()[y as usize * width..][..width];
        &mut row[rect.left as usize..rect.right as usize]
    }

    /// Paints `rect` in one colour.
    ///
    /// # Panics
    /// If the rectangle is not in the picture.
    pub fn fill(&mut self, rect: &Rect, colour: u32) {
        for y in rect.top..rect.bottom {
            self.span_mut(rect, y).fill(colour);
        }
    }

    /// Copies pixels to `targets` from where they are `offset` before: the pixel at `p` gets the
    /// value that `p - offset` had before the call, also where sources and targets overlap.
    ///
    /// # Panics
    /// If a source or a target is not in the picture.
    pub fn copy_region(&mut self, targets: &Region, offset: Offset) {
        for target in copy_order(targets, offset) {
            self.copy_rect(&target, offset);
        }
    }

    /// Copies one rectangle; see [`copy_region`](Self::copy_region).
    fn copy_rect(&mut self, target: &Rect, offset: Offset) {
        let width = self.size.width as usize;
        let len = target.width() as usize;
        let pixels = self.pixels_mut();
        let mut copy_row = |y: i32| {
            let from = (y - offset.dy) as usize * width + (target.left - offset.dx) as usize;
            let to = y as usize * width + target.left as usize;
            pixels.copy_within(from..from + len, to);
        };
        if offset.dy > 0 {
            (target.top..target.bottom).rev().for_each(&mut copy_row);
        } else {
            (target.top..target.bottom).for_each(&mut copy_row);
        }
    }
}

/// The rectangles of `targets` in an order in which none overwrites what a later one still reads.
fn copy_order(targets: &Region, offset: Offset) -> Vec<Rect> {
    let mut order = targets.rects().to_vec();
    // Bands are sorted by row; within a band the rectangles are sorted by column.
    order.sort_by_key(|r| {
        let row = if offset.dy > 0 { -r.top } else { r.top };
        let column = if offset.dx > 0 { -r.left } else { r.left };
        (row, column)
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(width: u32, height: u32) -> Canvas {
        let mut canvas = Canvas::new(Size::new(width, height));
        for (i, pixel) in canvas.pixels_mut().iter_mut().enumerate() {
            *pixel = i as u32;
        }
        canvas
    }

    fn rect() -> impl Strategy<Value = Rect> {
        (0..20i32, 0..20i32, 1..12u32, 1..12u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }

    proptest! {
        #[test]
        fn copies_read_what_was_there_before(
            rects in proptest::collection::vec(rect(), 1..5), dx in -9i32..9, dy in -9i32..9,
        ) {
            let before = numbered(32, 32);
            let offset = Offset::new(dx, dy);
            let bounds = before.bounds();
            let targets = rects
                .into_iter()
                .collect::<Region>()
                .clipped(&bounds)
                .intersection(&Region::from(bounds.translated(offset)));
            let mut after = before.clone();
            after.copy_region(&targets, offset);
            for y in 0..32 {
                for x in 0..32 {
                    let copied = targets.contains_point(
                        hackstream_protocol::geometry::Point::new(x, y));
                    let (sx, sy) = if copied { (x - dx, y - dy) } else { (x, y) };
                    prop_assert_eq!(after.row(y as u32)[x as usize],
                        before.row(sy as u32)[sx as usize]);
                }
            }
        }
    }
}
