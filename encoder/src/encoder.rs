//! The stages in their order: one viewer's path from dirty region to frame.

use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::predict::Predictor;
use hackstream_codec::{Canvas, write};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::units::Bitrate;

use crate::cells::{CELL_HEIGHT, CELL_WIDTH};
use crate::compare::Comparer;
use crate::copies::CopyFinder;
use crate::cost::Costs;
use crate::error::EncodeError;
use crate::frame::{Frame, SectionBuilder};

/// Pixels of the dirty region looked at for one frame, at most: large updates are cut into pieces
/// so that the viewer decodes one while the next is made. Three bytes for each stay below
/// [`MAX_BODY_BYTES`](hackstream_protocol::limits::MAX_BODY_BYTES).
const LARGEST_PIECE: u64 = 256 * 1024;

/// Pixels of the smallest piece worth a frame of its own.
const SMALLEST_PIECE: u64 = 8 * (CELL_WIDTH * CELL_HEIGHT) as u64;

/// Damage below this many pixels goes before the rest of a large update that is under way: it is
/// most likely the answer to what the person just did.
const SMALL_DAMAGE: u64 = 64 * 1024;

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
    /// What the viewer shows once it has applied all frames made so far.
    shadow: Canvas,
    /// Pixels that may have changed since they were last looked at.
    dirty: Region,
    /// The rest of the update under way, not yet looked at.
    pending: Region,
    /// Whether the viewer has pieces of an update and waits for the last.
    update_open: bool,
    restart: bool,
    copies: CopyFinder,
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
            shadow: Canvas::new(size),
            dirty: Region::new(),
            pending: Region::new(),
            update_open: false,
            restart: true,
            copies: CopyFinder::default(),
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
    pub fn damage(&mut self, region: &Region) {
        // What is pending will be looked at later anyway.
        self.dirty.add(&region.difference(&self.pending));
    }

    /// Forgets what the viewer shows: the next frame starts the picture over.
    pub fn start_over(&mut self) {
        self.restart = true;
    }

    /// Whether there is anything to send.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.restart || self.update_open || !self.dirty.is_empty() || !self.pending.is_empty()
    }

    /// What the viewer shows once it has applied all frames.
    #[must_use]
    pub const fn shadow(&self) -> &Canvas {
        &self.shadow
    }

    /// The costs by which compressors are chosen; reports of the viewer go there.
    pub const fn costs_mut(&mut self) -> &mut Costs {
        &mut self.costs
    }

    /// Makes the next frame from what `source` shows now. False if nothing had changed.
    ///
    /// # Errors
    /// [`EncodeError`] if the screen cannot be read; the dirty region is kept.
    pub fn next_frame(
        &mut self,
        source: &mut dyn PixelSource,
        link: Link,
        frame: &mut Frame,
    ) -> Result<bool, EncodeError> {
        frame.clear();
        self.body.clear();
        if self.restart || source.size() != self.shadow.size() {
            self.write_reset(source.size(), frame);
        }
        if self.pending.is_empty() && !self.dirty.is_empty() {
            self.pending = core::mem::take(&mut self.dirty);
            source.fetch(&self.pending)?;
            self.write_copy(source, frame);
        }
        while let Some(piece) = self.take_piece(link) {
            source.fetch(&piece)?;
            if self.write_piece(source, &piece, link, frame) {
                // A small piece that overtook the rest of an update is a picture of its own.
                frame.update_complete = piece.area() < SMALL_DAMAGE;
                break;
            }
        }
        self.finish(link, frame)
    }

    fn write_reset(&mut self, size: Size, frame: &mut Frame) {
        if size == self.shadow.size() {
            self.shadow.pixels_mut().fill(0);
        } else {
            self.shadow = Canvas::new(size);
        }
        write::reset(&mut self.body, size);
        frame.is_reset = true;
        frame.writes = self.shadow.bounds().into();
        frame.reads = frame.writes.clone();
        self.pending = self.shadow.bounds().into();
        self.dirty = Region::new();
        self.restart = false;
    }

    fn write_copy(&mut self, source: &dyn PixelSource, frame: &mut Frame) {
        let Some(copy) = self.copies.find(source, &self.pending, &self.shadow) else { return };
        write::copy(&mut self.body, copy.offset, copy.targets.rects());
        self.shadow.copy_region(&copy.targets, copy.offset);
        frame.reads.add(&copy.targets.translated(copy.offset.reversed()));
        frame.writes.add(&copy.targets);
    }

    /// The part of what is left to look at that goes into this frame.
    fn take_piece(&mut self, link: Link) -> Option<Region> {
        if !self.pending.is_empty() && !self.dirty.is_empty() && self.dirty.area() < SMALL_DAMAGE {
            return Some(core::mem::take(&mut self.dirty));
        }
        if self.pending.is_empty() {
            return None;
        }
        let fits = link.budget as f32 / self.bytes_per_pixel.max(0.001);
        let pixels = (fits as u64).clamp(SMALLEST_PIECE, LARGEST_PIECE);
        let (piece, rest) = split_rows(&self.pending, pixels);
        self.pending = rest;
        Some(piece)
    }

    /// Writes what differs in `piece`; false if nothing does.
    fn write_piece(
        &mut self,
        source: &dyn PixelSource,
        piece: &Region,
        link: Link,
        frame: &mut Frame,
    ) -> bool {
        self.found.clear();
        self.comparer.update(source, piece, &mut self.shadow, &mut self.found);
        // Column by column, so that cells on top of each other are joined.
        self.found.sort_unstable_by_key(|rect| (rect.left / CELL_WIDTH, rect.top, rect.left));
        let predictor =
            if link.rate > FAST_LINK { Predictor::Above } else { Predictor::Gradient };
        self.sections.write(&self.shadow, &self.found, predictor, &mut self.body);
        frame.writes.add(&self.found.iter().copied().collect());
        !self.found.is_empty()
    }

    fn finish(&mut self, link: Link, frame: &mut Frame) -> Result<bool, EncodeError> {
        let last = self.pending.is_empty();
        frame.update_complete |= last;
        if self.body.is_empty() && !(last && self.update_open) {
            return Ok(false);
        }
        let coder = self.costs.choose(self.body.len(), link.rate);
        frame.uses_history = coder == Coder::History;
        self.compressor.write(coder, &self.body, &mut frame.payload)?;
        self.costs.observe_size(coder, self.body.len(), frame.payload.len());
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
        let band: u64 =
            region.rects().iter().filter(|r| r.top == rect.top).map(|r| u64::from(r.width())).sum();
        let before: u64 =
            region.rects().iter().take_while(|r| r.top < rect.top).map(Rect::area).sum();
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
