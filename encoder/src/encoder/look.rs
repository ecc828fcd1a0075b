//! Looking at the screen: what to read next, and what of it has changed.

use hackstream_codec::write;
use hackstream_protocol::geometry::Rect;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::units::Timestamp;

use super::{Encoder, Link, SMALL_DAMAGE, SMALLEST_PIECE};
use crate::cells::CELL_HEIGHT;
use crate::error::EncodeError;
use crate::frame::Frame;

/// Changed pixels that fill a frame: large updates are cut into pieces so that the viewer decodes
/// one while the next is made.
pub(super) const LARGEST_PIECE: u64 = 192 * 1024;

/// Changed pixels in one frame, at most: what was found before the piece was full, and a row of
/// cells. Three bytes for each stay below
/// [`MAX_BODY_BYTES`](hackstream_protocol::limits::MAX_BODY_BYTES), and the widest row fits.
const MOST_PIXELS: u64 = 320 * 1024;

/// Rectangles that fill a frame. With those of another piece they take less than
/// [`MAX_COVERED_RECTS`](hackstream_protocol::limits::MAX_COVERED_RECTS) when each is cut at the
/// edges of its neighbours.
pub(super) const MANY_RECTS: usize = 512;

impl Encoder {
    /// Makes the dirty region the update to work on, and decides what of it is video.
    pub(super) fn begin_update(&mut self, link: Link, now: Timestamp) -> Result<(), EncodeError> {
        self.pending = core::mem::take(&mut self.dirty);
        self.sought = false;
        if self.config.h264 {
            self.video.follow_activity(link.rate, now)?;
        }
        if self.pending.area() > SMALL_DAMAGE {
            self.urgent = self.video.activity.lively(now).intersection(&self.pending);
        }
        Ok(())
    }

    /// Looks at what should not wait for the rest of a large update: small damage that came after
    /// its begin, and the places in it that changed just before, such as the line being typed.
    /// X servers report the bounding box of scattered drawing, so large damage often is none.
    /// False if nothing of the kind has changed.
    pub(super) fn look_at_urgent(
        &mut self,
        source: &mut dyn PixelSource,
        now: Timestamp,
    ) -> Result<bool, EncodeError> {
        let mut urgent = core::mem::take(&mut self.urgent);
        if !self.pending.is_empty() && self.dirty.area() < SMALL_DAMAGE {
            urgent.add(&core::mem::take(&mut self.dirty));
        }
        if urgent.is_empty() || urgent.area() > SMALL_DAMAGE {
            self.dirty.add(&urgent.difference(&self.pending));
            return Ok(false);
        }
        self.pending.subtract(&urgent);
        self.look_at(source, &urgent, now)?;
        Ok(!self.found.is_empty())
    }

    /// Once per update: writes sections for what the viewer has already, in its cache or elsewhere
    /// on the screen.
    pub(super) fn seek_known(
        &mut self,
        source: &mut dyn PixelSource,
        frame: &mut Frame,
        now: Timestamp,
    ) -> Result<(), EncodeError> {
        if core::mem::replace(&mut self.sought, true) || self.pending.is_empty() {
            return Ok(());
        }
        source.fetch(&self.pending)?;
        // These pixels are compared here; should they change from now on, new damage says so.
        self.seek_tiles(source, frame)?;
        self.seek_copy(source, frame, now);
        Ok(())
    }

    /// Recalls tiles that the screen shows again.
    fn seek_tiles(
        &mut self,
        source: &mut dyn PixelSource,
        frame: &mut Frame,
    ) -> Result<(), EncodeError> {
        let recalled = self
            .recall
            .seek(source, &self.pending, &mut self.shadow, self.id)?;
        if recalled.rects.is_empty() {
            return Ok(());
        }
        write::recall(&mut self.body, &recalled.rects, &recalled.slots);
        let shown: Region = recalled.rects.into_iter().collect();
        self.refresh.exact(&shown);
        self.stills.exact(&shown);
        self.pending.subtract(&shown);
        frame.writes.add(&shown);
        frame.after = frame.after.max(recalled.after);
        Ok(())
    }

