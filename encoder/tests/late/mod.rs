//! A server and a viewer, joined by a path on which every frame takes its own time.

mod screen;

use core::time::Duration;
use std::collections::BTreeMap;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::outgoing::Outgoing;
use hackstream_encoder::{EncodeError, Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::Size;
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::rate::PathView;
use hackstream_protocol::region::Region;
use hackstream_protocol::session::sequencer::Sequencer;
use hackstream_protocol::source::SourceError;
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::frame::FrameHeader;

pub(crate) use screen::{Reading, Screen};

/// As a server's pump has it.
const MOST_UNCONFIRMED: usize = 128;

/// Room for less is no room.
const LEAST_ROOM: u64 = 1200;

/// Time that making a frame takes.
const ENCODING: Duration = Duration::from_micros(300);

/// Time that the viewer says that decoding one took it.
const DECODING: Duration = Duration::from_micros(500);

/// Frames that may be asked for until everything is still, far more than any drawing needs.
const MOST_ATTEMPTS: u32 = 20_000;

/// The way from the server to the viewer and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    pub(crate) rate: Bitrate,
    /// Bytes that may be on the way.
    pub(crate) window: u64,
    /// Most that a frame or a report is late, drawn evenly.
    pub(crate) jitter: Duration,
}

struct Server {
    encoder: Encoder,
    outgoing: Outgoing,
    frame: Frame,
}

struct Viewer {
    sequencer: Sequencer,
    decoder: Decoder,
    shown: Canvas,
    /// What frames that have not been applied say they paint.
    announced: BTreeMap<FrameId, Region>,
}

/// What is on the way, by arrival.
type OnTheWay<T> = BTreeMap<(Timestamp, FrameId), T>;

pub(crate) struct Session {
    pub(crate) screen: Screen,
    pub(crate) path: Path,
    server: Server,
    viewer: Viewer,
    now: Timestamp,
    /// When the path has carried all frames so far.
    free_at: Timestamp,
    frames: OnTheWay<(Vec<u8>, Region)>,
    reports: OnTheWay<()>,
    damage: Vec<(Timestamp, Region)>,
    random: u64,
}

impl Session {
    pub(crate) fn new(config: EncoderConfig, path: Path, screen: Screen, random: u64) -> Self {
        let size = screen.live.size();
        Self {
            screen,
            path,
            server: Server {
                encoder: Encoder::new(config, size).unwrap(),
                outgoing: Outgoing::new(),
                frame: Frame::default(),
            },
            viewer: Viewer {
                sequencer: Sequencer::new(),
                decoder: Decoder::new(DecoderLimits {
                    history_bytes: config.history_bytes,
                    cache_bytes: config.cache_bytes,
                }),
                shown: Canvas::new(Size::new(1, 1)),
                announced: BTreeMap::new(),
            },
            now: Timestamp(1_000_000),
            free_at: Timestamp(0),
            frames: BTreeMap::new(),
            reports: BTreeMap::new(),
            damage: Vec::new(),
            random,
        }
    }

    pub(crate) const fn encoder(&mut self) -> &mut Encoder {
        &mut self.server.encoder
    }

    /// Has damage reported in a while.
    pub(crate) fn damage(&mut self, region: Region, delay: Duration) {
        self.damage.push((self.now.after(delay), region));
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now.after(time);
        while self.step(end) {}
        self.now = end;
    }

    /// Lets time pass until nothing is left to do; the viewer must show the screen then. Returns
    /// how long it took to do so.
    pub(crate) fn settle(&mut self) -> Duration {
        let begun = self.now;
        let mut exact_since = None;
        for _ in 0..MOST_ATTEMPTS {
            let exact = self.viewer.shown == self.screen.live;
            exact_since = exact.then(|| exact_since.unwrap_or(self.now));
            if !self.step(Timestamp(u64::MAX)) {
                assert_eq!(self.server.outgoing.unconfirmed(), 0);
                assert_eq!(self.viewer.sequencer.held(), 0);
                assert!(self.server.encoder.shadow() == &self.screen.live);
                return exact_since
                    .expect("the viewer shows the screen")
                    .since(begun);
            }
        }
        panic!("never still");
    }

