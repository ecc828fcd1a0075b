//! The stages in their order: one viewer's path from dirty region to frame.

mod look;
mod small;
mod write;

use hackstream_codec::Canvas;
use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::units::{Bitrate, Timestamp};
use hackstream_protocol::wire::control::Quality;

use crate::cells::CELL_AREA;
use crate::compare::Comparer;
use crate::copies::CopyFinder;
use crate::cost::{CoderSpeeds, Compressed, Costs};
use crate::error::EncodeError;
use crate::frame::Frame;
use crate::recall::Recall;
use crate::refresh::Refresh;
use crate::sections::SectionBuilder;
use crate::still::Stills;
use crate::video::Video;

/// Pixels of the smallest piece worth a frame of its own.
const SMALLEST_PIECE: u64 = 8 * CELL_AREA;

/// Damage below this many pixels goes before the rest of a large update that is under way: it is
/// most likely the answer to what the person just did.
const SMALL_DAMAGE: u64 = 64 * 1024;

/// Rectangles of the dirty region before it is simplified: sections and regions of frames stay
/// within what a viewer accepts, and comparing a few more pixels is cheaper than more rectangles.
const MOST_DIRTY_RECTS: usize = 1024;

/// Payload bytes that a pixel is taken to need before any was sent: a page of text.
const FIRST_DENSITY: f32 = 0.1;

/// Weight of a new observation of how many bytes pixels take.
const DENSITY_GAIN: f32 = 0.25;

/// What a viewer can do, and how much it may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EncoderConfig {
    /// Bytes of compression history, on both sides.
    pub history_bytes: usize,
    /// Bytes of tiles that the viewer keeps, on both sides.
    pub cache_bytes: usize,
    /// Whether the viewer decodes H.264.
    pub h264: bool,
    /// How fast this machine compresses.
    pub speeds: CoderSpeeds,
    /// How many times slower than this machine the viewer says that it decodes, if it says so.
    pub slowness: Option<f32>,
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
    /// Whether the update was searched for what the viewer has already.
    sought: bool,
    /// Whether the viewer has pieces of an update and waits for the last.
    update_open: bool,
    /// Whether the next frame starts the picture over.
    restart: bool,
    /// The frame being made.
    id: FrameId,
    recall: Recall,
    copies: CopyFinder,
    video: Video,
    stills: Stills,
    refresh: Refresh,
    comparer: Comparer,
    sections: SectionBuilder,
    compressor: Compressor,
    costs: Costs,
    /// Payload bytes per pixel that had changed, lately, pictures that were put off included.
    bytes_per_pixel: f32,
    /// Changed pixels that the frame being made is about.
    looked_at: u64,
    /// Rectangles to be written, the buffer for them.
    found: Vec<Rect>,
    /// Sections of the frame being made.
    body: Vec<u8>,
}

