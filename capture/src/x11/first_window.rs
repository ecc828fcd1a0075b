//! Knowing when an application shows something: the window manager lists its windows (EWMH,
//! `_NET_CLIENT_LIST`).

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt, EventMask,
};

use super::connect::{Address, Display};
use super::window_manager::wait_for_any_event;
use crate::error::CaptureError;

/// Waits until a window manager shows a window on the display of that name, to which the user's
/// Xauthority file admits. False if none did within `patience`.
///
/// # Errors
/// [`CaptureError`] if the display cannot be asked.
pub fn wait_for_window(display: &str, patience: Duration) -> Result<bool, CaptureError> {
    let display = Address::new(display, None).connect()?;
    let (connection, root) = (&display.connection, display.root());
    let listen = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
    connection.change_window_attributes(root, &listen)?;
    let list = connection
        .intern_atom(false, b"_NET_CLIENT_LIST")?
        .reply()?
        .atom;
    let deadline = Instant::now() + patience;
    while !is_listed(&display, list)? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        wait_for_any_event(&display, left)?;
    }
    Ok(true)
}

fn is_listed(display: &Display, list: Atom) -> Result<bool, CaptureError> {
    let connection = &display.connection;
    let request = connection.get_property(false, display.root(), list, AtomEnum::WINDOW, 0, 1)?;
    Ok(request.reply()?.value_len > 0)
}
