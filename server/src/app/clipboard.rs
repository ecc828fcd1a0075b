//! The clipboards of the display, for the viewers.

use std::sync::Arc;

use hackstream_clipboard::{Directions, DisplayClipboard};
use tracing::warn;

use crate::viewer::attend::Service;

/// Joins the display's clipboards to those of the viewers, if anything may pass. A session without
/// them is better than none.
pub(super) fn join(service: &Service) -> Option<DisplayClipboard> {
    let Directions { take, give } = service.clipboard_directions;
    if !take && !give {
        return None;
    }
    let (connection, screen) = match service.capture.connection() {
        Ok(parts) => parts,
        Err(error) => {
            warn!(%error, "viewers have no clipboard");
            return None;
        }
    };
    let joined = DisplayClipboard::join(connection, screen, Arc::clone(&service.clipboard));
    joined
        .inspect_err(|error| warn!(%error, "viewers have no clipboard"))
        .ok()
}
