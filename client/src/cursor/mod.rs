//! The session's pointer as the window's pointer, drawn by the window system without delay.

mod small;

use hackstream_protocol::fit::Fit;
use hackstream_protocol::wire::control::CursorShape;
use winit::event_loop::ActiveEventLoop;
use winit::platform::x11::ActiveEventLoopExtX11 as _;
use winit::window::{CursorIcon, CustomCursor, Window};

use crate::shared::SessionView;

/// Follows the session's pointer.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    /// Number of the shape that the window has; 0 before the first.
    serial: u64,
    /// How large it was shown.
    fit: Option<Fit>,
}

impl Cursors {
    /// Gives `window` the system's own pointer, until the session's is [followed](Self::follow) again.
    pub(crate) fn leave(&mut self, window: &Window) {
        self.serial = 0;
        window.set_cursor(CursorIcon::Default);
        window.set_cursor_visible(true);
    }

    /// Gives `window` the newest shape, as a picture that fits like `fit` shows it, unless it has it.
    pub(crate) fn follow(
        &mut self,
        session: &SessionView,
        fit: Fit,
        event_loop: &ActiveEventLoop,
        window: &Window,
    ) {
        let Some(shape) = session
            .cursor
            .as_ref()
            .filter(|_| session.cursor_serial != self.serial || self.fit != Some(fit))
        else {
            return;
        };
        (self.serial, self.fit) = (session.cursor_serial, Some(fit));
        let small = fit.is_scaled().then(|| small::fitted(shape, fit));
        let shape = small.as_ref().unwrap_or(shape);
        // On X, winit hands the colours on as they are, and X wants them multiplied.
        let alpha = if event_loop.is_x11() {
            Alpha::Multiplied
        } else {
            Alpha::Straight
        };
        let Some(image) = rgba(shape, alpha) else {
            window.set_cursor_visible(false);
            return;
        };
        let (width, height) = (shape.size.width as u16, shape.size.height as u16);
        let spot = |at: i32, edge: u16| at.clamp(0, i32::from(edge) - 1) as u16;
        let (x, y) = (
            spot(shape.hot_spot.x, width),
            spot(shape.hot_spot.y, height),
        );
        // A shape that the window system does not take leaves the last one in place.
        if let Ok(source) = CustomCursor::from_rgba(image, width, height, x, y) {
            window.set_cursor(event_loop.create_custom_cursor(source));
        }
        window.set_cursor_visible(true);
    }
}

/// Whether colours are multiplied by alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alpha {
    Straight,
    Multiplied,
}

/// Whether nothing of the shape can be seen: programs hide the pointer so.
pub(crate) fn is_invisible(shape: &CursorShape) -> bool {
    shape.size.is_empty() || shape.pixels.iter().all(|pixel| pixel >> 24 == 0)
}

/// The shape as bytes R, G, B, A; `None` if nothing of it can be seen.
fn rgba(shape: &CursorShape, alpha: Alpha) -> Option<Vec<u8>> {
    if is_invisible(shape) {
        return None;
    }
    let bytes = |&pixel: &u32| match alpha {
        Alpha::Straight => straight(pixel),
        Alpha::Multiplied => {
            let [alpha, red, green, blue] = pixel.to_be_bytes();
            [red, green, blue, alpha]
        }
    };
    Some(shape.pixels.iter().flat_map(bytes).collect())
}

fn straight(pixel: u32) -> [u8; 4] {
    let [alpha, red, green, blue] = pixel.to_be_bytes();
    let divided = |channel: u8| {
        let (channel, alpha) = (u32::from(channel), u32::from(alpha));
        // Rounded; clamped because a server may claim a colour brighter than its alpha.
        ((channel * 255 + alpha / 2).checked_div(alpha).unwrap_or(0)).min(255) as u8
    };
    [divided(red), divided(green), divided(blue), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::{Point, Size};

    #[test]
    fn colours_are_divided_by_alpha() {
        assert_eq!(straight(0xff12_3456), [0x12, 0x34, 0x56, 0xff]);
        assert_eq!(straight(0x8040_2000), [128, 64, 0, 128]);
        assert_eq!(straight(0x0000_0000), [0; 4]);
        assert_eq!(straight(0x10ff_ff00), [255, 255, 0, 16]);
    }

    #[test]
    fn invisible_shapes_have_no_image() {
        let shape = |size, pixels| CursorShape {
            size,
            hot_spot: Point::new(0, 0),
            pixels,
        };
        let straight = |shape| rgba(&shape, Alpha::Straight);
        assert_eq!(straight(shape(Size::new(0, 0), vec![])), None);
        assert_eq!(straight(shape(Size::new(2, 1), vec![0, 0])), None);
        let seen = straight(shape(Size::new(1, 1), vec![0x8000_0040]));
        assert_eq!(seen, Some(vec![0, 0, 128, 128]));
        let seen = rgba(
            &shape(Size::new(1, 1), vec![0x8000_0040]),
            Alpha::Multiplied,
        );
        assert_eq!(seen, Some(vec![0, 0, 64, 128]));
    }
}
