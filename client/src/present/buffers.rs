//! Presenting where the window system wants buffers of its own (Wayland).

use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Instant;

use hackstream_protocol::geometry::{Rect, Window as WindowSpace};
use softbuffer::{Context, SoftBufferError};
use winit::window::Window;

use super::blit;
use super::damage::History;
use super::viewport::Viewport;
use crate::picture::Sight;
use crate::shared::Shared;

/// The buffers that a window is shown from.
pub(super) struct Buffers {
    surface: softbuffer::Surface<Rc<Window>, Rc<Window>>,
    history: History,
    viewport: Viewport,
}

impl Buffers {
    /// The buffers of `window`.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn new(window: &Rc<Window>) -> Result<Self, SoftBufferError> {
        let context = Context::new(Rc::clone(window))?;
        let surface = softbuffer::Surface::new(&context, Rc::clone(window))?;
        Ok(Self {
            surface,
            history: History::default(),
            viewport: Viewport::new(),
        })
    }

    /// Presents the picture as the window wants it.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn present(
        &mut self,
        shared: &Shared,
        sight: &Sight,
    ) -> Result<(), SoftBufferError> {
        let begun = Instant::now();
        let window = sight.window;
        let (Some(width), Some(height)) = (
            NonZeroU32::new(window.width),
            NonZeroU32::new(window.height),
        ) else {
            return Ok(());
        };
        self.viewport.look(sight);
        self.surface.resize(width, height)?;
        // May wait for the window system to be done with the last presentation, so before the
        // picture is locked.
        let mut buffer = self.surface.buffer_mut()?;
        let mut picture = shared.picture();
        let Some(change) = self.viewport.take(&mut picture, sight.extent) else {
            return Ok(());
        };
        let (placement, shade) = (*self.viewport.placement(), self.viewport.shade());
        let repaint = match &change.region {
            Some(region) => self.history.plan(buffer.age(), region),
            None => self.history.plan_whole(),
        };
        let whole = Rect::of_size(window);
        let (painted, shown) = match &repaint.copy {
            Some(copy) => (placement.rects(copy), placement.rects(&repaint.show)),
            None => {
                buffer.fill(0);
                (vec![placement.picture()], vec![whole])
            }
        };
        let mut target = blit::Target::new(&mut buffer, whole);
        for rect in &painted {
            target.paint(&picture, &placement, rect, shade);
        }
        drop(picture);
        self.viewport.overlay().draw(&mut target);
        let damage: Vec<softbuffer::Rect> = shown.iter().filter_map(foreign).collect();
        buffer.present_with_damage(&damage)?;
        if let Some(unseen) = change.unseen {
            shared.counters.presented(unseen, begun, Instant::now());
        }
        Ok(())
    }
}

/// The rectangle as the window system's library wants it; `None` if it is empty.
fn foreign(rect: &Rect<WindowSpace>) -> Option<softbuffer::Rect> {
    Some(softbuffer::Rect {
        x: u32::try_from(rect.left).ok()?,
        y: u32::try_from(rect.top).ok()?,
        width: NonZeroU32::new(rect.width())?,
        height: NonZeroU32::new(rect.height())?,
    })
}
