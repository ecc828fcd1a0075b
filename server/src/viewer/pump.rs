//! The thread that turns one viewer's damage into frames.
//!
//! It sleeps until there is news, or until the encoder has something to do that waits for calm; as
//! long as there is both something to send and room on the link it makes the next frame from the
//! screen as it is then. There is no frame rate and no queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hackstream_capture::CaptureError;
use hackstream_encoder::outgoing::{Outgoing, Turn, priority};
use hackstream_encoder::{EncodeError, Encoder, EncoderConfig, Fitted, Frame, Link};
use hackstream_protocol::fit::{Fit, Room};
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::rate::PathView;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::feedback::FrameReport;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_transport::{Connection, PathReport, TransportError};
use tokio::sync::watch;
use tracing::{debug, trace};

use super::inbox::{Inbox, Patience};
use super::reluctance::Reluctance;
use super::repeater::Repeater;
use crate::clock::Clock;
use crate::status::Tally;

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
    /// Where it is told which picture shows which screen, once the viewer has said how much room it
    /// has.
    pub fit: watch::Sender<Option<Fit>>,
}

impl Pump {
    /// Sends frames of the screen that `source` reads until the viewer leaves.
    ///
    /// # Errors
    /// [`PumpError`] if the screen or the connection fails.
    pub fn run(self, source: Box<dyn PixelSource>, config: EncoderConfig) -> Result<(), PumpError> {
        let screen = Fitted::new(source);
        let encoder = Encoder::new(config, screen.size())?;
        let (connection, runtime) = (self.connection.clone(), self.runtime.clone());
        let state = State {
            screen,
            tells_fit: false,
            encoder,
            outgoing: Outgoing::new(),
            repeater: Repeater::new(connection, runtime, self.clock.now()),
            frame: Frame::default(),
            reluctance: Reluctance::default(),
            damaged_at: None,
            pump: self,
        };
        state.run()
    }
}

/// How the encoder makes a frame.
type MakeFrame = fn(
    &mut Encoder,
    &mut dyn PixelSource,
    Link,
    FrameId,
    Timestamp,
    &mut Frame,
) -> Result<bool, EncodeError>;

/// A pump at work.
struct State {
    pump: Pump,
    screen: Fitted,
    /// Whether the viewer wants to know which picture shows which screen.
    tells_fit: bool,
    encoder: Encoder,
    outgoing: Outgoing,
    repeater: Repeater,
    frame: Frame,
    reluctance: Reluctance,
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
            if let Some(room) = news.room {
                self.give_room(room);
            }
            if news.start_over {
                self.encoder.start_over();
            }
            news.reports.iter().for_each(|report| self.confirm(report));
            let now = self.pump.clock.now();
            let damage = self.screen.damaged(news.damage);
            self.encoder.damage(&damage, now);
            self.damaged_at = self.damaged_at.or(news.damaged_at);
            patience = self.work(now)?;
        }
    }

    /// From now on the viewer gets the picture that it has room for.
    fn give_room(&mut self, room: Room) {
        if self.screen.set_room(room) {
            self.encoder.start_over();
        }
        self.tells_fit = true;
        self.tell_fit();
    }

    /// Sends a frame if there is reason and room. Returns how long to wait for news then.
    fn work(&mut self, now: Timestamp) -> Result<Patience, PumpError> {
        let path = || view(&self.pump.connection.path());
        match self.outgoing.turn(&self.encoder, now, path) {
            Turn::Make(link) => {
                self.send_frame(Encoder::next_frame, link, now)?;
                Ok(Patience::None)
            }
            Turn::MakeSmall(link) => {
                self.send_frame(Encoder::next_small_frame, link, now)?;
                Ok(Patience::None)
            }
            Turn::At(due) => Ok(Patience::AtMost(due.since(now))),
            Turn::AfterReports => {
                self.reluctance.confirms_none(self.outgoing.unconfirmed());
                Ok(Patience::UntilNews)
            }
            Turn::AfterNews => Ok(Patience::UntilNews),
        }
    }

    /// Makes and sends the next frame, unless nothing has changed.
    fn send_frame(
        &mut self,
        make: MakeFrame,
        link: Link,
        captured: Timestamp,
    ) -> Result<(), PumpError> {
        let input = InputSeq(self.pump.injected.load(Ordering::Acquire));
        let damaged_at = self.damaged_at.take().unwrap_or(captured);
        let id = self.outgoing.next_id();
        let source = self.screen.picture();
        match make(
            &mut self.encoder,
            source,
            link,
            id,
            captured,
            &mut self.frame,
        ) {
            Ok(true) => {}
            Ok(false) => {
                if self.encoder.keeps_waiting() {
                    // The frame that it comes with tells for how long.
                    self.damaged_at = Some(damaged_at);
                }
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
        if self.frame.is_reset {
            self.tell_fit();
        }
        let header = FrameHeader {
            id,
            after: self.outgoing.dependency(&self.frame),
            update_complete: self.frame.update_complete,
            input,
            captured,
            waited: captured.since(damaged_at),
            encoding: self.pump.clock.now().since(captured),
        };
        self.send(&header, link)
    }

    /// Tells the viewer which picture shows which screen, if it wants to know and does not.
    fn tell_fit(&self) {
        if self.tells_fit {
            let fit = self.screen.fit();
            let is_news = |told: &mut Option<Fit>| told.replace(fit) != Some(fit);
            self.pump.fit.send_if_modified(is_news);
        }
    }

    fn send(&mut self, header: &FrameHeader, link: Link) -> Result<(), PumpError> {
        let mut bytes = Vec::with_capacity(self.frame.payload.len() + 64);
        header.write(&mut bytes);
        bytes.extend_from_slice(&self.frame.payload);
        let len = bytes.len();
        let path = self.pump.connection.path();
        let now = self.pump.clock.now();
        self.pump.tally.frame(len, header.encoding, now);
        let id = self.outgoing.sent(&self.frame, len, &view(&path));
        trace!(%id, after = %header.after, len, video = self.frame.uses_video, pixels = self.frame.writes.area(), encoding = ?header.encoding, rate = ?link.rate, budget = link.budget, "frame");
        let bytes = Bytes::from(bytes);
        let sending = self
            .pump
            .connection
            .send_frame(bytes.clone(), priority(len));
        let sending = self.reluctance.watch(sending);
        let stream = self.pump.runtime.block_on(sending)?;
        let now = self.pump.clock.now();
        self.repeater.sent(bytes, stream, &path, now);
        Ok(())
    }

    /// Takes the viewer's report of a frame that it applied.
    fn confirm(&mut self, report: &FrameReport) {
        self.outgoing
            .confirm(&mut self.encoder, report.id, report.decoding);
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
