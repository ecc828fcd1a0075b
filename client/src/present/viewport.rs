//! What of the picture is seen where, and what of it has to be presented.

use hackstream_protocol::geometry::{Size, Window as WindowSpace};
use hackstream_protocol::region::Region;

use super::blit::Shade;
use super::placement::Placement;
use crate::picture::Picture;
use crate::stats::Unseen;

/// What is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What changed since the last time.
    Changes,
    /// All of the window, margins included.
    Window,
}

/// What a presentation has to show.
pub(super) struct Change {
    /// Pixels of the picture; `None`: all of the window, margins included.
    pub(super) region: Option<Region>,
    /// What of it is being timed.
    pub(super) unseen: Unseen,
}

/// How the window shows the picture.
pub(super) struct Viewport {
    placement: Placement,
    shade: Shade,
}

impl Viewport {
    /// A window that shows nothing yet.
    pub(super) fn new() -> Self {
        Self {
            placement: Placement::new(Size::new(0, 0), Size::new(0, 0)),
            shade: Shade::Plain,
        }
    }

    /// Where the picture lay in the window when it was last presented.
    pub(super) const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// How the picture looks.
    pub(super) const fn shade(&self) -> Shade {
        self.shade
    }

    /// Changes how the picture looks; true if everything has to be presented again.
    pub(super) fn set_shade(&mut self, shade: Shade) -> bool {
        std::mem::replace(&mut self.shade, shade) != shade
    }

    /// Takes from `picture` what a window of the given size lacks, if anything.
    pub(super) fn take(
        &mut self,
        picture: &mut Picture,
        window: Size<WindowSpace>,
        extent: Extent,
    ) -> Option<Change> {
        let placement = Placement::new(picture.size(), window);
        let moved = placement != self.placement;
        self.placement = placement;
        let (unshown, unseen) = (picture.take_unshown(), picture.take_unseen());
        let everything = extent == Extent::Window || moved;
        if unshown.is_empty() && !everything {
            return None;
        }
        let region = (!everything).then_some(unshown);
        Some(Change { region, unseen })
    }
}
