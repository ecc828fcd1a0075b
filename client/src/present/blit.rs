//! Copies pixels of the picture for the window.

use hackstream_protocol::geometry::{Rect, Window};

use super::placement::Placement;
use crate::picture::{Picture, Shade};

/// Pixels of a part of the window, row by row.
pub(super) struct Target<'a> {
    pixels: &'a mut [u32],
    area: Rect<Window>,
}

impl<'a> Target<'a> {
    /// The pixels of `area`.
    pub(super) const fn new(pixels: &'a mut [u32], area: Rect<Window>) -> Self {
        Self { pixels, area }
    }

    /// Paints a rectangle in one colour, as far as it lies in the target.
    pub(super) fn fill(&mut self, rect: &Rect<Window>, colour: u32) {
        let rect = rect.intersection(&self.area);
        for y in rect.top..rect.bottom {
            if let Some(row) = self.row(&rect, y) {
                row.fill(colour);
            }
        }
    }

    /// Paints `rect`, which must lie in the target and show a part of the picture.
    pub(super) fn paint(
        &mut self,
        picture: &Picture,
        placement: &Placement,
        rect: &Rect<Window>,
        shade: Shade,
    ) {
        let offset = placement.offset();
        for y in rect.top..rect.bottom {
            let (left, right) = (rect.left - offset.dx, rect.right - offset.dx);
            let source = picture.row((y - offset.dy) as u32);
            let Some(source) = source.get(left as usize..right as usize) else {
                continue;
            };
            let Some(target) = self.row(rect, y) else {
                continue;
            };
            match shade {
                Shade::Plain => target.copy_from_slice(source),
                Shade::Dimmed => {
                    for (target, &pixel) in target.iter_mut().zip(source) {
                        *target = dimmed(pixel);
                    }
                }
            }
        }
    }
}

impl Target<'_> {
    /// The pixels of `rect`, which must lie in the target, in row `y`.
    fn row(&mut self, rect: &Rect<Window>, y: i32) -> Option<&mut [u32]> {
        let start = (y - self.area.top) as usize * self.area.width() as usize;
        let start = start + (rect.left - self.area.left) as usize;
        self.pixels.get_mut(start..start + rect.width() as usize)
    }
}

/// Half as bright.
const fn dimmed(pixel: u32) -> u32 {
    (pixel >> 1) & 0x007f_7f7f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimming_halves_each_channel() {
        assert_eq!(dimmed(0x00ff_8001), 0x007f_4000);
    }
}
