//! The window's pixels: the way to the window system that suits it.

use std::rc::Rc;

use hackstream_protocol::geometry::{Size, Window as WindowSpace};
use winit::window::Window;

use super::blit::Shade;
use super::buffers::Buffers;
use super::placement::Placement;
use super::viewport::{Extent, Viewport};
use super::x11::X11Surface;
use crate::shared::Shared;

/// Shows the picture in a window. Lives on the window's thread.
pub(super) struct Surface {
    way: Way,
    viewport: Viewport,
}

/// How pixels get to the window system.
enum Way {
    X11(Box<X11Surface>),
    Buffers(Buffers),
}

impl Surface {
    /// The surface of `window`.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn new(window: &Rc<Window>) -> Result<Self, String> {
        let way = match X11Surface::new(window).map_err(|error| error.to_string())? {
            Some(surface) => Way::X11(Box::new(surface)),
            None => Way::Buffers(Buffers::new(window).map_err(|error| error.to_string())?),
        };
        Ok(Self {
            way,
            viewport: Viewport::new(),
        })
    }

    /// Where the picture lies in the window.
    pub(super) const fn placement(&self) -> &Placement {
        self.viewport.placement()
    }

    /// Changes how the picture looks; true if everything has to be presented again.
    pub(super) fn set_shade(&mut self, shade: Shade) -> bool {
        self.viewport.set_shade(shade)
    }

    /// Presents the picture in a window of the given size.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn present(
        &mut self,
        shared: &Shared,
        window: Size<WindowSpace>,
        extent: Extent,
    ) -> Result<(), String> {
        let viewport = &mut self.viewport;
        match &mut self.way {
            Way::X11(surface) => surface
                .present(shared, viewport, window, extent)
                .map_err(|error| error.to_string()),
            Way::Buffers(buffers) => buffers
                .present(shared, viewport, window, extent)
                .map_err(|error| error.to_string()),
        }
    }
}
