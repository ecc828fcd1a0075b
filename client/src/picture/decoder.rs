//! The thread that applies frames to the picture, in an order that is allowed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use hackstream_codec::{Decoder, DecoderLimits};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::session::sequencer::Sequencer;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::feedback::FrameReport;
use hackstream_protocol::wire::frame::FrameHeader;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::assistance::Need;
use super::presenter::Show;
use super::{Assistance, Presenter, Sight, Standing};
use crate::shared::Shared;
use crate::stats::{FrameTimes, Way};

/// Decoding calls no deep recursion; memory never touched costs nothing.
const STACK_BYTES: usize = 512 << 10;

/// What the network thread gives to the decoder.
pub(crate) enum Work {
    /// A new connection takes over: its frames start a new order. Frames of earlier connections
    /// are dropped from now on. Reports go to `reports`.
    Attach {
        /// Number of the connection.
        link: u64,
        /// Where to report.
        reports: mpsc::UnboundedSender<Report>,
    },
    /// A frame arrived.
    Frame(Arrival),
    /// Show the picture there from now on.
    Present(Box<dyn Presenter>),
    /// Show it in this way.
    Look(Sight),
}

/// A frame that arrived.
pub(crate) struct Arrival {
    /// Number of the connection it came on.
    pub(crate) link: u64,
    /// Its header.
    pub(crate) header: FrameHeader,
    /// Its payload.
    pub(crate) payload: Vec<u8>,
    /// When its last byte arrived.
    pub(crate) at: Instant,
    /// Share of the memory for frames on their way here; free once the order is kept by the
    /// sequencer, which has a limit of its own.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What the decoder tells the network thread.
#[derive(Debug)]
pub(crate) enum Report {
    /// A frame was applied.
    Applied(FrameReport),
    /// Part of the picture cannot be decoded; the server has to send all of it.
    #[cfg(feature = "v4l2")]
    Lost,
    /// The connection's frames make no sense; nothing more of it will be applied.
    Broken(String),
}

/// Starts the decoder, which remembers as much as was announced to the server: `limits`. It ends when
/// nobody can send it work any more.
///
/// # Errors
/// What the system said when it gave no thread.
pub(crate) fn spawn(
    shared: Arc<Shared>,
    work: Receiver<Work>,
    limits: DecoderLimits,
    assistance: Assistance,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("decode".into())
        .stack_size(STACK_BYTES)
        .spawn(move || run(&shared, &work, limits, assistance))
}

fn run(shared: &Shared, work: &Receiver<Work>, limits: DecoderLimits, mut assistance: Assistance) {
    let mut attached: Option<Attached> = None;
    let mut show = Show::by_front(shared);
    loop {
        let item = match next(shared, work) {
            Ok(item) => item,
            Err(RecvTimeoutError::Timeout) => {
                let overdue = shared.picture().overdue(Instant::now());
                if overdue {
                    show.changes();
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        match item {
            Work::Attach { link, reports } => {
                shared.picture().attach();
                // The old one's memory first: the new one takes as much.
                drop(attached.take());
                let mut fresh = Attached::new(link, reports, limits);
                assistance.help(&mut fresh.decoder);
                attached = Some(fresh);
                shared.wake_front();
            }
            Work::Frame(frame) => {
                let Some(current) = attached.as_mut().filter(|a| a.link == frame.link) else {
                    continue;
                };
                if let Err(reason) = current.take(&mut show, shared, frame) {
                    current.report(Report::Broken(reason));
                    attached = None;
                    continue;
                }
                current.follow(&mut assistance);
            }
            Work::Present(presenter) => show.by(presenter),
            Work::Look(sight) => show.look(sight),
        }
    }
}

/// Waits for work, or until pieces of an update have waited for long enough.
fn next(shared: &Shared, work: &Receiver<Work>) -> Result<Work, RecvTimeoutError> {
    let overdue_at = shared.picture().overdue_at();
    match overdue_at {
        Some(at) => work.recv_timeout(at.saturating_duration_since(Instant::now())),
        None => work.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

/// A frame that was not applied yet.
#[derive(Clone, Copy, Debug)]
struct Held {
    id: FrameId,
    /// When its last byte arrived.
    arrived: Instant,
    /// When the decoder had time for it.
    taken: Instant,
    /// On the way, beyond the quickest.
    queued: Duration,
}

/// The decoder's state for one connection.
struct Attached {
    link: u64,
    reports: mpsc::UnboundedSender<Report>,
    sequencer: Sequencer,
    decoder: Decoder,
    /// The frames that are held back.
    held: Vec<Held>,
    way: Way,
    /// The beginning of the time that `way` is told.
    epoch: Instant,
    /// The latest frame that arrived, and the bytes of its payload.
    latest: (FrameId, usize),
    /// The newest frame applied, and whether it finished an update.
    newest: (FrameId, bool),
}

impl Attached {
    fn new(link: u64, reports: mpsc::UnboundedSender<Report>, limits: DecoderLimits) -> Self {
        Self {
            link,
            reports,
            sequencer: Sequencer::new(),
            decoder: Decoder::new(limits),
            held: Vec::new(),
            way: Way::default(),
            epoch: Instant::now(),
            latest: (FrameId(0), 0),
            newest: (FrameId(0), false),
        }
    }

    /// Takes a frame that arrived and applies every frame that may be applied now.
    fn take(&mut self, show: &mut Show<'_>, shared: &Shared, frame: Arrival) -> Result<(), String> {
        if self.sequencer.knows(frame.header.id) {
            return Ok(());
        }
        let held = self.hold(shared, &frame);
        self.sequencer
            .push(frame.header, frame.payload)
            .map_err(|error| error.to_string())?;
        drop(frame.room);
        self.held.push(held);
        while let Some((header, payload)) = self.sequencer.pop() {
            self.apply(show, shared, header, &payload)?;
        }
        Ok(())
    }

    fn apply(
        &mut self,
        show: &mut Show<'_>,
        shared: &Shared,
        header: FrameHeader,
        payload: &[u8],
    ) -> Result<(), String> {
        let keep = self.sequencer.painted_after(header.id);
        let mut picture = shared.picture();
        let before = (picture.size(), picture.is_catching_up());
        let begun = Instant::now();
        let decode = |canvas: &mut _| self.decoder.decode(payload, canvas, &keep);
        let covered = picture.apply(&keep, decode).map_err(|e| e.to_string())?;
        let counters = &shared.counters;
        counters.painted(&mut picture.unseen, self.link, header.input, Instant::now());
        self.sequencer.applied(header.id, covered);
        let is_shown = picture.stands(self.standing(&header), begun);
        let progress = picture.progress();
        let is_other = before != (picture.size(), picture.is_catching_up());
        drop(picture);
        shared.picture_changed(progress);
        let decoding = begun.elapsed();
        let index = self.held.iter().position(|held| held.id == header.id);
        let held = index.map(|index| self.held.swap_remove(index));
        let (arrived, taken) = held.map_or((begun, begun), |held| (held.arrived, held.taken));
        counters.decoded(&FrameTimes {
            bytes: payload.len(),
            waited: header.waited,
            encoding: header.encoding,
            queued: held.map_or(Duration::ZERO, |held| held.queued),
            waiting: taken.saturating_duration_since(arrived),
            ordering: begun.saturating_duration_since(taken),
            decoding,
        });
        self.report(Report::Applied(FrameReport {
            id: header.id,
            held: begun.saturating_duration_since(arrived),
            decoding,
            presenting: counters.last_presenting(),
        }));
        if is_shown {
            show.changes();
            shared.speaker.picture_seen(header.captured);
        }
        if is_other {
            shared.wake_front();
        }
        Ok(())
    }

    /// Has the server send the whole picture if a device failed and left part of it out.
    fn follow(&mut self, assistance: &mut Assistance) {
        match assistance.follow(&mut self.decoder) {
            Need::Nothing => {}
            #[cfg(feature = "v4l2")]
            Need::WholePicture => self.report(Report::Lost),
        }
    }

    /// Notes what can be told of a frame by its arrival.
    fn hold(&mut self, shared: &Shared, frame: &Arrival) -> Held {
        let (id, bytes) = (frame.header.id, frame.payload.len());
        let (latest, latest_bytes) = self.latest;
        if id > latest {
            self.latest = (id, bytes);
        } else if bytes <= latest_bytes {
            // Servers let small frames go first, so this one left before the later one.
            shared.counters.overtaken();
        }
        let arrived = Timestamp::at(frame.at.saturating_duration_since(self.epoch));
        Held {
            id,
            arrived: frame.at,
            taken: Instant::now(),
            queued: self.way.queued(&frame.header, arrived),
        }
    }

    /// What the frame just applied makes of the picture.
    fn standing(&mut self, header: &FrameHeader) -> Standing {
        self.newest = self.newest.max((header.id, header.update_complete));
        let (_, is_finished) = self.newest;
        match (self.sequencer.has_gap(), is_finished) {
            (false, true) => Standing::Whole,
            _ if header.update_complete => Standing::Finished,
            _ => Standing::Unfinished,
        }
    }

    fn report(&self, report: Report) {
        // A connection that is gone needs no reports.
        let _ = self.reports.send(report);
    }
}
