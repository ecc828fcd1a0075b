//! The stages in their order: one viewer's path from dirty region to frame.

use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::predict::Predictor;
use hackstream_codec::{Canvas, write};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::units::{Bitrate, Timestamp};
use hackstream_protocol::wire::control::Quality;

use crate::cells::{CELL_HEIGHT, CELL_WIDTH, bands, cells};
use crate::compare::Comparer;
use crate::copies::CopyFinder;
use crate::cost::Costs;
use crate::error::EncodeError;
use crate::frame::{Frame, SectionBuilder};
use crate::refresh::Refresh;
use crate::video::Video;

/// Changed pixels in one frame, at most: large updates are cut into pieces so that the viewer
/// decodes one while the next is made. Three bytes for each, and for those of another row of cells
/// on the widest screen, stay below
/// [`MAX_BODY_BYTES`](hackstream_protocol::limits::MAX_BODY_BYTES).
const LARGEST_PIECE: u64 = 192 * 1024;

/// Pixels of the smallest piece worth a frame of its own.
const SMALLEST_PIECE: u64 = 8 * (CELL_WIDTH * CELL_HEIGHT) as u64;

/// Damage below this many pixels goes before the rest of a large update that is under way: it is
/// most likely the answer to what the person just did.
const SMALL_DAMAGE: u64 = 64 * 1024;

/// Rectangles of the dirty region before it is simplified: sections and regions of frames stay
/// within what a viewer accepts, and comparing a few more pixels is cheaper than more rectangles.
const MOST_DIRTY_RECTS: usize = 1024;

/// Weight of a new observation of how many bytes pixels take.
const DENSITY_GAIN: f32 = 0.25;

/// Above this rate photographs are predicted cheaply: the bytes saved take less time than the
/// better prediction costs the viewer.
const FAST_LINK: Bitrate = Bitrate::mbps(100);

/// What a viewer can do, and how much it may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderConfig {
    /// Bytes of compression history, on both sides.
    pub history_bytes: usize,
    /// Whether the viewer decodes H.264.
    pub h264: bool,
}

/// What the link to the viewer has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Bytes that may be sent now without waiting.
    pub budget: u64,
    /// How fast bytes travel.
    pub rate: Bitrate,
}

/// Makes one viewer's frames.
pub struct Encoder {
    config: EncoderConfig,
    quality: Quality,
    /// What the viewer shows once it has applied all frames made so far.
    shadow: Canvas,
    /// Pixels that may have changed since they were last looked at.
    dirty: Region,
    /// The rest of the update under way, not yet looked at.
    pending: Region,
    /// Pixels of the update to look at before all others.
    urgent: Region,
    /// Whether the update was searched for copies.
    copy_sought: bool,
    /// Whether the viewer has pieces of an update and waits for the last.
    update_open: bool,
    restart: bool,
    /// The frame being made.
    id: FrameId,
    copies: CopyFinder,
    video: Video,
    refresh: Refresh,
    comparer: Comparer,
    sections: SectionBuilder,
    compressor: Compressor,
    costs: Costs,
    /// Payload bytes per pixel looked at, lately.
    bytes_per_pixel: f32,
    found: Vec<Rect>,
    body: Vec<u8>,
}

