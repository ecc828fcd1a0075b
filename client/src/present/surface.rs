//! The way to the window system that suits it.

use std::rc::Rc;

use winit::window::Window;

use super::buffers::Buffers;
use super::x11::X11Surface;
use crate::picture::Sight;
use crate::session::Session;
use crate::shared::Shared;

/// Where the picture of a window is shown.
pub(super) enum Surface {
    /// On the decoder's thread.
    Decoder,
    /// On the window's own.
    Window(Box<Buffers>),
}

impl Surface {
    /// The surface of `window`, which shows the picture of `session`.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn new(window: &Rc<Window>, session: &Session) -> Result<Self, String> {
        match X11Surface::new(window).map_err(|error| error.to_string())? {
            Some(surface) => {
                session.present_on(Box::new(surface));
                Ok(Self::Decoder)
            }
            None => Buffers::new(window)
                .map(|buffers| Self::Window(Box::new(buffers)))
                .map_err(|error| error.to_string()),
        }
    }

    /// Shows the picture as the window wants it.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn look(
        &mut self,
        session: &Session,
        shared: &Shared,
        sight: Sight,
    ) -> Result<(), String> {
        match self {
            Self::Decoder => {
                session.look(sight);
                Ok(())
            }
            Self::Window(buffers) => {
                let presented = buffers.present(shared, &sight);
                presented.map_err(|error| error.to_string())
            }
        }
    }
}
