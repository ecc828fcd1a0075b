//! The screen on which the stimulus draws: some servers give it its size when a viewer comes.

use anyhow::Result;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt, EventMask};
use x11rb::rust_connection::RustConnection;

use crate::scene::ScreenSize;

/// Waits until the screen of `DISPLAY` has this size, for as long as the display is there.
pub(crate) fn wait_for_screen(size: ScreenSize) -> Result<()> {
    let (connection, screen) = RustConnection::connect(None)?;
    let root = connection.setup().roots[screen].root;
    let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    connection
        .change_window_attributes(root, &events)?
        .check()?;
    let geometry = connection.get_geometry(root)?.reply()?;
    let mut now = (geometry.width, geometry.height);
    while now != (size.width, size.height) {
        eprintln!("the screen is {}x{}, waiting for {size}", now.0, now.1);
        now = next_size(&connection, root)?;
    }
    Ok(())
}

fn next_size(connection: &RustConnection, root: u32) -> Result<(u16, u16)> {
    loop {
        match connection.wait_for_event()? {
            Event::ConfigureNotify(change) if change.window == root => {
                return Ok((change.width, change.height));
            }
            _ => {}
        }
    }
}
