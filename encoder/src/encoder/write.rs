//! Writing what was found to the body of the frame.

use hackstream_codec::predict::Predictor;
use hackstream_codec::{Canvas, write};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};

use super::look::{LARGEST_PIECE, MANY_RECTS};
use super::{Encoder, Link, SMALL_DAMAGE};
use crate::cells::{CELL_WIDTH, cells_of};
use crate::error::EncodeError;
use crate::frame::Frame;
use crate::refresh::Refresh;
use crate::sections::Pictures;
use crate::still::{Stills, piece_pixels};
use crate::video::quality::Taste;
use crate::video::{MOST_PARTS, Video};

/// Above this rate photographs are predicted cheaply: the bytes saved take less time than the
/// better prediction costs the viewer.
const FAST_LINK: Bitrate = Bitrate::mbps(100);

impl Encoder {
    /// Starts the picture over, black and with `size`; all of it is pending then.
    pub(super) fn write_reset(&mut self, size: Size, frame: &mut Frame) {
        // Whatever was painted or saved before must not come later, also beyond a smaller new
        // screen.
        let before = Region::from(self.shadow.bounds());
        if size == self.shadow.size() {
            self.shadow.pixels_mut().fill(0);
        } else {
            self.shadow = Canvas::new(size);
        }
        self.video = Video::new(size);
        self.refresh = Refresh::default();
        self.stills = Stills::new(self.config.h264);
        self.recall.resize(size);
        write::reset(&mut self.body, size);
        frame.is_reset = true;
        frame.writes = before.union(&self.shadow.bounds().into());
        frame.reads = frame.writes.clone();
        self.pending = self.shadow.bounds().into();
        self.dirty = Region::new();
        self.urgent = Region::new();
        self.sought = true;
        self.restart = false;
    }

    /// Writes what was found to have changed.
    pub(super) fn write_changes(&mut self, link: Link, now: Timestamp, frame: &mut Frame) {
        if self.found.is_empty() {
            return;
        }
        // What was urgent is a picture of its own: the viewer shows it at once.
        self.looked_at = self.found.iter().map(Rect::area).sum();
        frame.update_complete = self.looked_at < SMALL_DAMAGE;
        let pictures = Pictures {
            at_most: self.stills.sent_at_once(self.quality, link),
            ..exactly(link)
        };
        self.write_found(pictures, frame);
        for rect in self.sections.colourful() {
            self.video.activity.colourful(rect, now);
        }
    }

    /// Writes the rectangles found, as the shadow shows them, but for pictures that are put off.
    fn write_found(&mut self, pictures: Pictures, frame: &mut Frame) {
        // Column by column, so that cells on top of each other are joined.
        self.found
            .sort_unstable_by_key(|rect| (rect.left / CELL_WIDTH, rect.top, rect.left));
        let after =
            self.sections
                .write(&self.shadow, &self.found, pictures, self.id, &mut self.body);
        frame.after = frame.after.max(after);
        for (rect, bytes) in self.sections.expensive() {
            self.recall.spent(rect, *bytes);
        }
        let mut painted: Region = self.found.iter().copied().collect();
        for rect in self.sections.put_off() {
            painted.subtract(&(*rect).into());
            self.refresh.blurred(*rect);
            self.stills.put_off(*rect);
        }
        self.refresh.exact(&painted);
        self.stills.exact(&painted);
        frame.writes.add(&painted);
    }

    /// Writes the next picture of the video if it is due. False if it is and has to wait for room,
    /// which nothing that comes after it may take.
    pub(super) fn write_video(
        &mut self,
        link: Link,
        now: Timestamp,
        frame: &mut Frame,
    ) -> Result<bool, EncodeError> {
        if self.video.due_at().is_none_or(|due| due > now) {
            return Ok(true);
        }
        let taste = self.taste();
        if self.video.puts_off(link, taste, now) {
            return Ok(false);
        }
        let known = (&self.shadow, self.refresh.lossy());
        let shown = self
            .video
            .write_frame(known, link, taste, now, &mut self.body)?;
        if !shown.is_empty() {
            for rect in shown.rects() {
                self.refresh.blurred(*rect);
            }
            frame.writes.add(&shown);
            frame.uses_video = true;
        }
        Ok(true)
    }

    /// Sends a part of the pictures that were put off: without loss if that is quick.
    pub(super) fn write_stills(
        &mut self,
        link: Link,
        frame: &mut Frame,
    ) -> Result<(), EncodeError> {
        if self.stills.is_empty() {
            return Ok(());
        }
        if let Some(region) = self.stills.take_exact(self.quality, link.rate) {
            let rest = self.write_piece(&region, link, frame);
            for rect in rest.rects() {
                self.stills.put_off(*rect);
            }
            return Ok(());
        }
        let Some(strip) = self.stills.next_strip() else {
            return Ok(());
        };
        // What is exact within the strip, such as a caption, stays so unless there is very much of it.
        let shown = self.refresh.lossy().clipped(&strip).simplified(MOST_PARTS);
        let taste = self.taste();
        self.stills.write_strip(
            &self.shadow,
            (strip, &shown),
            taste,
            link.rate,
            &mut self.body,
        )?;
        self.video.interrupted();
        for rect in shown.rects() {
            self.refresh.blurred(*rect);
        }
        frame.writes.add(&shown);
        frame.uses_video = true;
        Ok(())
    }

    /// Writes as much of `region` as fits the link even if it is photographs, as the shadow shows
    /// it, and returns the rest.
    fn write_piece(&mut self, region: &Region, link: Link, frame: &mut Frame) -> Region {
        let mut room = piece_pixels(link).min(LARGEST_PIECE);
        self.found.clear();
        self.found
            .extend(cells_of(region).take(MANY_RECTS).take_while(|cell| {
                let fits = room > 0;
                room = room.saturating_sub(cell.area());
                fits
            }));
        self.write_found(exactly(link), frame);
        region.difference(&frame.writes)
    }

    /// Makes exact what was blurred and has been still for long enough.
    pub(super) fn write_refresh(&mut self, link: Link, now: Timestamp, frame: &mut Frame) {
        if self.refresh.is_done() {
            return;
        }
        let due = self
            .refresh
            .due(&self.video.activity, self.video.area(), now);
        self.write_piece(&due, link, frame);
    }

    const fn taste(&self) -> Taste {
        Taste {
            wish: self.quality,
            slowness: self.costs.viewer_slowness(),
        }
    }

    /// Has the viewer keep what may come back.
    pub(super) fn write_saves(&mut self, now: Timestamp, frame: &mut Frame) {
        let (reads, after) = self.recall.write_saves(
            &self.shadow,
            (&self.video.activity, self.refresh.lossy()),
            (self.id, now),
            &mut self.body,
        );
        frame.reads.add(&reads);
        frame.after = frame.after.max(after);
    }
}

/// All pictures without loss, as is best on such a link.
fn exactly(link: Link) -> Pictures {
    let predictor = if link.rate > FAST_LINK {
        Predictor::Above
    } else {
        Predictor::Gradient
    };
    Pictures {
        predictor,
        at_most: u64::MAX,
    }
}
