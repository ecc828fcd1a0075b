//! What size the window, the picture and the session's screen take on for each other.

use hackstream_protocol::fit::{Fit, Room};
use hackstream_protocol::geometry::{Size, Window};
use hackstream_protocol::wire::control::{Scale, ViewerWindow};
use winit::dpi::PhysicalSize;

use super::placement::Placement;
use super::view::View;
use crate::config::Scaling;
use crate::session::Session;

impl View {
    /// Takes over how the picture shows the session's screen, once that is known.
    pub(super) fn follow_screen(&mut self, fit: Option<Fit>) {
        let Some(fit) = fit else { return };
        self.fit = fit;
        if let Some(size) = self.sizing.screen_changed(fit.screen(), self.size()) {
            // The answer comes as an event; there is nothing to do with it here.
            let _ = self.window.request_inner_size(physical(size));
        }
    }

    /// Has the session's screen follow a window that somebody gave another size, and the server scale
    /// what it cannot show.
    pub(super) fn tell_size(&mut self, session: &Session) {
        let size = self.size();
        if self.scaling == Scaling::ToWindow && !size.is_empty() {
            session.room(Room::AtMost(Size::new(size.width, size.height)));
        }
        let percent = (self.window.scale_factor() * 100.0).round();
        let scale = Scale::of_percent(percent as u32);
        if let Some(size) = self.sizing.window_changed(self.size(), scale) {
            let size = Size::new(size.width, size.height);
            session.window(ViewerWindow { size, scale });
        }
    }

    pub(super) fn placement(&self) -> Placement {
        Placement::fitted(self.fit, self.size())
    }

    /// Dots of the screen for each of what programs call a pixel.
    pub(super) fn density(&self) -> u32 {
        (self.window.scale_factor().round() as u32).max(1)
    }

    pub(super) fn size(&self) -> Size<Window> {
        let size = self.window.inner_size();
        Size::new(size.width, size.height)
    }
}

pub(super) const fn physical(size: Size<Window>) -> PhysicalSize<u32> {
    PhysicalSize::new(size.width, size.height)
}
