//! The X display that the viewer's window is on, for what winit does not do there.

use hackstream_protocol::geometry::Size;
use winit::raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use winit::window::Window;
use x11rb::connection::Connection as _;
use x11rb::rust_connection::RustConnection;

/// How large the display is, all its monitors together; `None` without an X display.
pub(crate) fn size() -> Option<Size> {
    let (connection, screen) = RustConnection::connect(None).ok()?;
    let root = connection.setup().roots.get(screen)?;
    let (width, height) = (root.width_in_pixels, root.height_in_pixels);
    Some(Size::new(u32::from(width), u32::from(height)))
}

/// The id of `window` on its X display; `None` if it is not on one.
pub(crate) fn window_id(window: &Window) -> Option<u32> {
    match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    }
}

/// A connection of our own to the display, for winit does not lend its, and the root window.
///
/// # Errors
/// What the display said.
pub(crate) fn connect() -> Result<(RustConnection, u32), Box<dyn std::error::Error>> {
    let (connection, screen) = RustConnection::connect(None)?;
    let roots = &connection.setup().roots;
    let root = roots.get(screen).ok_or("no such screen")?.root;
    Ok((connection, root))
}