impl Encoder {
    /// An encoder for a viewer that shows nothing yet.
    ///
    /// # Errors
    /// [`EncodeError`] if memory runs out.
    pub fn new(config: EncoderConfig, size: Size) -> Result<Self, EncodeError> {
        let compressor = Compressor::new(config.history_bytes)?;
        let costs = Costs::new(config.speeds, config.slowness, compressor.has_history());
        Ok(Self {
            config,
            quality: Quality::Auto,
            shadow: Canvas::new(size),
            dirty: Region::new(),
            pending: Region::new(),
            urgent: Region::new(),
            sought: true,
            update_open: false,
            restart: true,
            id: FrameId(0),
            recall: Recall::new(config.cache_bytes, size),
            copies: CopyFinder::default(),
            video: Video::new(size),
            stills: Stills::new(config.h264),
            refresh: Refresh::default(),
            comparer: Comparer::default(),
            sections: SectionBuilder::default(),
            compressor,
            costs,
            bytes_per_pixel: FIRST_DENSITY,
            looked_at: 0,
            found: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Notes that pixels may have changed. Those beyond the screen, which may have been larger
    /// before, are left out.
    pub fn damage(&mut self, region: &Region, now: Timestamp) {
        let region = region.clipped(&self.shadow.bounds());
        self.video.damaged(&region, now);
        self.video.activity.drawn(&region, now);
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
        let put_off = self.video.put_off_until();
        if put_off.is_some() {
            return put_off;
        }
        if !self.stills.is_empty() {
            return Some(Timestamp(0));
        }
        let refresh = self.refresh.due_at(&self.video.activity, self.video.area());
        let save = self
            .recall
            .due_at(&self.video.activity, self.refresh.lossy());
        let due = [self.video.due_at(), refresh, save];
        due.into_iter().flatten().min()
    }

    /// Whether there is something to send that had to wait, for room or for other work.
    #[must_use]
    pub fn keeps_waiting(&self) -> bool {
        let changes = !self.dirty.is_empty() || !self.pending.is_empty();
        changes || self.video.put_off_until().is_some()
    }

    /// What the viewer shows once it has applied all frames, were nothing sent with loss.
    #[must_use]
    pub const fn shadow(&self) -> &Canvas {
        &self.shadow
    }

    /// The costs by which compressors are chosen.
    #[must_use]
    pub const fn costs(&self) -> &Costs {
        &self.costs
    }

    /// The same; reports of the viewer go there.
    pub const fn costs_mut(&mut self) -> &mut Costs {
        &mut self.costs
    }

    /// Makes the frame with the number `id`, into `frame`, from what `source` shows now and with
    /// what `link` has room for. False if there was nothing to send; the number is free then.
    ///
    /// # Errors
    /// [`EncodeError`] if the screen cannot be read, the video encoder fails or memory runs out.
    /// After [`SourceError::Resized`] the caller [starts over](Self::start_over).
    ///
    /// [`SourceError::Resized`]: hackstream_protocol::source::SourceError::Resized
    pub fn next_frame(
        &mut self,
        source: &mut dyn PixelSource,
        link: Link,
        id: FrameId,
        now: Timestamp,
        frame: &mut Frame,
    ) -> Result<bool, EncodeError> {
        self.begin_frame(id, frame);
        if self.restart || source.size() != self.shadow.size() {
            self.write_reset(source.size(), frame);
        }
        if self.pending.is_empty() && !self.dirty.is_empty() {
            self.begin_update(link, now)?;
        }
        if !self.look_at_urgent(source, now)? {
            self.seek_known(source, frame, now)?;
            self.look_at_pending(source, link, now)?;
        }
        self.write_changes(link, now, frame);
        if self.body.is_empty() && self.pending.is_empty() {
            let may_others = self.write_video(link, now, frame)?;
            if !may_others {
                return self.finish(link, frame);
            }
        }
        if self.body.is_empty() && self.pending.is_empty() {
            self.write_stills(link, frame)?;
        }
        if self.body.is_empty() && self.pending.is_empty() {
            self.write_refresh(link, now, frame);
        }
        if self.body.is_empty() && self.pending.is_empty() {
            self.write_saves(now, frame);
        }
        self.finish(link, frame)
    }

    fn begin_frame(&mut self, id: FrameId, frame: &mut Frame) {
        self.id = id;
        frame.clear();
        self.body.clear();
        self.found.clear();
        self.looked_at = 0;
    }

    /// Compresses the body, if there is anything to send: sections, or that an update is whole.
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
        let pixels = frame.writes.area();
        let made = Compressed {
            coder,
            body: self.body.len(),
            payload: frame.payload.len(),
            pixels,
        };
        if frame.uses_video {
            self.costs.made_video(self.id, pixels);
        } else {
            self.costs.made(self.id, made);
        }
        if self.looked_at > 0 {
            let pixels = self.looked_at.max(SMALLEST_PIECE) as f32;
            let bytes_per_pixel = frame.payload.len() as f32 / pixels;
            self.bytes_per_pixel += DENSITY_GAIN * (bytes_per_pixel - self.bytes_per_pixel);
        }
        self.update_open = !frame.update_complete;
        Ok(true)
    }
}
