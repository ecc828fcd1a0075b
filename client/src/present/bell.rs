//! The session's bell at the person's desktop.

use std::time::{Duration, Instant};

use winit::window::{UserAttentionType, Window};
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::x_display;

/// How loud, relative to what the person set for their desktop.
const AS_SET: i8 = 0;

/// Between two bells, whatever the server says.
const LEAST: Duration = Duration::from_millis(500);

/// Passes on the bells of a session.
#[derive(Debug, Default)]
pub(super) struct Bell {
    /// Those that were noticed.
    noticed: u64,
    /// When the last one rang here.
    last: Option<Instant>,
}

impl Bell {
    /// So many bells rang so far: has the desktop notice a new one, as it does those of programs of
    /// its own.
    pub(super) fn follow(&mut self, rung: u64, window: &Window) {
        if rung == self.noticed {
            return;
        }
        self.noticed = rung;
        if self.last.is_some_and(|last| last.elapsed() < LEAST) {
            return;
        }
        self.last = Some(Instant::now());
        // Without effect on a window that has the focus.
        window.request_user_attention(Some(UserAttentionType::Informational));
        if x_display::window_id(window).is_some() {
            // A desktop that makes no sound still has the window marked.
            let _ = ring();
        }
    }
}

/// Rings the bell of the X display. Too rare to keep a connection for it.
fn ring() -> Result<(), Box<dyn std::error::Error>> {
    let (connection, _) = x_display::connect()?;
    connection.bell(AS_SET)?;
    // Sees that the display has it before the connection ends.
    connection.get_input_focus()?.reply()?;
    Ok(())
}
