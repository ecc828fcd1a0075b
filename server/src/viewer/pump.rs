//! The thread that turns one viewer's damage into frames.
//!
//! It sleeps until there is news, or until the encoder has something to do that waits for calm; as
//! long as there is both something to send and room on the link it makes the next frame from the
//! screen as it is then. There is no frame rate and no queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hackstream_capture::CaptureError;
use hackstream_encoder::{EncodeError, Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::rate::{PathView, Room};
use hackstream_protocol::session::ledger::Ledger;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::feedback::FrameReport;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_transport::{Connection, PathReport, TransportError};
use tracing::{debug, trace};

use super::inbox::{Inbox, Patience};
use super::repeater::Repeater;
use crate::clock::Clock;
use crate::status::Tally;

/// Frames on the way to a viewer, at most. Far more than any link needs; a viewer that receives
/// and never reports costs a bounded amount of memory.
const MOST_UNCONFIRMED: usize = 128;

/// Decoding that may wait in the viewer beyond what a round trip takes, so that it always has
/// something to do. With more, what it shows would be old: it is better to skip pictures here.
const MOST_DECODING: Duration = Duration::from_millis(40);

/// Frames up to this size overtake larger ones inside the connection: they answer input.
const SMALL_FRAME: usize = 2048;

/// Why a pump ended other than by its viewer leaving.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The screen cannot be read.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The screen cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The connection broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// Everything a pump works with.
pub struct Pump {
    /// The link to the viewer.
    pub connection: Connection,
    /// The runtime that drives the connection.
    pub runtime: tokio::runtime::Handle,
    /// News of damage and reports.
    pub inbox: Arc<Inbox>,
    /// Number of the last input event that was injected for this viewer.
    pub injected: Arc<AtomicU64>,
    /// The clock that frames are stamped with.
    pub clock: Clock,
    /// Where frames are counted.
    pub tally: Arc<Tally>,
}

impl Pump {
    /// Sends frames of the screen that `source` reads until the viewer leaves.
    ///
    /// # Errors
    /// [`PumpError`] if the screen or the connection fails.
    pub fn run(self, source: Box<dyn PixelSource>, config: EncoderConfig) -> Result<(), PumpError> {
        let encoder = Encoder::new(config, source.size())?;
        let (connection, runtime) = (self.connection.clone(), self.runtime.clone());
        let state = State {
            source,
            encoder,
            ledger: Ledger::new(),
            room: Room::default(),
            repeater: Repeater::new(connection, runtime, self.clock.now()),
            frame: Frame::default(),
            last_history: FrameId(0),
            last_video: FrameId(0),
            damaged_at: None,
            pump: self,
        };
        state.run()
    }
}

/// A pump at work.
struct State {
    pump: Pump,
    source: Box<dyn PixelSource>,
    encoder: Encoder,
    ledger: Ledger,
    room: Room,
    repeater: Repeater,
    frame: Frame,
    /// The last frames that used the history and the video stream.
    last_history: FrameId,
    last_video: FrameId,
    /// When the first change was seen that no frame was made of.
    damaged_at: Option<Timestamp>,
}

impl State {
    fn run(mut self) -> Result<(), PumpError> {
        let mut patience = Patience::None;
        loop {
            let news = self.pump.inbox.take(patience);
            if news.closed {
                return Ok(());
            }
            if let Some(quality) = news.quality {
                self.encoder.set_quality(quality);
            }
            if news.start_over {
                self.encoder.start_over();
            }
            news.reports.iter().for_each(|report| self.confirm(report));
            let now = self.pump.clock.now();
            self.encoder.damage(&news.damage, now);
            self.damaged_at = self.damaged_at.or(news.damaged_at);
            patience = self.work(now)?;
        }
    }

    /// Sends a frame if there is reason and room. Returns how long to wait for news then.
    fn work(&mut self, now: Timestamp) -> Result<Patience, PumpError> {
        let Some(due) = self.encoder.work_at() else {
            return Ok(Patience::UntilNews);
        };
        if due > now {
            return Ok(Patience::AtMost(due.since(now)));
        }
        let Some(link) = self.link() else {
            return Ok(Patience::UntilNews);
        };
        self.send_frame(link, now)?;
        Ok(Patience::None)
    }

    /// What may be sent now, if anything.
    fn link(&self) -> Option<Link> {
        if self.ledger.unconfirmed() >= MOST_UNCONFIRMED {
            return None;
        }
        let path = view(&self.pump.connection.path());
        if self.encoder.costs().backlog() > path.rtt + MOST_DECODING {
            return None;
        }
        let allowance = self
            .room
            .allowance(&path, self.ledger.unconfirmed_bytes())?;
        Some(Link {
            budget: allowance.budget.0,
            rate: allowance.rate,
        })
    }

    /// Makes and sends the next frame, unless nothing has changed.
    fn send_frame(&mut self, link: Link, captured: Timestamp) -> Result<(), PumpError> {
        let input = InputSeq(self.pump.injected.load(Ordering::Acquire));
        let damaged_at = self.damaged_at.take().unwrap_or(captured);
        let id = self.ledger.next_id();
        let source = self.source.as_mut();
        match self
            .encoder
            .next_frame(source, link, id, captured, &mut self.frame)
        {
            Ok(true) => {}
            Ok(false) => {
                trace!(took = ?self.pump.clock.now().since(captured), "nothing new");
                return Ok(());
            }
            Err(EncodeError::Source(SourceError::Resized)) => {
                debug!("the screen was resized while it was read");
                self.encoder.start_over();
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        let header = FrameHeader {
            id,
            after: self.dependency(),
            update_complete: self.frame.update_complete,
            input,
            captured,
            waited: captured.since(damaged_at),
            encoding: self.pump.clock.now().since(captured),
        };
        self.send(&header, link)
    }

    /// The frame that this one must wait for.
    fn dependency(&self) -> FrameId {
        let frame = &self.frame;
        let history = if frame.uses_history {
            self.last_history
        } else {
            FrameId(0)
        };
        let video = if frame.uses_video {
            self.last_video
        } else {
            FrameId(0)
        };
        [frame.after, history, video]
            .into_iter()
            .filter(|&id| !self.ledger.is_confirmed(id))
            .chain([self.ledger.dependency(&frame.reads, &frame.writes)])
            .fold(FrameId(0), FrameId::max)
    }

    fn send(&mut self, header: &FrameHeader, link: Link) -> Result<(), PumpError> {
        let mut bytes = Vec::with_capacity(self.frame.payload.len() + 64);
        header.write(&mut bytes);
        bytes.extend_from_slice(&self.frame.payload);
        let len = bytes.len();
        let path = self.pump.connection.path();
        self.room.handed_over(len, &view(&path));
        let now = self.pump.clock.now();
        self.pump.tally.frame(len, header.encoding, now);
        let id = self.ledger.sent(len, &self.frame.reads, &self.frame.writes);
        if self.frame.is_reset {
            self.ledger.set_barrier(id);
        }
        if self.frame.uses_history {
            self.last_history = id;
        }
        if self.frame.uses_video {
            self.last_video = id;
        }
        trace!(%id, after = %header.after, len, video = self.frame.uses_video, pixels = self.frame.writes.area(), encoding = ?header.encoding, rate = ?link.rate, budget = link.budget, "frame");
        let priority = i32::from(len <= SMALL_FRAME);
        let bytes = Bytes::from(bytes);
        let sending = self.pump.connection.send_frame(bytes.clone(), priority);
        let stream = self.pump.runtime.block_on(sending)?;
        let now = self.pump.clock.now();
        self.repeater.sent(bytes, stream, &path, now);
        Ok(())
    }

    /// Takes the viewer's report of a frame that it applied.
    fn confirm(&mut self, report: &FrameReport) {
        if self.ledger.confirm(report.id) {
            self.encoder.costs_mut().decoded(report.id, report.decoding);
        }
    }
}

const fn view(path: &PathReport) -> PathView {
    PathView {
        rtt: path.rtt,
        window: path.window,
        in_flight: path.in_flight,
        delivery_rate: path.delivery_rate,
        capacity: path.capacity,
        limit: path.limit,
        bytes_sent: path.bytes_sent,
    }
}