    /// Copies what moved.
    fn seek_copy(&mut self, source: &dyn PixelSource, frame: &mut Frame, now: Timestamp) {
        let Some(copy) = self.copies.find(source, &self.pending, &self.shadow) else {
            return;
        };
        write::copy(&mut self.body, copy.offset, copy.targets.rects());
        self.shadow.copy_region(&copy.targets, copy.offset);
        self.refresh.copied(&copy.targets, copy.offset);
        self.stills.copied(&copy.targets, copy.offset);
        self.recall.copied(&copy.targets, copy.offset);
        self.video.activity.moved(&copy.targets, now);
        self.pending.subtract(&copy.targets);
        self.pending.subtract(&copy.unchanged);
        let sources = copy.targets.translated(copy.offset.reversed());
        frame.reads.add(&sources);
        frame.writes.add(&copy.targets);
    }

    /// Looks at as much of the update as fills a frame with changes.
    pub(super) fn look_at_pending(
        &mut self,
        source: &mut dyn PixelSource,
        link: Link,
        now: Timestamp,
    ) -> Result<(), EncodeError> {
        let limit = self.piece_pixels(link);
        let row = u64::from(self.shadow.size().width) * CELL_HEIGHT as u64;
        let mut changed = 0;
        while !self.pending.is_empty()
            && changed + SMALLEST_PIECE <= limit
            && changed + row <= MOST_PIXELS
            && self.found.len() < MANY_RECTS
        {
            let (piece, rest) = split_rows(&self.pending, limit - changed);
            self.pending = rest;
            self.look_at(source, &piece, now)?;
            changed = self.found.iter().map(Rect::area).sum();
        }
        Ok(())
    }

    /// Brings the shadow up to date in `region` and notes what was different, but for what the
    /// video will show.
    pub(super) fn look_at(
        &mut self,
        source: &mut dyn PixelSource,
        region: &Region,
        now: Timestamp,
    ) -> Result<(), EncodeError> {
        source.fetch(region)?;
        let before = self.found.len();
        self.comparer
            .update(source, region, &mut self.shadow, &mut self.found);
        for rect in &self.found[before..] {
            self.video.activity.changed(rect, now);
        }
        self.video.activity.looked_at(region);
        self.leave_to_video(before, now);
        Ok(())
    }

    /// Takes what the video will show out of the rectangles found, those before `from` excepted.
    fn leave_to_video(&mut self, from: usize, now: Timestamp) {
        let Some(area) = self.video.area() else {
            return;
        };
        if !self.found[from..].iter().any(|rect| rect.intersects(&area)) {
            return;
        }
        self.video.changed(now);
        for rect in self.found.split_off(from) {
            let inside = rect.intersection(&area);
            if inside.is_empty() {
                self.found.push(rect);
                continue;
            }
            self.refresh.blurred(inside);
            let outside = Region::from(rect).difference(&Region::from(inside));
            self.found.extend_from_slice(outside.rects());
        }
    }

    /// Pixels that one frame should look at.
    pub(super) fn piece_pixels(&self, link: Link) -> u64 {
        let fits = link.budget as f32 / self.bytes_per_pixel.max(0.001);
        (fits as u64).clamp(SMALLEST_PIECE, LARGEST_PIECE)
    }
}

/// Splits a region at the top of a row of cells so that the first part has about `pixels` pixels,
/// and never none. The second part is what lies below.
fn split_rows(region: &Region, pixels: u64) -> (Region, Region) {
    let bounds = region.bounds();
    let mut above = 0;
    for rect in region.rects() {
        if above + rect.area() <= pixels {
            above += rect.area();
            continue;
        }
        // Rectangles of a band share their rows: cutting through the band takes all of them.
        let band: u64 = region
            .rects()
            .iter()
            .filter(|r| r.top == rect.top)
            .map(|r| u64::from(r.width()))
            .sum();
        let before: u64 = region
            .rects()
            .iter()
            .take_while(|r| r.top < rect.top)
            .map(Rect::area)
            .sum();
        let rows = (pixels.saturating_sub(before) / band.max(1)) as i32;
        let mut row = (rect.top + rows).div_euclid(CELL_HEIGHT) * CELL_HEIGHT;
        if row <= bounds.top || (row <= rect.top && before == 0) {
            row = (rect.top.div_euclid(CELL_HEIGHT) + 1) * CELL_HEIGHT;
        }
        let upper = Rect::from_edges(bounds.left, bounds.top, bounds.right, row);
        let lower = Rect::from_edges(bounds.left, row, bounds.right, bounds.bottom);
        return (region.clipped(&upper), region.clipped(&lower));
    }
    (region.clone(), Region::new())
}
