//! The bell of the display.

use x11rb::protocol::xkb::{ConnectionExt as _, EventType, ID, MapPart, SelectEventsAux};

use super::connect::Display;
use crate::error::CaptureError;

/// Asks to be told when a program rings the bell. A display without XKB does not tell.
pub(super) fn select(display: &Display) -> Result<(), CaptureError> {
    let connection = &display.connection;
    let Ok(version) = connection.xkb_use_extension(1, 0) else {
        return Ok(());
    };
    if !version.reply()?.supported {
        return Ok(());
    }
    let (device, nothing) = (ID::USE_CORE_KBD.into(), EventType::from(0u16));
    let bell = EventType::BELL_NOTIFY;
    let no_part = MapPart::from(0u16);
    let details = SelectEventsAux::new();
    let selected =
        connection.xkb_select_events(device, nothing, bell, no_part, no_part, &details)?;
    Ok(selected.check()?)
}