    /// Does what comes next, unless that is later than `end` or never.
    fn step(&mut self, end: Timestamp) -> bool {
        let link = self.link();
        let work = self.server.encoder.work_at().filter(|_| link.is_some());
        let arrivals = [
            self.frames.keys().next().map(|&(at, _)| at),
            self.reports.keys().next().map(|&(at, _)| at),
            self.damage.iter().map(|&(at, _)| at).min(),
        ];
        let arrival = arrivals.into_iter().flatten().min();
        let next = [work, arrival].into_iter().flatten().min();
        let Some(next) = next.map(|at| at.max(self.now)).filter(|&at| at <= end) else {
            return false;
        };
        self.now = next;
        match link {
            Some(link) if arrival.is_none_or(|at| at > next) => self.send_frame(link),
            _ => self.deliver(),
        }
        true
    }

    /// What may be sent now, if anything.
    fn link(&self) -> Option<Link> {
        let outgoing = &self.server.outgoing;
        let used = outgoing.unconfirmed_bytes();
        let budget = self.path.window.saturating_sub(used);
        let is_full = budget < LEAST_ROOM && used > 0;
        let has_room = outgoing.unconfirmed() < MOST_UNCONFIRMED && !is_full;
        has_room.then_some(Link {
            budget: budget.max(LEAST_ROOM),
            rate: self.path.rate,
        })
    }

    fn send_frame(&mut self, link: Link) {
        let server = &mut self.server;
        let (id, now) = (server.outgoing.next_id(), self.now);
        self.now = self.now.after(ENCODING);
        match (server.encoder).next_frame(&mut self.screen, link, id, now, &mut server.frame) {
            Ok(true) => {}
            Ok(false) => return,
            Err(EncodeError::Source(SourceError::Resized)) => return server.encoder.start_over(),
            Err(error) => panic!("{error}"),
        }
        let bytes = server.send(id, self.now);
        let time = ByteCount(bytes.len() as u64).time_at(link.rate);
        self.free_at = self.free_at.max(self.now).after(time);
        let arrival = self.free_at.after(self.lateness());
        let writes = self.server.frame.writes.clone();
        self.frames.insert((arrival, id), (bytes, writes));
    }

    /// Delivers what has arrived.
    fn deliver(&mut self) {
        while let Some(entry) = self.frames.first_entry().filter(|e| e.key().0 <= self.now) {
            let (bytes, writes) = entry.remove();
            for id in self.viewer.take(&bytes, writes) {
                let arrival = self.now.after(self.lateness());
                self.reports.insert((arrival, id), ());
            }
        }
        while let Some(entry) = self.reports.first_entry().filter(|e| e.key().0 <= self.now) {
            let Server {
                outgoing, encoder, ..
            } = &mut self.server;
            assert!(outgoing.confirm(encoder, entry.key().1, DECODING));
            entry.remove();
        }
        let (due, later): (Vec<_>, Vec<_>) =
            (self.damage.drain(..)).partition(|(at, _)| *at <= self.now);
        self.damage = later;
        for (_, region) in due {
            self.screen.drawn();
            self.server.encoder.damage(&region, self.now);
        }
    }

    fn lateness(&mut self) -> Duration {
        self.random = (self.random)
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.path.jitter * ((self.random >> 33) as u32 % 100) / 100
    }
}

impl Server {
    /// The bytes of the frame just made, as it is sent at `now`.
    fn send(&mut self, id: FrameId, now: Timestamp) -> Vec<u8> {
        let header = FrameHeader {
            id,
            after: self.outgoing.dependency(&self.frame),
            update_complete: self.frame.update_complete,
            input: InputSeq(0),
            captured: now,
            waited: Duration::ZERO,
            encoding: ENCODING,
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        bytes.extend_from_slice(&self.frame.payload);
        let (frame, path) = (&self.frame, PathView::default());
        self.outgoing.sent(frame, bytes.len(), &path);
        bytes
    }
}

impl Viewer {
    /// Takes a frame that says it paints `writes`, and applies every frame that may be applied
    /// now. Returns their numbers.
    fn take(&mut self, bytes: &[u8], writes: Region) -> Vec<FrameId> {
        let mut reader = Reader::new(bytes);
        let header = FrameHeader::read(&mut reader).unwrap();
        self.sequencer.push(header, reader.rest().to_vec()).unwrap();
        self.announced.insert(header.id, writes);
        let mut applied = Vec::new();
        while let Some((header, payload)) = self.sequencer.pop() {
            let keep = self.sequencer.painted_after(header.id);
            let covered = self.decoder.decode(&payload, &mut self.shown, &keep);
            let covered = covered.unwrap_or_else(|error| panic!("{header:?}: {error}"));
            let writes = self.announced.remove(&header.id).unwrap();
            assert!(covered.difference(&writes).is_empty(), "{header:?}");
            self.sequencer.applied(header.id, covered);
            applied.push(header.id);
        }
        applied
    }
}
