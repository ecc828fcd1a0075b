//! The session's pointer, which the monitor's own engine lays over the picture: moving it paints nothing.

use std::io;
use std::sync::Arc;

use drm::buffer::DrmFourcc;
use drm::control::dumbbuffer::DumbMapping;
use drm::control::{Device as ControlDevice, crtc, dumbbuffer::DumbBuffer};
use hackstream_protocol::geometry::{Point, Window as WindowSpace};
use hackstream_protocol::wire::control::CursorShape;

use super::ConsoleError;
use super::card::Node;
use crate::shared::SessionView;

/// Every driver takes a pointer of so many pixels in each direction.
const EDGE: u32 = 64;

/// The pointer on the monitor.
pub(super) struct Pointer {
    node: Arc<Node>,
    crtc: crtc::Handle,
    /// Number of the shape that it has; 0 before the first.
    serial: u64,
    /// The pixel of the shape that points.
    hot_spot: Point,
    at: Point<WindowSpace>,
    image: Image,
}

/// Where its shape is.
enum Image {
    /// Nowhere yet.
    None,
    Buffer(DumbBuffer, DumbMapping<'static>),
    /// The driver has no pointers. The session is shown without one.
    Impossible,
}

impl Pointer {
    pub(super) fn new(node: Arc<Node>, crtc: crtc::Handle) -> Self {
        Self {
            node,
            crtc,
            serial: 0,
            hot_spot: Point::new(0, 0),
            at: Point::new(0, 0),
            image: Image::None,
        }
    }

    /// Takes on the newest shape, unless it has it.
    ///
    /// # Errors
    /// [`ConsoleError`]: the device is gone.
    pub(super) fn follow(&mut self, session: &SessionView) -> Result<(), ConsoleError> {
        let is_new = session.cursor_serial != self.serial;
        let Some(shape) = session.cursor.as_deref().filter(|_| is_new) else {
            return Ok(());
        };
        self.serial = session.cursor_serial;
        if let Image::None = self.image {
            self.image = self.buffer().unwrap_or(Image::Impossible);
        }
        let Image::Buffer(buffer, pixels) = &mut self.image else {
            return Ok(());
        };
        draw(shape, bytemuck::cast_slice_mut(pixels));
        self.hot_spot = shape.hot_spot;
        let spot = (shape.hot_spot.x, shape.hot_spot.y);
        #[expect(
            deprecated,
            reason = "planes need the atomic interface, which old drivers lack"
        )]
        let shown = self.node.set_cursor2(self.crtc, Some(&*buffer), spot);
        if shown.is_err() {
            self.image = Image::Impossible;
            return Ok(());
        }
        self.go(self.at)
    }

    /// Goes there on the monitor.
    ///
    /// # Errors
    /// [`ConsoleError`]: the device is gone.
    pub(super) fn go(&mut self, at: Point<WindowSpace>) -> Result<(), ConsoleError> {
        self.at = at;
        if !matches!(self.image, Image::Buffer(..)) {
            return Ok(());
        }
        let corner = (at.x - self.hot_spot.x, at.y - self.hot_spot.y);
        #[expect(
            deprecated,
            reason = "planes need the atomic interface, which old drivers lack"
        )]
        let moved = self.node.move_cursor(self.crtc, corner);
        moved.map_err(ConsoleError::Monitor)
    }

    fn buffer(&self) -> io::Result<Image> {
        let format = DrmFourcc::Argb8888;
        let buffer = self.node.create_dumb_buffer((EDGE, EDGE), format, 32)?;
        let pixels = self.node.map_dumb_buffer(Box::leak(Box::new(buffer)))?;
        Ok(Image::Buffer(buffer, pixels))
    }
}

/// Draws a shape, whose colours are multiplied with their opacity as the engine wants them. What of it
/// is beyond the edge is not seen.
fn draw(shape: &CursorShape, pixels: &mut [u32]) {
    pixels.fill(0);
    let rows = shape
        .pixels
        .chunks_exact((shape.size.width as usize).max(1));
    for (target, row) in pixels.chunks_exact_mut(EDGE as usize).zip(rows) {
        let width = row.len().min(target.len());
        target[..width].copy_from_slice(&row[..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;

    #[test]
    fn shapes_are_cut_at_the_edge_and_replace_the_last_one() {
        let mut pixels = vec![7; (EDGE * EDGE) as usize];
        let shape = |width, height| CursorShape {
            size: Size::new(width, height),
            hot_spot: Point::new(0, 0),
            pixels: (1..=width * height).collect(),
        };
        draw(&shape(2, 2), &mut pixels);
        assert_eq!(
            (pixels[1], pixels[2], pixels[64], pixels[128]),
            (2, 0, 3, 0)
        );
        draw(&shape(100, 70), &mut pixels);
        assert_eq!((pixels[63], pixels[64], pixels[63 * 64]), (64, 101, 6301));
        draw(&shape(0, 0), &mut pixels);
        assert!(pixels.iter().all(|&pixel| pixel == 0));
    }
}
