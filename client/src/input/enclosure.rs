//! The pointer is kept in the window.
//!
//! A grab of winit's does so on X as well, but then each movement of a device is reported twice
//! (<https://github.com/rust-windowing/winit/issues/3773>). There, barriers stand around the window
//! instead, which need no grab.

use winit::window::{CursorGrabMode, Window};
use x11rb::connection::Connection as _;
use x11rb::protocol::xfixes::{BarrierDirections, ConnectionExt as _};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::x_display;

/// What keeps the pointer in.
#[derive(Debug)]
pub(super) enum Enclosure {
    /// The window system, which also keeps it where it is.
    Lock,
    /// Barriers of this connection, which the X server takes away with it.
    Barriers { _connection: Box<RustConnection> },
}

impl Enclosure {
    /// Keeps the pointer in `window`, where that is now; `None` if the window system does not.
    pub(super) fn of(window: &Window) -> Option<Self> {
        let Some(id) = x_display::window_id(window) else {
            return window
                .set_cursor_grab(CursorGrabMode::Locked)
                .is_ok()
                .then_some(Self::Lock);
        };
        barriers_around(id).ok().map(|connection| Self::Barriers {
            _connection: Box::new(connection),
        })
    }

    /// Lets it out.
    pub(super) fn open(self, window: &Window) {
        match self {
            // Fails only where it was not locked.
            Self::Lock => drop(window.set_cursor_grab(CursorGrabMode::None)),
            Self::Barriers { .. } => {}
        }
    }
}

fn barriers_around(window: u32) -> Result<RustConnection, Box<dyn std::error::Error>> {
    let (display, root) = x_display::connect()?;
    display.xfixes_query_version(5, 0)?.reply()?;
    let [inner, screen] = [window, root].map(|id| display.get_geometry(id));
    let (inner, screen) = (inner?.reply()?, screen?.reply()?);
    let corner = display.translate_coordinates(window, root, 0, 0)?.reply()?;
    let across = |x: i32| x.clamp(0, i32::from(screen.width)) as u16;
    let down = |y: i32| y.clamp(0, i32::from(screen.height)) as u16;
    let (left, top) = (i32::from(corner.dst_x), i32::from(corner.dst_y));
    let (right, bottom) = (left + i32::from(inner.width), top + i32::from(inner.height));
    let (left, right) = (across(left), across(right));
    let (top, bottom) = (down(top), down(bottom));
    let edges = [
        [left, top, right, top],
        [left, bottom, right, bottom],
        [left, top, left, bottom],
        [right, top, right, bottom],
    ];
    for [x1, y1, x2, y2] in edges {
        let barrier = display.generate_id()?;
        let (nowhere, all) = (BarrierDirections::from(0_u8), &[]);
        display
            .xfixes_create_pointer_barrier(barrier, root, x1, y1, x2, y2, nowhere, all)?
            .check()?;
    }
    Ok(display)
}
