//! The window's buffer and its way to the window system.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Instant;

use hackstream_protocol::geometry::{Rect, Size, Window as WindowSpace};
use hackstream_protocol::region::Region;
use softbuffer::{Context, SoftBufferError};
use winit::window::Window;

use super::blit::{Shade, paint};
use super::damage::History;
use super::overlay::Overlay;
use super::placement::Placement;
use crate::picture::Picture;
use crate::shared::Shared;

/// Shows the picture in a window. Lives on the window's thread.
pub(super) struct Surface {
    surface: softbuffer::Surface<Rc<Window>, Rc<Window>>,
    /// Where the picture was when it was last presented.
    placement: Placement,
    history: History,
    shade: Shade,
    /// What is drawn over the picture.
    pub(super) overlay: Overlay,
}

/// What is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What changed since the last time.
    Changes,
    /// All of the window, margins included.
    Window,
}

impl Surface {
    /// The surface of `window`.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn new(window: &Rc<Window>) -> Result<Self, SoftBufferError> {
        let context = Context::new(Rc::clone(window))?;
        let surface = softbuffer::Surface::new(&context, Rc::clone(window))?;
        let placement = Placement::new(Size::new(0, 0), Size::new(0, 0));
        Ok(Self {
            surface,
            placement,
            history: History::default(),
            shade: Shade::Plain,
            overlay: Overlay::new(),
        })
    }

    /// Where the picture lies in the window.
    pub(super) const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Changes how the picture looks; true if everything has to be presented again.
    pub(super) fn set_shade(&mut self, shade: Shade) -> bool {
        std::mem::replace(&mut self.shade, shade) != shade
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
    ) -> Result<(), SoftBufferError> {
        let begun = Instant::now();
        let (Some(width), Some(height)) = (
            NonZeroU32::new(window.width),
            NonZeroU32::new(window.height),
        ) else {
            return Ok(());
        };
        self.surface.resize(width, height)?;
        // May wait for the window system to be done with the last presentation, so before the
        // picture is locked.
        let mut buffer = self.surface.buffer_mut()?;
        let mut picture = shared.picture();
        let placement = Placement::new(picture.size(), window);
        let moved = placement != self.placement;
        self.placement = placement;
        let (mut unshown, unseen) = (picture.take_unshown(), picture.take_unseen());
        let everything = extent == Extent::Window || moved;
        let is_counted = everything || !unshown.is_empty();
        self.overlay.prepare(&placement, &mut unshown);
        if everything {
            self.history.forget();
        } else if unshown.is_empty() {
            return Ok(());
        }
        let repaint = self
            .history
            .plan(if everything { 0 } else { buffer.age() }, &unshown);
        let shown = match &repaint.copy {
            Some(copy) => {
                paint_region(&mut buffer, &picture, &placement, copy, self.shade);
                rects_of(&placement, &repaint.show)
            }
            None => {
                buffer.fill(0);
                paint(
                    &mut buffer,
                    &picture,
                    &placement,
                    &placement.picture(),
                    self.shade,
                );
                vec![Rect::of_size(window)]
            }
        };
        drop(picture);
        let stride = window.width as usize;
        self.overlay
            .draw(&mut buffer, stride, &placement, repaint.copy.as_ref());
        let damage: Vec<softbuffer::Rect> = shown.iter().filter_map(foreign).collect();
        buffer.present_with_damage(&damage)?;
        if is_counted {
            shared.counters.presented(unseen, begun, Instant::now());
        }
        Ok(())
    }
}

fn paint_region(
    buffer: &mut [u32],
    picture: &Picture,
    placement: &Placement,
    region: &Region,
    shade: Shade,
) {
    for rect in region.rects() {
        paint(
            buffer,
            picture,
            placement,
            &placement.to_window(rect),
            shade,
        );
    }
}

fn rects_of(placement: &Placement, region: &Region) -> Vec<Rect<WindowSpace>> {
    region
        .rects()
        .iter()
        .map(|rect| placement.to_window(rect))
        .collect()
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
