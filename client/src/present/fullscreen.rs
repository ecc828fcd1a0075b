//! Filling the screen, and back.
//!
//! Window managers do that when they are asked to. On an X display without one, nobody does: the
//! window goes to the corner of its monitor and takes all of it by itself.

use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::window::{Fullscreen, Window};

use super::focus;

/// Where the window was before it filled a screen without a window manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Windowed(Option<(PhysicalPosition<i32>, PhysicalSize<u32>)>);

impl Windowed {
    /// Has `window` fill the screen, or not any more. Its new size comes as an event, and the
    /// session's screen follows it.
    pub(super) fn toggle(&mut self, window: &Window) {
        let fills = window.fullscreen().is_none();
        window.set_fullscreen(fills.then_some(Fullscreen::Borderless(None)));
        self.arrange(window, fills);
    }

    /// Does what a window manager would, where there is none.
    pub(super) fn arrange(&mut self, window: &Window, fills: bool) {
        if !focus::lacks_window_manager(window) {
            return;
        }
        let place = match (fills, window.current_monitor()) {
            (true, Some(monitor)) => {
                let at = window.outer_position().unwrap_or_default();
                self.0 = Some((at, window.inner_size()));
                Some((monitor.position(), monitor.size()))
            }
            (true, None) => None,
            (false, _) => self.0.take(),
        };
        if let Some((at, size)) = place {
            window.set_outer_position(at);
            // The answer comes as an event.
            let _ = window.request_inner_size(size);
        }
    }
}
