//! The session's pointer as the window's pointer, drawn by the window system without delay.

use hackstream_protocol::wire::control::CursorShape;
use winit::event_loop::ActiveEventLoop;
use winit::window::{CustomCursor, Window};

use crate::shared::SessionView;

/// Follows the session's pointer.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    /// Number of the shape that the window has; 0 before the first.
    serial: u64,
}

impl Cursors {
    /// Gives `window` the newest shape, unless it has it.
    pub(crate) fn follow(
        &mut self,
        session: &SessionView,
        event_loop: &ActiveEventLoop,
        window: &Window,
    ) {
        let Some(shape) = session
            .cursor
            .as_ref()
            .filter(|_| session.cursor_serial != self.serial)
        else {
            return;
        };
        self.serial = session.cursor_serial;
        let Some(image) = straight_rgba(shape) else {
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

/// The shape as bytes R, G, B, A with colours not multiplied by alpha; `None` if nothing of it
/// can be seen.
fn straight_rgba(shape: &CursorShape) -> Option<Vec<u8>> {
    if shape.size.is_empty() || shape.pixels.iter().all(|pixel| pixel >> 24 == 0) {
        return None;
    }
    Some(
        shape
            .pixels
            .iter()
            .flat_map(|&pixel| straight(pixel))
            .collect(),
    )
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
        assert_eq!(straight_rgba(&shape(Size::new(0, 0), vec![])), None);
        assert_eq!(straight_rgba(&shape(Size::new(2, 1), vec![0, 0])), None);
        let seen = straight_rgba(&shape(Size::new(1, 1), vec![0xff00_0001]));
        assert_eq!(seen, Some(vec![0, 0, 1, 255]));
    }
}
