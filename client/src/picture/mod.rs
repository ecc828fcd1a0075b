//! The picture of the session: what it looks like now, and what of it has not been shown.

mod assistance;
mod decoder;
mod limits;
mod memory;
mod presenter;
mod showing;
mod texts;

use std::time::Instant;

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;

use crate::shared::Progress;
use crate::stats::Unseen;

use showing::{Showing, Standing};

pub(crate) use assistance::Assistance;
pub(crate) use decoder::{Arrival, Report, Work, spawn};
pub(crate) use limits::limits_for;
pub(crate) use memory::PictureMemory;
pub(crate) use presenter::{Extent, Presenter, Shade, Sight};
pub(crate) use texts::{Line, Look, Texts};

/// Rectangles of what has not been shown before it is simplified. A window that nobody repaints
/// must not collect ever more of them.
const MAX_UNSHOWN_RECTS: usize = 256;

/// The newest known state of the session's screen.
pub struct Picture {
    canvas: Canvas<PictureMemory>,
    /// Pixels changed since the front last took them.
    unshown: Region,
    showing: Showing,
    /// What of the changes is being timed.
    unseen: Unseen,
    /// Frames applied, over all connections.
    frames: u64,
}

impl Picture {
    /// A picture of nothing.
    pub(crate) fn new() -> Self {
        Self {
            canvas: Canvas::in_memory(PictureMemory::empty(), Size::new(0, 0)),
            unshown: Region::new(),
            showing: Showing::new(),
            unseen: Unseen::default(),
            frames: 0,
        }
    }

    /// Size of the session's screen; empty until the first frame.
    #[must_use]
    pub fn size(&self) -> Size {
        self.canvas.size()
    }

    /// The pixels, row by row, as `0x00RRGGBB`.
    #[must_use]
    pub fn pixels(&self) -> &[u32] {
        self.canvas.pixels()
    }

    /// Frames applied since the viewer's start, over all connections.
    #[must_use]
    pub const fn frames_applied(&self) -> u64 {
        self.frames
    }

    /// Whether the picture is whole and consistent: an update was finished on this connection,
    /// and none is under way.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.showing.is_whole()
    }

    /// The pixels of row `y`.
    pub(crate) fn row(&self, y: u32) -> &[u32] {
        self.canvas.row(y)
    }

    /// What the pixels are kept in.
    pub(crate) const fn memory(&self) -> &PictureMemory {
        self.canvas.memory()
    }

    /// Whether what was painted is not to be seen yet.
    pub(crate) const fn is_held_back(&self) -> bool {
        self.showing.holds_back()
    }

    /// Whether a new connection is still painting over the picture of an earlier one.
    pub(crate) const fn is_catching_up(&self) -> bool {
        self.showing.is_catching_up()
    }

    /// A new connection takes over. Its first frames clear the picture and paint it anew; the
    /// person keeps seeing the old one until that is done.
    fn attach(&mut self) {
        self.showing.attach(self.frames > 0);
    }

    /// Applies a frame by `decode`, which paints and returns the pixels the frame covers, and
    /// returns these. Pixels of `keep` are known to be left alone.
    fn apply<E>(
        &mut self,
        keep: &Region,
        decode: impl FnOnce(&mut Canvas<PictureMemory>) -> Result<Region, E>,
    ) -> Result<Region, E> {
        let before = self.canvas.size();
        let covered = decode(&mut self.canvas)?;
        let size = self.canvas.size();
        if size == before {
            self.unshown.add(&covered.difference(keep));
        } else {
            self.unshown = Region::from(Rect::of_size(size));
        }
        if self.unshown.rects().len() > MAX_UNSHOWN_RECTS {
            self.unshown = self.unshown.simplified(MAX_UNSHOWN_RECTS / 4);
        }
        self.frames += 1;
        Ok(covered)
    }

    /// Paints `rect` as a frame would that ends its update, on a screen of `size`.
    #[cfg(all(test, feature = "console"))]
    pub(crate) fn paint_for_test(&mut self, size: Size, rect: &Rect, colour: u32) {
        let painted = self.apply::<()>(&Region::new(), |canvas| {
            if canvas.size() != size {
                canvas.renew(size);
            }
            canvas.fill(rect, colour);
            Ok(Region::from(*rect))
        });
        assert!(painted.is_ok());
        self.stands(Standing::Whole, Instant::now());
    }

    /// Notes what the frame just applied makes of the picture. True if it is to be shown now.
    fn stands(&mut self, standing: Standing, now: Instant) -> bool {
        self.showing.painted(standing, now)
    }

    /// When pieces will have waited for the end of their update for long enough.
    fn overdue_at(&self) -> Option<Instant> {
        self.showing.overdue_at()
    }

    /// True if pieces have waited for long enough and are to be shown.
    pub(crate) fn overdue(&mut self, now: Instant) -> bool {
        self.showing.overdue(now)
    }

    /// What the front has to repaint. It counts as shown from now on.
    pub(crate) fn take_unshown(&mut self) -> Region {
        self.showing.shown();
        std::mem::take(&mut self.unshown)
    }

    /// What of the changes is being timed, for whoever [takes](Self::take_unshown) them.
    pub(crate) fn take_unseen(&mut self) -> Unseen {
        std::mem::take(&mut self.unseen)
    }

    fn progress(&self) -> Progress {
        Progress {
            frames: self.frames,
            complete: self.is_complete(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paint(picture: &mut Picture, keep: &Region, rect: Rect) -> Region {
        let decode = |_: &mut Canvas<PictureMemory>| Ok::<_, ()>(Region::from(rect));
        picture.apply(keep, decode).expect("decoded")
    }

    #[test]
    fn what_a_later_frame_painted_is_not_shown_again() {
        let mut picture = Picture::new();
        let keep = Region::from(Rect::new(0, 0, 2, 4));
        let covered = paint(&mut picture, &keep, Rect::new(0, 0, 4, 4));
        assert_eq!(covered, Region::from(Rect::new(0, 0, 4, 4)));
        assert_eq!(picture.take_unshown(), Region::from(Rect::new(2, 0, 2, 4)));
        assert!(picture.take_unshown().is_empty());
    }

    #[test]
    fn a_new_size_repaints_everything() {
        let mut picture = Picture::new();
        let decode = |canvas: &mut Canvas<PictureMemory>| {
            canvas.renew(Size::new(8, 6));
            Ok::<_, ()>(Region::from(Rect::new(0, 0, 1, 1)))
        };
        assert!(picture.apply(&Region::new(), decode).is_ok());
        assert_eq!(picture.take_unshown(), Region::from(Rect::new(0, 0, 8, 6)));
    }

    #[test]
    fn unshown_pixels_stay_few_rectangles() {
        let mut picture = Picture::new();
        for i in 0..2000 {
            let rect = Rect::new(i % 40 * 3, i / 40 * 3, 1, 1);
            paint(&mut picture, &Region::new(), rect);
        }
        assert!(picture.take_unshown().rects().len() <= MAX_UNSHOWN_RECTS);
    }
}
