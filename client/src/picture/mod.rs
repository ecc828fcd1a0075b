//! The picture of the session: what it looks like now, and what of it has not been shown.

mod decoder;

use std::time::{Duration, Instant};

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::wire::frame::FrameHeader;

use crate::shared::Progress;

pub(crate) use decoder::{Arrival, DECODER_LIMITS, Report, Work, spawn};

/// Pieces of an unfinished update are shown once the first of them has waited this long: a fast
/// link shows updates as a whole, a slow one as they come.
const PIECES_WAIT: Duration = Duration::from_millis(8);

/// Rectangles of what has not been shown before it is simplified. A window that nobody repaints
/// must not collect ever more of them.
const MAX_UNSHOWN_RECTS: usize = 256;

/// The newest known state of the session's screen.
pub struct Picture {
    canvas: Canvas,
    /// Pixels changed since the front last took them.
    unshown: Region,
    /// When the first piece of an unfinished update was applied that has not been shown.
    pieces_since: Option<Instant>,
    /// Frames applied, over all connections.
    frames: u64,
    /// Whether an update was finished on this connection, and none is under way.
    complete: bool,
    /// A new connection is painting over the picture of an earlier one, and has not finished.
    catching_up: bool,
}

/// What became of a frame.
struct Applied {
    /// The pixels that it covers, those left alone included.
    covered: Region,
    /// Whether the picture is to be shown now.
    show: bool,
}

impl Picture {
    /// A picture of nothing.
    pub(crate) fn new() -> Self {
        Self {
            canvas: Canvas::new(Size::new(0, 0)),
            unshown: Region::new(),
            pieces_since: None,
            frames: 0,
            complete: false,
            catching_up: false,
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
        self.complete
    }

    /// The pixels of row `y`.
    pub(crate) fn row(&self, y: u32) -> &[u32] {
        self.canvas.row(y)
    }

    /// Whether a new connection is still painting over the picture of an earlier one.
    pub(crate) const fn is_catching_up(&self) -> bool {
        self.catching_up
    }

    /// A new connection takes over. Its first frames clear the picture and paint it anew; the
    /// person keeps seeing the old one until that is done.
    fn attach(&mut self) {
        self.catching_up = self.frames > 0;
        self.complete = false;
    }

    /// Applies a frame at `now` by `decode`, which paints and returns the pixels the frame covers.
    /// Pixels of `keep` are known to be left alone.
    fn apply<E>(
        &mut self,
        header: &FrameHeader,
        keep: &Region,
        now: Instant,
        decode: impl FnOnce(&mut Canvas) -> Result<Region, E>,
    ) -> Result<Applied, E> {
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
        self.complete = header.update_complete;
        self.catching_up &= !header.update_complete;
        let since = *self.pieces_since.get_or_insert(now);
        let waited = now.saturating_duration_since(since) >= PIECES_WAIT;
        let show = header.update_complete || (waited && !self.catching_up);
        Ok(Applied { covered, show })
    }

    /// What the front has to repaint. It counts as shown from now on.
    pub(crate) fn take_unshown(&mut self) -> Region {
        self.pieces_since = None;
        std::mem::take(&mut self.unshown)
    }

    fn progress(&self) -> Progress {
        Progress {
            frames: self.frames,
            complete: self.complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::ids::{FrameId, InputSeq};
    use hackstream_protocol::units::Timestamp;

    fn header(complete: bool) -> FrameHeader {
        FrameHeader {
            id: FrameId(1),
            after: FrameId(0),
            update_complete: complete,
            input: InputSeq(0),
            captured: Timestamp(0),
            waited: Duration::ZERO,
            encoding: Duration::ZERO,
        }
    }

    fn apply(picture: &mut Picture, complete: bool, now: Instant, rect: Rect) -> bool {
        let decode = |_: &mut Canvas| Ok::<_, ()>(Region::from(rect));
        picture
            .apply(&header(complete), &Region::new(), now, decode)
            .expect("decoded")
            .show
    }

    #[test]
    fn pieces_wait_for_the_end_of_their_update_but_not_for_long() {
        let mut picture = Picture::new();
        let start = Instant::now();
        let rect = Rect::new(0, 0, 4, 4);
        assert!(!apply(&mut picture, false, start, rect));
        assert!(!apply(&mut picture, false, start + PIECES_WAIT / 2, rect));
        assert!(apply(&mut picture, false, start + PIECES_WAIT, rect));
        picture.take_unshown();
        assert!(!apply(&mut picture, false, start + PIECES_WAIT * 5, rect));
        assert!(apply(&mut picture, true, start + PIECES_WAIT * 5, rect));
        assert!(picture.is_complete());
    }

    #[test]
    fn a_new_connection_shows_nothing_before_its_picture_is_whole() {
        let mut picture = Picture::new();
        let (start, rect) = (Instant::now(), Rect::new(0, 0, 4, 4));
        picture.attach();
        assert!(!picture.is_catching_up(), "there is no earlier picture");
        assert!(apply(&mut picture, true, start, rect));
        picture.take_unshown();
        picture.attach();
        assert!(!apply(&mut picture, false, start, rect));
        assert!(!apply(&mut picture, false, start + PIECES_WAIT * 9, rect));
        assert!(picture.is_catching_up() && !picture.is_complete());
        assert!(apply(&mut picture, true, start + PIECES_WAIT * 9, rect));
        assert!(!picture.is_catching_up());
    }

    #[test]
    fn what_a_later_frame_painted_is_not_shown_again() {
        let mut picture = Picture::new();
        let keep = Region::from(Rect::new(0, 0, 2, 4));
        let decode = |_: &mut Canvas| Ok::<_, ()>(Region::from(Rect::new(0, 0, 4, 4)));
        let result = picture
            .apply(&header(true), &keep, Instant::now(), decode)
            .expect("ok");
        assert_eq!(result.covered, Region::from(Rect::new(0, 0, 4, 4)));
        assert_eq!(picture.take_unshown(), Region::from(Rect::new(2, 0, 2, 4)));
        assert!(picture.take_unshown().is_empty());
    }

    #[test]
    fn a_new_size_repaints_everything() {
        let mut picture = Picture::new();
        let decode = |canvas: &mut Canvas| {
            *canvas = Canvas::new(Size::new(8, 6));
            Ok::<_, ()>(Region::from(Rect::new(0, 0, 1, 1)))
        };
        let applied = picture.apply(&header(true), &Region::new(), Instant::now(), decode);
        assert!(applied.is_ok());
        assert_eq!(picture.take_unshown(), Region::from(Rect::new(0, 0, 8, 6)));
    }

    #[test]
    fn unshown_pixels_stay_few_rectangles() {
        let mut picture = Picture::new();
        let now = Instant::now();
        for i in 0..2000 {
            apply(
                &mut picture,
                true,
                now,
                Rect::new(i % 40 * 3, i / 40 * 3, 1, 1),
            );
        }
        assert!(picture.take_unshown().rects().len() <= MAX_UNSHOWN_RECTS);
    }
}
