//! Presenting on an X display.
//!
//! The display reads the picture where the decoder paints it: the memory is shared, nothing is
//! copied on the viewer's side. The decoder waits for it, so no half-painted update is seen. What
//! has to look different from the picture, and all of it where memory cannot be shared (a display
//! on another machine, or one of 16 bits), goes through the connection in bands.

mod display;
mod format;
mod segment;

use std::time::Instant;

use hackstream_protocol::geometry::{Rect, Window as WindowSpace};
use hackstream_protocol::region::Region;
use winit::window::Window;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};

use super::blit;
use super::viewport::Viewport;
use crate::picture::{Extent, Picture, Presenter, Shade, Sight};
use crate::shared::Shared;
use crate::x_display::window_id;

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
        "the X display has a depth of {0} that the viewer cannot show: start it with 24 or 16 bits TrueColor, \
         such as `startx -- -depth 24`"
    )]
    Format(u8),
}

/// The viewer's window on an X display.
pub(super) struct X11Surface {
    display: Display,
    sharing: Sharing,
    viewport: Viewport,
    /// A band on its way to the display.
    band: Vec<u32>,
}

impl X11Surface {
    /// The surface of `window`; `None` if it is not on an X display.
    ///
    /// # Errors
    /// What the display said.
    pub(super) fn new(window: &Window) -> Result<Option<Self>, X11Error> {
        let Some(id) = window_id(window) else {
            return Ok(None);
        };
        let display = Display::open(id)?;
        let sharing = Sharing::offered_by(&display);
        Ok(Some(Self {
            display,
            sharing,
            viewport: Viewport::new(),
            band: Vec::new(),
        }))
    }

    /// Presents what the window lacks, and returns once it can be seen.
    fn present(&mut self, shared: &Shared, extent: Extent) -> Result<(), X11Error> {
        let begun = Instant::now();
        let mut picture = shared.picture();
        let Some(change) = self.viewport.take(&mut picture, extent) else {
            return Ok(());
        };
        let placement = *self.viewport.placement();
        if change.region.is_none() {
            self.display.clear(&placement.margins())?;
        }
        let rects = match &change.region {
            Some(region) => placement.rects(&region.simplified(MAX_RECTS)),
            None => vec![placement.picture()],
        };
        let (rects, panels) = self.beside_panels(rects);
        if self.viewport.shade() == Shade::Plain && self.put_shared(&picture, &rects)? {
            drop(picture);
        } else {
            drop(picture);
            self.put_bands(shared, &rects)?;
        }
        self.put_panels(&panels)?;
        self.display.settle()?;
        if let Some(unseen) = change.unseen {
            shared.counters.presented(unseen, begun, Instant::now());
        }
        Ok(())
    }

    /// What of `rects` no panel covers, and the panels that cover some of them.
    fn beside_panels(
        &self,
        rects: Vec<Rect<WindowSpace>>,
    ) -> (Vec<Rect<WindowSpace>>, Vec<Rect<WindowSpace>>) {
        let panels = self.viewport.overlay().rects();
        let covering = |panel: &Rect<_>| rects.iter().any(|rect| rect.intersects(panel));
        let panels: Vec<_> = panels.filter(covering).collect();
        if panels.is_empty() {
            return (rects, panels);
        }
        let all: Region<WindowSpace> = rects.into_iter().collect();
        let beside = all.difference(&panels.iter().copied().collect());
        (beside.rects().to_vec(), panels)
    }

    fn put_panels(&mut self, panels: &[Rect<WindowSpace>]) -> Result<(), X11Error> {
        for panel in panels {
            let mut pixels = vec![0; panel.area() as usize];
            let mut target = blit::Target::new(&mut pixels, *panel);
            self.viewport.overlay().draw(&mut target);
            self.display.put(&pixels, panel)?;
        }
        Ok(())
    }

    /// Has the display read `rects` from the picture's memory; false if it cannot.
    fn put_shared(
        &mut self,
        picture: &Picture,
        rects: &[Rect<WindowSpace>],
    ) -> Result<bool, X11Error> {
        let Some(segment) = self.sharing.segment(&self.display, picture.memory())? else {
            return Ok(false);
        };
        let offset = self.viewport.placement().offset();
        for rect in rects {
            self.display
                .put_shared(segment, picture.size(), rect, offset)?;
        }
        Ok(true)
    }

    /// Sends `rects` through the connection.
    fn put_bands(&mut self, shared: &Shared, rects: &[Rect<WindowSpace>]) -> Result<(), X11Error> {
        for rect in rects.iter().filter(|rect| !rect.is_empty()) {
            let rows = (BAND_BYTES / 4 / rect.width() as usize).max(1);
            for top in (rect.top..rect.bottom).step_by(rows) {
                let bottom = rect.bottom.min(top + rows as i32);
                let band = Rect::from_edges(rect.left, top, rect.right, bottom);
                self.band.clear();
                self.band.resize(band.area() as usize, 0);
                let mut target = blit::Target::new(&mut self.band, band);
                let (placement, shade) = (self.viewport.placement(), self.viewport.shade());
                target.paint(&shared.picture(), placement, &band, shade);
                self.display.put(&self.band, &band)?;
            }
        }
        self.band = Vec::new();
        Ok(())
    }
}

impl Presenter for X11Surface {
    fn changed(&mut self, shared: &Shared) -> Result<(), String> {
        let presented = self.present(shared, Extent::Changes);
        presented.map_err(|error| error.to_string())
    }

    fn look(&mut self, shared: &Shared, sight: Sight) -> Result<(), String> {
        self.viewport.look(&sight);
        let presented = self.present(shared, sight.extent);
        presented.map_err(|error| error.to_string())
    }
}
