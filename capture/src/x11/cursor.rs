//! The shape of the pointer.

use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::limits::MAX_CURSOR_EDGE;
use hackstream_protocol::wire::control::CursorShape;
use x11rb::errors::ReplyError;
use x11rb::protocol::ErrorKind;
use x11rb::protocol::xfixes::{ConnectionExt, CursorNotifyMask, GetCursorImageReply};

use super::connect::Display;
use crate::error::CaptureError;

/// The version that has everything we use: cursor images and hiding (4), regions (2).
pub(super) fn require_xfixes(display: &Display) -> Result<(), CaptureError> {
    let version = display
        .connection
        .xfixes_query_version(4, 0)
        .map_err(|_| CaptureError::MissingExtension("XFIXES"))?
        .reply()?;
    if version.major_version < 4 {
        return Err(CaptureError::MissingExtension("XFIXES 4"));
    }
    Ok(())
}

/// Keeps the X server from painting a cursor until this connection ends.
pub(crate) fn hide(display: &Display) -> Result<(), CaptureError> {
    require_xfixes(display)?;
    let hidden = display.connection.xfixes_hide_cursor(display.root())?;
    Ok(hidden.check()?)
}

/// Asks for an event whenever the shape changes.
pub(super) fn select(display: &Display) -> Result<(), CaptureError> {
    let mask = CursorNotifyMask::DISPLAY_CURSOR;
    let selected = display
        .connection
        .xfixes_select_cursor_input(display.root(), mask)?;
    Ok(selected.check()?)
}

/// The shape now; empty if there is none.
pub(super) fn current(display: &Display) -> Result<CursorShape, CaptureError> {
    match display.connection.xfixes_get_cursor_image()?.reply() {
        Ok(image) => Ok(shape(&image)),
        // Until a client has defined a cursor there is none to get.
        Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Cursor => Ok(hidden()),
        Err(error) => Err(error.into()),
    }
}

fn hidden() -> CursorShape {
    CursorShape {
        size: Size::new(0, 0),
        hot_spot: Point::new(0, 0),
        pixels: Vec::new(),
    }
}

/// The image, cut down to [`MAX_CURSOR_EDGE`] around its hot spot where it is larger.
fn shape(image: &GetCursorImageReply) -> CursorShape {
    // Applications hide the pointer by giving it a transparent image.
    if image.cursor_image.iter().all(|pixel| pixel >> 24 == 0) {
        return hidden();
    }
    let (left, width) = window(image.width, image.xhot);
    let (top, height) = window(image.height, image.yhot);
    let rows = image.cursor_image.chunks_exact(usize::from(image.width));
    CursorShape {
        size: Size::new(width as u32, height as u32),
        hot_spot: Point::new(
            i32::from(image.xhot) - left as i32,
            i32::from(image.yhot) - top as i32,
        ),
        pixels: rows
            .skip(top)
            .take(height)
            .flat_map(|row| row[left..left + width].iter().copied())
            .collect(),
    }
}

/// First pixel and length of the part to keep of an edge, with the hot spot inside.
fn window(edge: u16, hot: u16) -> (usize, usize) {
    let (edge, hot) = (usize::from(edge), usize::from(hot));
    let length = edge.min(MAX_CURSOR_EDGE as usize);
    let start = hot.saturating_sub(length / 2).min(edge - length);
    (start, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u16, height: u16, hot: (u16, u16)) -> GetCursorImageReply {
        let area = u32::from(width) * u32::from(height);
        GetCursorImageReply {
            sequence: 0,
            length: 0,
            x: 0,
            y: 0,
            width,
            height,
            xhot: hot.0,
            yhot: hot.1,
            cursor_serial: 0,
            cursor_image: (0..area).map(|i| 0xff00_0000 | i).collect(),
        }
    }

    #[test]
    fn a_small_image_is_kept_whole() {
        let shape = shape(&image(3, 2, (1, 1)));
        assert_eq!(shape.size, Size::new(3, 2));
        assert_eq!(shape.hot_spot, Point::new(1, 1));
        assert_eq!(shape.pixels[4], 0xff00_0004);
    }

    #[test]
    fn a_large_image_is_cut_around_the_hot_spot() {
        let shape = shape(&image(600, 1, (590, 0)));
        assert_eq!(shape.size, Size::new(256, 1));
        assert_eq!(shape.hot_spot, Point::new(246, 0));
        assert_eq!(shape.pixels[246], 0xff00_0000 | 590);
    }

    #[test]
    fn a_transparent_image_is_a_hidden_cursor() {
        let mut image = image(16, 16, (0, 0));
        image.cursor_image.fill(0);
        assert!(shape(&image).size.is_empty());
    }
}
