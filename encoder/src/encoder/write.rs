//! Writing what was found to the body of the frame.

use hackstream_codec::predict::Predictor;
use hackstream_codec::{Canvas, write};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};

use super::look::split_rows;
use super::{Encoder, Link, SMALL_DAMAGE};
use crate::cells::{CELL_WIDTH, bands, cells};
use crate::error::EncodeError;
use crate::frame::Frame;
use crate::refresh::Refresh;
use crate::video::Video;

/// Above this rate photographs are predicted cheaply: the bytes saved take less time than the
/// better prediction costs the viewer.
const FAST_LINK: Bitrate = Bitrate::mbps(100);

impl Encoder {
    pub(super) fn write_reset(&mut self, size: Size, frame: &mut Frame) {
        // Whatever was painted before must not come later, also beyond a smaller new screen.
        let before = Region::from(self.shadow.bounds());
        if size == self.shadow.size() {
            self.shadow.pixels_mut().fill(0);
        } else {
            self.shadow = Canvas::new(size);
        }
        self.video = Video::new(size);
        self.refresh = Refresh::default();
        self.recall.resize(size);
        write::reset(&mut self.body, size);
        frame.is_reset = true;
        frame.writes = self.shadow.bounds().into();
        frame.reads = frame.writes.union(&before);
        self.pending = self.shadow.bounds().into();
        self.dirty = Region::new();
        self.urgent = Region::new();
        self.sought = true;
        self.restart = false;
    }

    pub(super) fn write_changes(&mut self, link: Link, now: Timestamp, frame: &mut Frame) {
        if self.found.is_empty() {
            return;
        }
        // What was urgent is a picture of its own: the viewer shows it at once.
        frame.update_complete = self.found.iter().map(Rect::area).sum::<u64>() < SMALL_DAMAGE;
        self.write_found(link, frame);
        for rect in self.sections.colourful() {
            self.video.activity.colourful(rect, now);
        }
    }

    /// Writes the rectangles found, as the shadow shows them.
    fn write_found(&mut self, link: Link, frame: &mut Frame) {
        // Column by column, so that cells on top of each other are joined.
        self.found
            .sort_unstable_by_key(|rect| (rect.left / CELL_WIDTH, rect.top, rect.left));
        let predictor = if link.rate > FAST_LINK {
            Predictor::Above
        } else {
            Predictor::Gradient
        };
        let after = self.sections.write(
            &self.shadow,
            &self.found,
            predictor,
            self.id,
            &mut self.body,
        );
        frame.after = frame.after.max(after);
        for (rect, bytes) in self.sections.expensive() {
            self.recall.spent(rect, *bytes);
        }
        let painted: Region = self.found.iter().copied().collect();
        self.refresh.exact(&painted);
        frame.writes.add(&painted);
    }

    pub(super) fn write_video(
        &mut self,
        link: Link,
        now: Timestamp,
        frame: &mut Frame,
    ) -> Result<(), EncodeError> {
        if self.video.due_at().is_none_or(|due| due > now) {
            return Ok(());
        }
        if let Some(area) =
            self.video
                .write_frame(&self.shadow, link, self.quality, now, &mut self.body)?
        {
            self.refresh.blurred(area);
            frame.writes.add_rect(area);
            frame.uses_video = true;
        }
        Ok(())
    }

    pub(super) fn write_refresh(&mut self, link: Link, now: Timestamp, frame: &mut Frame) {
        if self.refresh.is_done() {
            return;
        }
        let due = self
            .refresh
            .due(&self.video.activity, self.video.area(), now);
        let (piece, _) = split_rows(&due, self.piece_pixels(link));
        self.found.clear();
        self.found.extend(
            piece
                .rects()
                .iter()
                .flat_map(|rect| bands(*rect).flat_map(cells)),
        );
        self.write_found(link, frame);
    }

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
