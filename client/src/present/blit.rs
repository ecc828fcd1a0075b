//! Copies pixels of the picture into the window's buffer.

use hackstream_protocol::geometry::{Rect, Window};

use super::placement::Placement;
use crate::picture::Picture;

/// How the picture looks in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    /// As it is.
    Plain,
    /// Darker: it may be out of date.
    Dimmed,
}

/// Paints one rectangle of the window, which must show a part of the picture.
pub(super) fn paint(
    buffer: &mut [u32],
    picture: &Picture,
    placement: &Placement,
    rect: &Rect<Window>,
    shade: Shade,
) {
    let stride = placement.window().width as usize;
    let (dx, dy) = (placement.offset().dx, placement.offset().dy);
    for y in rect.top..rect.bottom {
        let source = picture.row((y - dy) as u32);
        let (left, right) = (rect.left as usize, rect.right as usize);
        let Some(source) = source.get((rect.left - dx) as usize..(rect.right - dx) as usize) else {
            continue;
        };
        let start = y as usize * stride;
        let Some(target) = buffer.get_mut(start + left..start + right) else {
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
