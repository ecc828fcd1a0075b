//! What of the picture is seen where, and what of it has to be presented.

use hackstream_protocol::geometry::{Size, Window as WindowSpace};
use hackstream_protocol::region::Region;

use super::overlay::Overlay;
use super::placement::Placement;
use crate::picture::{Extent, Picture, Shade, Sight};
use crate::stats::Unseen;

/// What a presentation has to show.
pub(super) struct Change {
    /// Pixels of the picture; `None`: all of the window, margins included.
    pub(super) region: Option<Region>,
    /// What of it is being timed; `None` if nothing of it is the session's.
    pub(super) unseen: Option<Unseen>,
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
    overlay: Overlay,
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
            overlay: Overlay::new(),
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

    /// What is written over the picture.
    pub(super) const fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Takes over what the window wants.
    pub(super) fn look(&mut self, sight: &Sight) {
        self.window = sight.window;
        self.wanted = sight.shade;
        self.overlay.show(&sight.texts, sight.density);
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
        (self.placement, self.shade) = (placement, shade);
        // The person keeps seeing what was whole, until what is being painted is.
        let (mut region, unseen) = if everything || !picture.is_held_back() {
            (picture.take_unshown(), picture.take_unseen())
        } else {
            (Region::new(), Unseen::default())
        };
        let is_news = everything || !region.is_empty();
        self.overlay.prepare(&placement, &mut region);
        if region.is_empty() && !everything {
            return None;
        }
        Some(Change {
            region: (!everything).then_some(region),
            unseen: is_news.then_some(unseen),
        })
    }
}
