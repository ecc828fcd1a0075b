//! Knowing when a window manager has taken over.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt, EventMask, Window,
};

use super::connect::Display;
use crate::error::CaptureError;

/// The property in which a window manager names its own window (EWMH).
const ANNOUNCEMENT: &[u8] = b"_NET_SUPPORTING_WM_CHECK";

/// Waits until the root window carries the announcement.
pub(crate) fn wait(display: &Display, patience: Duration) -> Result<(), CaptureError> {
    let (connection, root) = (&display.connection, display.root());
    let listen = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
    connection.change_window_attributes(root, &listen)?;
    let property = connection.intern_atom(false, ANNOUNCEMENT)?.reply()?.atom;
    let deadline = Instant::now() + patience;
    while !is_announced(display, root, property)? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(CaptureError::NoWindowManager);
        }
        wait_for_any_event(display, left)?;
    }
    Ok(())
}

fn is_announced(display: &Display, root: Window, property: u32) -> Result<bool, CaptureError> {
    let request = display
        .connection
        .get_property(false, root, property, AtomEnum::WINDOW, 0, 1)?;
    Ok(request.reply()?.value_len == 1)
}

/// Returns once events have arrived, which are then discarded, or the time is up.
fn wait_for_any_event(display: &Display, patience: Duration) -> Result<(), CaptureError> {
    let connection = &display.connection;
    let mut seen = false;
    while connection.poll_for_event()?.is_some() {
        seen = true;
    }
    if !seen {
        let timeout = Timespec::try_from(patience).ok();
        let mut socket = [PollFd::from_borrowed_fd(
            connection.stream().as_fd(),
            PollFlags::IN,
        )];
        // A signal ends the wait early; the caller looks again and comes back.
        let _ = poll(&mut socket, timeout.as_ref());
    }
    Ok(())
}
