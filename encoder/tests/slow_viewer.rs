//! A viewer that decodes slowly is not sent more than it has time for.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use core::time::Duration;
use std::collections::VecDeque;

use hackstream_codec::Canvas;
use hackstream_encoder::cost::CoderSpeeds;
use hackstream_encoder::outgoing::{Outgoing, Turn};
use hackstream_encoder::{Encoder, EncoderConfig, Frame};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::rate::PathView;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

use screen::Screen;

const SIZE: Size = Size::new(1280, 800);

/// Where a film is shown.
const FILM: Rect = Rect::from_edges(64, 64, 704, 424);

/// A link that has room for everything.
fn path() -> PathView {
    PathView {
        rtt: Duration::from_millis(1),
        window: ByteCount(1 << 24),
        in_flight: ByteCount(0),
        delivery_rate: Bitrate::mbps(1000),
        capacity: None,
        limit: None,
        bytes_sent: 0,
    }
}

struct Server {
    screen: Screen,
    encoder: Encoder,
    outgoing: Outgoing,
    now: Timestamp,
}

impl Server {
    fn new(slowness: f32) -> Self {
        Self::with(slowness, false)
    }

    fn with(slowness: f32, h264: bool) -> Self {
        let config = EncoderConfig {
            history_bytes: 0,
            cache_bytes: 0,
            h264,
            speeds: CoderSpeeds::default(),
            slowness: Some(slowness),
        };
        Self {
            screen: Screen(Canvas::new(SIZE)),
            encoder: Encoder::new(config, SIZE).unwrap(),
            outgoing: Outgoing::new(),
            now: Timestamp(1_000_000),
        }
    }

    /// Repaints the screen and makes all the frames of it that are due. Returns their numbers.
    fn repaint(&mut self, colour: u32) -> Vec<FrameId> {
        let canvas = &mut self.screen.0;
        for (number, pixel) in (0u32..).zip(canvas.pixels_mut()) {
            *pixel = number.wrapping_mul(2_654_435_761) >> 28 ^ colour;
        }
        self.show(&Rect::of_size(SIZE), |_| ())
    }

    /// Shows the next picture of a film; the frames of it, and which of them are video.
    fn film(&mut self, number: u32) -> Vec<(FrameId, bool)> {
        let mut state = number;
        for y in FILM.top..FILM.bottom {
            for pixel in self.screen.0.span_mut(&FILM, y) {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *pixel = (state >> 8 & 0x003f_3f3f) + 0x0040_3020;
            }
        }
        let mut of_video = Vec::new();
        let made = self.show(&FILM, |frame| of_video.push(frame.uses_video));
        made.into_iter().zip(of_video).collect()
    }

    /// Makes all frames that are due, after this was painted.
    fn show(&mut self, painted: &Rect, mut look: impl FnMut(&Frame)) -> Vec<FrameId> {
        self.encoder.damage(&Region::from(*painted), self.now);
        let mut made = Vec::new();
        while let Turn::Make(link) = self.outgoing.turn(&self.encoder, self.now, path) {
            let (id, mut frame) = (self.outgoing.next_id(), Frame::default());
            let screen = &mut self.screen;
            if self
                .encoder
                .next_frame(screen, link, id, self.now, &mut frame)
                .unwrap()
            {
                look(&frame);
                made.push(self.outgoing.sent(&frame, frame.payload.len(), &path()));
            }
        }
        made
    }

    fn confirm(&mut self, id: FrameId, decoding: Duration) {
        let known = self.outgoing.confirm(&mut self.encoder, id, decoding);
        assert!(known);
    }
}

#[test]
fn a_slow_viewer_gets_the_next_picture_once_it_has_decoded_the_last() {
    let mut server = Server::new(50.0);
    let first = server.repaint(1);
    assert!(!first.is_empty());
    assert_eq!(server.repaint(2), [], "the first is still being decoded");
    for id in first {
        server.confirm(id, Duration::from_millis(200));
    }
    assert!(!server.repaint(3).is_empty());
}

#[test]
fn a_quick_viewer_gets_both() {
    let mut server = Server::new(0.2);
    assert!(!server.repaint(1).is_empty());
    assert!(!server.repaint(2).is_empty());
}

/// What the viewer needs for a picture of the film, on the device that it stands for: three times as long
/// as the film gives it.
const DECODING: Duration = Duration::from_millis(100);
/// The same for what is no video.
const DECODING_ELSE: Duration = Duration::from_millis(5);

#[test]
fn a_slow_viewer_gets_as_much_of_a_film_as_it_decodes() {
    let mut server = Server::with(50.0, true);
    let (mut waiting, mut free_at) = (VecDeque::new(), server.now);
    let (mut of_video, mut longest) = (0, Duration::ZERO);
    for number in 0..150 {
        for (id, is_video) in server.film(number) {
            let decoding = if is_video { DECODING } else { DECODING_ELSE };
            free_at = free_at.max(server.now).after(decoding);
            waiting.push_back((id, free_at, decoding));
            of_video += usize::from(is_video);
        }
        // What is known of its speed at first is too little: then it is what the viewer reports.
        if number > 30 {
            longest = longest.max(free_at.since(server.now));
        }
        server.now = server.now.after(Duration::from_millis(33));
        while let Some(&(id, ready, decoding)) = waiting.front() {
            if ready > server.now {
                break;
            }
            server.confirm(id, decoding);
            waiting.pop_front();
        }
    }
    // One picture is begun while another one is decoded for at most 40 ms yet.
    assert!(
        longest <= DECODING + Duration::from_millis(41),
        "{longest:?}"
    );
    // It was never kept waiting for long, either: these are five seconds.
    assert!((35..=51).contains(&of_video), "{of_video} pictures");
}
