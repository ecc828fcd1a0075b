//! Presenting on an X display.
//!
//! The display reads the picture where the decoder paints it: the memory is shared, nothing is
//! copied on the viewer's side. Nobody paints meanwhile, so no half-painted update is seen. What
//! has to look different from the picture, and all of it where memory cannot be shared (a display
//! on another machine), goes through the connection in bands.

mod display;
mod segment;

use std::time::Instant;

use hackstream_protocol::geometry::{Rect, Size, Window as WindowSpace};
use winit::raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use winit::window::Window;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};

use super::blit::{self, Shade};
use super::viewport::{Extent, Viewport};
use crate::picture::Picture;
use crate::shared::Shared;

use display::Display;
use segment::Sharing;

/// Rectangles of one presentation; more cost more requests than they save pixels.
const MAX_RECTS: usize = 32;

/// Bytes of one band.
const BAND_BYTES: usize = 256 << 10;

/// Why a window on an X display shows nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum X11Error {
    #[error("the X display refuses the viewer: {0}")]
    Connect(#[from] ConnectError),
    #[error("the X display does not answer: {0}")]
    Connection(#[from] ConnectionError),
    #[error("the X display refuses: {0}")]
    Reply(#[from] ReplyError),
    #[error("the X display has no ids left: {0}")]
    Ids(#[from] ReplyOrIdError),
    #[error(
        "the X display shows {0} bits a pixel in an order of its own; the viewer needs 24-bit TrueColor"
    )]
    Format(u8),
}

/// The viewer's window on an X display.
pub(super) struct X11Surface {
    display: Display,
    sharing: Sharing,
    /// A band on its way to the display.
    band: Vec<u32>,
}

impl X11Surface {
    /// The surface of `window`; `None` if it is not on an X display.
    ///
    /// # Errors
    /// What the display said.
    pub(super) fn new(window: &Window) -> Result<Option<Self>, X11Error> {
        let Some(id) = id(window) else {
            return Ok(None);
        };
        let display = Display::open(id)?;
        let sharing = Sharing::offered_by(&display);
        Ok(Some(Self {
            display,
            sharing,
            band: Vec::new(),
        }))
    }

    /// Presents the picture in a window of the given size, and returns once it can be seen.
    ///
    /// # Errors
    /// What the display said.
    pub(super) fn present(
        &mut self,
        shared: &Shared,
        viewport: &mut Viewport,
        window: Size<WindowSpace>,
        extent: Extent,
    ) -> Result<(), X11Error> {
        let begun = Instant::now();
        let mut picture = shared.picture();
        let Some(change) = viewport.take(&mut picture, window, extent) else {
            return Ok(());
        };
        if change.region.is_none() {
            self.display.clear(&viewport.placement().margins())?;
        }
        let rects = match &change.region {
            Some(region) => viewport.placement().rects(&region.simplified(MAX_RECTS)),
            None => vec![viewport.placement().picture()],
        };
        if viewport.shade() == Shade::Plain && self.put_shared(&picture, viewport, &rects)? {
            let _loan = shared.lend(picture);
            self.display.settle()?;
        } else {
            drop(picture);
            self.put_bands(shared, viewport, &rects)?;
            self.display.settle()?;
        }
        shared
            .counters
            .presented(change.unseen, begun, Instant::now());
        Ok(())
    }

    /// Has the display read `rects` from the picture's memory; false if it cannot.
    fn put_shared(
        &mut self,
        picture: &Picture,
        viewport: &Viewport,
        rects: &[Rect<WindowSpace>],
    ) -> Result<bool, X11Error> {
        let Some(segment) = self.sharing.segment(&self.display, picture.memory())? else {
            return Ok(false);
        };
        for rect in rects {
            let offset = viewport.placement().offset();
            self.display
                .put_shared(segment, picture.size(), rect, offset)?;
        }
        Ok(true)
    }

    /// Sends `rects` through the connection. The picture may change between two bands; what did
    /// is presented again.
    fn put_bands(
        &mut self,
        shared: &Shared,
        viewport: &Viewport,
        rects: &[Rect<WindowSpace>],
    ) -> Result<(), X11Error> {
        for rect in rects.iter().filter(|rect| !rect.is_empty()) {
            let rows = (BAND_BYTES / 4 / rect.width() as usize).max(1) as i32;
            for top in (rect.top..rect.bottom).step_by(rows as usize) {
                let bottom = rect.bottom.min(top + rows);
                let band = Rect::from_edges(rect.left, top, rect.right, bottom);
                self.band.clear();
                self.band.resize(band.area() as usize, 0);
                let target = &mut blit::Target::new(&mut self.band, band);
                target.paint(
                    &shared.picture(),
                    viewport.placement(),
                    &band,
                    viewport.shade(),
                );
                self.display.put(&self.band, &band)?;
            }
        }
        self.band = Vec::new();
        Ok(())
    }
}

/// The id of `window` on its X display, if it is on one.
pub(super) fn id(window: &Window) -> Option<u32> {
    match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    }
}
