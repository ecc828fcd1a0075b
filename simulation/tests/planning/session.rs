//! A server and a viewer, as they are but for threads, sockets and windows: the real encoder and
//! all that is decided about sending on one side, the real order of frames and decoder on the other.

use std::time::Duration;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::outgoing::{Outgoing, Turn};
use hackstream_encoder::{EncodeError, Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::rate::PathView;
use hackstream_protocol::session::sequencer::Sequencer;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::control::Quality;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_simulation::flow::Source;
use hackstream_simulation::load;

use super::film::Film;
use super::observed::{Observed, Video};
use super::stage::{Show, Stage};

/// Times that nothing comes of it when the encoder says that there is work.
const MOST_ATTEMPTS: u32 = 1000;

/// Time that the viewer says it took to decode a frame.
const DECODING: Duration = Duration::from_micros(500);

/// As the viewer asks for it.
const LIMITS: DecoderLimits = DecoderLimits {
    history_bytes: 1 << 20,
    cache_bytes: 4 << 20,
};

/// How the encoder makes a frame.
type MakeFrame = fn(
    &mut Encoder,
    &mut dyn PixelSource,
    Link,
    FrameId,
    Timestamp,
    &mut Frame,
) -> Result<bool, EncodeError>;

struct Server {
    encoder: Encoder,
    outgoing: Outgoing,
    frame: Frame,
    /// When there is something to do though nothing happens.
    due: Option<Timestamp>,
}

struct Viewer {
    sequencer: Sequencer,
    decoder: Decoder,
    shown: Canvas,
}

/// A frame on its way, and then its report.
struct Sent {
    bytes: Vec<u8>,
    what: load::Frame,
    /// Frames that the viewer applied when this one was whole.
    applied: Vec<FrameId>,
}

pub(crate) struct Session {
    pub(crate) stage: Stage,
    pub(crate) observed: Observed,
    film: Option<Film>,
    server: Server,
    viewer: Viewer,
    sent: Vec<Sent>,
}

impl Session {
    pub(crate) fn new(stage: Stage, quality: Quality, h264: bool) -> Self {
        let config = EncoderConfig {
            history_bytes: LIMITS.history_bytes,
            cache_bytes: LIMITS.cache_bytes,
            h264,
            ..EncoderConfig::default()
        };
        let mut encoder = Encoder::new(config, stage.canvas.size()).unwrap();
        encoder.set_quality(quality);
        Self {
            stage,
            observed: Observed::default(),
            film: None,
            server: Server {
                encoder,
                outgoing: Outgoing::new(),
                frame: Frame::default(),
                due: None,
            },
            viewer: Viewer {
                sequencer: Sequencer::new(),
                decoder: Decoder::new(LIMITS),
                shown: Canvas::new(Size::new(1, 1)),
            },
            sent: Vec::new(),
        }
    }

    pub(crate) fn show(&mut self, now: Timestamp, show: Show) {
        self.film = show.film.or(self.film);
        self.stage.show(now, show);
    }

    /// Whether the viewer shows the screen, and both know that nothing is on the way.
    pub(crate) fn is_settled(&self) -> bool {
        self.server.outgoing.unconfirmed() == 0 && self.is_exact()
    }

    pub(crate) fn is_exact(&self) -> bool {
        self.viewer.shown == self.stage.canvas
    }

    /// What the viewer shows.
    pub(crate) const fn shown(&self) -> &Canvas {
        &self.viewer.shown
    }

    /// Everything on the page but what is in the rows or the columns of `part`.
    pub(crate) fn beside(&self, part: &Rect) -> [Rect; 4] {
        let page = self.stage.page();
        [
            Rect::from_edges(page.left, page.top, page.right, part.top),
            Rect::from_edges(page.left, part.bottom, page.right, page.bottom),
            Rect::from_edges(page.left, page.top, part.left, page.bottom),
            Rect::from_edges(part.right, page.top, page.right, page.bottom),
        ]
    }

    /// How far the viewer's pixels are from the screen's, in levels of green on average.
    pub(crate) fn differs_by(&self, part: &Rect) -> f64 {
        let (shown, screen) = (&self.viewer.shown, &self.stage.canvas);
        let rows = part.top..part.bottom;
        let pixels = rows.flat_map(|y| shown.span(part, y).iter().zip(screen.span(part, y)));
        let green = |pixel: u32| (pixel >> 8 & 0xff) as i32;
        let all: u64 = pixels
            .map(|(a, b)| u64::from(green(*a).abs_diff(green(*b))))
            .sum();
        all as f64 / part.area() as f64
    }

    /// Lets the programs draw.
    fn play(&mut self, now: Timestamp) {
        let drawn = self.stage.act(now);
        if !drawn.damage.is_empty() {
            self.server.encoder.damage(&drawn.damage, now);
        }
        self.observed.typed(&drawn.letters, now);
    }

    /// Makes a frame; its bytes on the wire, unless nothing has changed.
    fn make(
        &mut self,
        make: MakeFrame,
        link: Link,
        path: &PathView,
        now: Timestamp,
    ) -> Option<Vec<u8>> {
        let Server {
            encoder,
            outgoing,
            frame,
            ..
        } = &mut self.server;
        let id = outgoing.next_id();
        let made = make(encoder, &mut self.stage, link, id, now, frame);
        if !made.unwrap() {
            return None;
        }
        let header = FrameHeader {
            id,
            after: outgoing.dependency(frame),
            update_complete: frame.update_complete,
            input: InputSeq(0),
            captured: now,
            waited: Duration::ZERO,
            encoding: Duration::ZERO,
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        bytes.extend_from_slice(&frame.payload);
        outgoing.sent(frame, bytes.len(), path);
        if frame.uses_video {
            self.observed.videos.push(Video {
                bytes: bytes.len(),
                rate: link.rate,
            });
        }
        Some(bytes)
    }
}

impl Source for Session {
    fn next_change(&self) -> Option<Timestamp> {
        let change = self.stage.next_change();
        [change, self.server.due].into_iter().flatten().min()
    }

    fn next_frame(&mut self, now: Timestamp, path: &PathView, _: usize) -> Option<(usize, u64)> {
        self.play(now);
        self.server.due = None;
        for _ in 0..MOST_ATTEMPTS {
            let Server {
                encoder, outgoing, ..
            } = &self.server;
            let (make, link): (MakeFrame, Link) = match outgoing.turn(encoder, now, || *path) {
                Turn::Make(link) => (Encoder::next_frame, link),
                Turn::MakeSmall(link) => (Encoder::next_small_frame, link),
                Turn::At(due) => {
                    self.server.due = Some(due);
                    return None;
                }
                Turn::AfterNews | Turn::AfterReports => return None,
            };
            let Some(bytes) = self.make(make, link, path, now) else {
                continue;
            };
            let len = bytes.len() as u64;
            let kind = if self.server.frame.uses_video {
                load::Kind::Video
            } else {
                load::Kind::Bulk
            };
            self.sent.push(Sent {
                bytes,
                what: load::Frame {
                    kind,
                    due: now,
                    bytes: len,
                },
                applied: Vec::new(),
            });
            return Some((self.sent.len() - 1, len));
        }
        panic!("there is always work and never any");
    }

    fn arrived(&mut self, now: Timestamp, number: usize) -> Option<load::Frame> {
        let sent = &mut self.sent[number];
        sent.applied = self.viewer.take(&core::mem::take(&mut sent.bytes));
        let what = sent.what;
        if !sent.applied.is_empty() {
            let screens = (&self.viewer.shown, &self.stage);
            self.observed.shown(screens, self.film.as_ref(), now);
        }
        Some(what)
    }

    fn confirmed(&mut self, number: usize) {
        for id in core::mem::take(&mut self.sent[number].applied) {
            let Server {
                outgoing, encoder, ..
            } = &mut self.server;
            assert!(outgoing.confirm(encoder, id, DECODING));
        }
    }
}

impl Viewer {
    /// Takes a frame, and applies every frame that may be applied now. Returns their numbers.
    fn take(&mut self, bytes: &[u8]) -> Vec<FrameId> {
        let mut reader = Reader::new(bytes);
        let header = FrameHeader::read(&mut reader).unwrap();
        self.sequencer.push(header, reader.rest().to_vec()).unwrap();
        let mut applied = Vec::new();
        while let Some((header, payload)) = self.sequencer.pop() {
            let keep = self.sequencer.painted_after(header.id);
            let covered = self.decoder.decode(&payload, &mut self.shown, &keep);
            let covered = covered.unwrap_or_else(|error| panic!("{header:?}: {error}"));
            self.sequencer.applied(header.id, covered);
            applied.push(header.id);
        }
        applied
    }
}
