//! What of the picture is seen where, and what of it has to be presented.

use hackstream_protocol::geometry::{Size, Window as WindowSpace};
use hackstream_protocol::region::Region;

use super::placement::Placement;
use crate::picture::{Extent, Picture, Shade, Sight};
use crate::stats::Unseen;

/// What a presentation has to show.
pub(super) struct Change {
    /// Pixels of the picture; `None`: all of the window, margins included.
    pub(super) region: Option<Region>,
    /// What of it is being timed.
    pub(super) unseen: Unseen,
}

/// How the window shows the picture.
pub(super) struct Viewport {
    window: Size<WindowSpace>,
    /// Where the picture was when it was last presented.
    placement: Placement,
    /// What the window wants.
    wanted: Shade,
    /// How the picture looked when it was last presented.
    shade: Shade,
}

impl Viewport {
    /// A window without size that shows nothing yet.
    pub(super) fn new() -> Self {
        let window = Size::new(0, 0);
        Self {
            window,
            placement: Placement::new(Size::new(0, 0), window),
            wanted: Shade::Plain,
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

    /// Takes over what the window wants.
    pub(super) const fn look(&mut self, sight: &Sight) {
        self.window = sight.window;
        self.wanted = sight.shade;
    }

    /// Takes from `picture` what the window lacks, if anything.
    pub(super) fn take(&mut self, picture: &mut Picture, extent: Extent) -> Option<Change> {
        if self.window.is_empty() {
            return None;
        }
        let placement = Placement::new(picture.size(), self.window);
        let shade = match picture.is_catching_up() {
            true => Shade::Dimmed,
            false => self.wanted,
        };
        let everything =
            extent == Extent::Window || placement != self.placement || shade != self.shade;
        if !everything && picture.is_catching_up() {
            // The person keeps seeing the old picture until the new one is whole.
            return None;
        }
        (self.placement, self.shade) = (placement, shade);
        let (unshown, unseen) = (picture.take_unshown(), picture.take_unseen());
        if unshown.is_empty() && !everything {
            return None;
        }
        let region = (!everything).then_some(unshown);
        Some(Change { region, unseen })
    }
}
