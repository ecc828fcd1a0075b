//! The keyboard on a bare X display.
//!
//! winit passes keys on only while its window has the input focus. On a display without a window
//! manager nobody ever gives it the focus, so the viewer takes it itself.

use winit::window::Window;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, InputFocus, MapState};
use x11rb::rust_connection::RustConnection;

use crate::x_display;

/// When the focus is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Only if no other window has it.
    IfFree,
    /// Whoever has it.
    Always,
}

/// Whether `window` is on an X display on which nobody arranges windows.
pub(super) fn lacks_window_manager(window: &Window) -> bool {
    let look = || -> Result<bool, Box<dyn std::error::Error>> {
        let (display, root) = x_display::connect()?;
        is_managed(&display, root)
    };
    // In doubt there is one, and it knows better.
    x_display::window_id(window).is_some() && !look().unwrap_or(true)
}

/// Gives `window` the input focus if it is on an X display without a window manager.
pub(super) fn take_without_window_manager(window: &Window, claim: Claim) {
    if let Some(id) = x_display::window_id(window) {
        // A window without the focus is what there would be without this attempt.
        let _ = take(id, claim);
    }
}

fn take(window: u32, claim: Claim) -> Result<(), Box<dyn std::error::Error>> {
    // A connection of its own, for the few times that this happens.
    let (display, root) = x_display::connect()?;
    if is_managed(&display, root)? {
        return Ok(());
    }
    let focus = display.get_input_focus()?.reply()?.focus;
    let nobodys = [
        u32::from(InputFocus::NONE),
        u32::from(InputFocus::POINTER_ROOT),
        root,
    ];
    let may_take = claim == Claim::Always || nobodys.contains(&focus);
    let viewable = || -> Result<bool, ReplyError> {
        let attributes = display.get_window_attributes(window)?.reply()?;
        Ok(attributes.map_state == MapState::VIEWABLE)
    };
    if focus != window && may_take && viewable()? {
        display
            .set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)?
            .check()?;
    }
    Ok(())
}

/// Whether a window manager announces itself, as the freedesktop.org rules want.
fn is_managed(display: &RustConnection, root: u32) -> Result<bool, Box<dyn std::error::Error>> {
    let atom = display
        .intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?
        .reply()?
        .atom;
    let property = display
        .get_property(false, root, atom, AtomEnum::WINDOW, 0, 1)?
        .reply()?;
    Ok(property.value_len > 0)
}