impl Encoder {
    /// An encoder for a viewer that shows nothing yet.
    ///
    /// # Errors
    /// [`EncodeError`] if memory runs out.
    pub fn new(config: EncoderConfig, size: Size) -> Result<Self, EncodeError> {
        let compressor = Compressor::new(config.history_bytes)?;
        let costs = Costs::new(compressor.has_history());
        Ok(Self {
            config,
            quality: Quality::Auto,
            shadow: Canvas::new(size),
            dirty: Region::new(),
            pending: Region::new(),
            urgent: Region::new(),
            copy_sought: true,
            update_open: false,
            restart: true,
            id: FrameId(0),
            copies: CopyFinder::default(),
            video: Video::new(size),
            refresh: Refresh::default(),
            comparer: Comparer::default(),
            sections: SectionBuilder::default(),
            compressor,
            costs,
            bytes_per_pixel: 0.1,
            found: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Notes that pixels may have changed.
    pub fn damage(&mut self, region: &Region, now: Timestamp) {
        self.video.damaged(region, now);
        // What is pending will be looked at later anyway.
        self.dirty.add(&region.difference(&self.pending));
        if self.dirty.rects().len() > MOST_DIRTY_RECTS {
            self.dirty = self.dirty.simplified(MOST_DIRTY_RECTS / 2);
        }
    }

    /// What is preferred from now on where quality costs time: how coarse video may be, and whether
    /// large pictures on thin links come blurred at first. Text is sharp whatever is preferred.
    pub const fn set_quality(&mut self, quality: Quality) {
        self.quality = quality;
    }

    /// Forgets what the viewer shows: the next frame starts the picture over.
    pub fn start_over(&mut self) {
        self.restart = true;
    }

    /// When there will be something to send: a time that has passed means now, `None` that only
    /// new damage changes that.
    #[must_use]
    pub fn work_at(&self) -> Option<Timestamp> {
        let changes = !self.dirty.is_empty() || !self.pending.is_empty();
        if self.restart || self.update_open || changes {
            return Some(Timestamp(0));
        }
        let refresh = self.refresh.due_at(&self.video.activity, self.video.area());
        [self.video.due_at(), refresh].into_iter().flatten().min()
    }

    /// What the viewer shows once it has applied all frames, but for what was sent with loss.
    #[must_use]
    pub const fn shadow(&self) -> &Canvas {
        &self.shadow
    }

    /// The costs by which compressors are chosen; reports of the viewer go there.
    pub const fn costs_mut(&mut self) -> &mut Costs {
        &mut self.costs
    }

    /// Makes the frame with the number `id` from what `source` shows now. False if there was
    /// nothing to send; the number is free then.
    ///
    /// # Errors
    /// [`EncodeError`] if the screen cannot be read or memory runs out.
    pub fn next_frame(
        &mut self,
        source: &mut dyn PixelSource,
        link: Link,
        id: FrameId,
        now: Timestamp,
        frame: &mut Frame,
    ) -> Result<bool, EncodeError> {
        self.id = id;
        frame.clear();
        self.body.clear();
        self.found.clear();
        if self.restart || source.size() != self.shadow.size() {
            self.write_reset(source.size(), frame);
        }
        if self.pending.is_empty() && !self.dirty.is_empty() {
            self.begin_update(now)?;
        }
        if !self.look_at_urgent(source, now)? {
            self.seek_copy(source, frame)?;
            self.look_at_pending(source, link, now)?;
        }
        self.write_changes(link, now, frame);
        if self.body.is_empty() && self.pending.is_empty() {
            self.write_video(link, now, frame)?;
        }
        if self.body.is_empty() && self.pending.is_empty() {
            self.write_refresh(link, now, frame);
        }
        self.finish(link, frame)
    }

    fn write_reset(&mut self, size: Size, frame: &mut Frame) {
        // Whatever was painted before must not come later, also beyond a smaller new screen.
        let before = Region::from(self.shadow.bounds());
        if size == self.shadow.size() {
            self.shadow.pixels_mut().fill(0);
        } else {
            self.shadow = Canvas::new(size);
        }
        self.video = Video::new(size);
        self.refresh = Refresh::default();
        write::reset(&mut self.body, size);
        frame.is_reset = true;
        frame.writes = self.shadow.bounds().into();
        frame.reads = frame.writes.union(&before);
        self.pending = self.shadow.bounds().into();
        self.dirty = Region::new();
        self.urgent = Region::new();
        self.copy_sought = true;
        self.restart = false;
    }

    /// Makes the dirty region the update to work on.
    fn begin_update(&mut self, now: Timestamp) -> Result<(), EncodeError> {
        self.pending = core::mem::take(&mut self.dirty);
        self.copy_sought = false;
        if self.config.h264 {
            self.video.follow_activity(now)?;
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
    fn look_at_urgent(
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

    /// Once per update: sends what moved as a copy.
    fn seek_copy(
        &mut self,
        source: &mut dyn PixelSource,
        frame: &mut Frame,
    ) -> Result<(), EncodeError> {
        if core::mem::replace(&mut self.copy_sought, true) || self.pending.is_empty() {
            return Ok(());
        }
        source.fetch(&self.pending)?;
        let Some(copy) = self.copies.find(source, &self.pending, &self.shadow) else {
            return Ok(());
        };
        write::copy(&mut self.body, copy.offset, copy.targets.rects());
        self.shadow.copy_region(&copy.targets, copy.offset);
        self.refresh.copied(&copy.targets, copy.offset);
        // These pixels were just compared; should they have changed since, new damage says so.
        self.pending.subtract(&copy.targets);
        let sources = copy.targets.translated(copy.offset.reversed());
        frame.reads.add(&sources);
        frame.writes.add(&copy.targets);
        Ok(())
    }

    /// Looks at as much of the update as fills a frame with changes.
    fn look_at_pending(
        &mut self,
        source: &mut dyn PixelSource,
        link: Link,
        now: Timestamp,
    ) -> Result<(), EncodeError> {
        let limit = self.piece_pixels(link);
        let mut room = limit;
        while !self.pending.is_empty() && room >= SMALLEST_PIECE {
            let (piece, rest) = split_rows(&self.pending, room);
            self.pending = rest;
            self.look_at(source, &piece, now)?;
            room = limit.saturating_sub(self.found.iter().map(Rect::area).sum());
        }
        Ok(())
    }

    /// Brings the shadow up to date in `region` and notes what was different, but for what the
    /// video will show.
    fn look_at(
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
        self.leave_to_video(before, now);
        Ok(())
    }

    fn write_changes(&mut self, link: Link, now: Timestamp, frame: &mut Frame) {
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
        let painted: Region = self.found.iter().copied().collect();
        self.refresh.exact(&painted);
        frame.writes.add(&painted);
    }

    fn write_video(
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

    fn write_refresh(&mut self, link: Link, now: Timestamp, frame: &mut Frame) {
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

    /// Pixels that one frame should look at.
    fn piece_pixels(&self, link: Link) -> u64 {
        let fits = link.budget as f32 / self.bytes_per_pixel.max(0.001);
        (fits as u64).clamp(SMALLEST_PIECE, LARGEST_PIECE)
    }

    fn finish(&mut self, link: Link, frame: &mut Frame) -> Result<bool, EncodeError> {
        let last = self.pending.is_empty();
        frame.update_complete |= last;
        if self.body.is_empty() && !(last && self.update_open) {
            return Ok(false);
        }
        let coder = if frame.uses_video {
            Coder::Stored
        } else {
            self.costs.choose(self.body.len(), link.rate)
        };
        frame.uses_history = coder == Coder::History;
        self.compressor
            .write(coder, &self.body, &mut frame.payload)?;
        self.costs
            .observe_size(coder, self.body.len(), frame.payload.len());
        let painted = frame.writes.area().max(SMALLEST_PIECE) as f32;
        let bytes_per_pixel = frame.payload.len() as f32 / painted;
        self.bytes_per_pixel += DENSITY_GAIN * (bytes_per_pixel - self.bytes_per_pixel);
        self.update_open = !frame.update_complete;
        Ok(true)
    }
}

/// Splits a region at a row of cells so that the upper part has about `pixels` pixels, and never
/// none.
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
