//! What changes while a large frame waits for room overtakes it, if it is small.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use core::time::Duration;

use hackstream_codec::Canvas;
use hackstream_encoder::outgoing::{Outgoing, Turn, priority};
use hackstream_encoder::{Encoder, EncoderConfig, Frame};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::rate::PathView;
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

use screen::Screen;

const SIZE: Size = Size::new(1280, 800);
const NOW: Timestamp = Timestamp(1_000_000);
const LETTER: Rect = Rect::from_edges(40, 40, 49, 56);
const PAGE: Rect = Rect::from_edges(0, 64, 1280, 800);

/// A server whose viewer is behind a link of 10 Mbit/s that carries `in_flight` of 64,000 bytes.
struct Server {
    screen: Screen,
    encoder: Encoder,
    outgoing: Outgoing,
    path: PathView,
}

impl Server {
    fn new() -> Self {
        let mut server = Self {
            screen: Screen(Canvas::new(SIZE)),
            encoder: Encoder::new(EncoderConfig::default(), SIZE).unwrap(),
            outgoing: Outgoing::new(),
            path: PathView {
                rtt: Duration::from_millis(50),
                window: ByteCount(64_000),
                delivery_rate: Bitrate::mbps(10),
                ..PathView::default()
            },
        };
        let (made, id) = server.make();
        assert!(made.is_reset);
        server.leave(made.payload.len() as u64);
        server.arrive();
        let known = server
            .outgoing
            .confirm(&mut server.encoder, id, Duration::ZERO);
        assert!(known);
        server
    }

    fn turn(&self) -> Turn {
        self.outgoing.turn(&self.encoder, NOW, || self.path)
    }

    fn draw(&mut self, rect: Rect, seed: u32) {
        let mut state = seed;
        for y in rect.top..rect.bottom {
            for pixel in self.screen.0.span_mut(&rect, y) {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *pixel = state >> 8;
            }
        }
        self.encoder.damage(&rect.into(), NOW);
    }

    /// Makes the frame whose turn it is, and hands it over.
    fn make(&mut self) -> (Frame, FrameId) {
        loop {
            let (id, mut frame) = (self.outgoing.next_id(), Frame::default());
            let (encoder, screen) = (&mut self.encoder, &mut self.screen);
            let turn = self.outgoing.turn(encoder, NOW, || self.path);
            let made = match turn {
                Turn::Make(link) => encoder.next_frame(screen, link, id, NOW, &mut frame),
                Turn::MakeSmall(link) => {
                    encoder.next_small_frame(screen, link, id, NOW, &mut frame)
                }
                other => panic!("{other:?}"),
            };
            if made.unwrap() {
                let sent = self.outgoing.sent(&frame, frame.payload.len(), &self.path);
                assert_eq!(sent, id);
                return (frame, id);
            }
        }
    }

    /// So many bytes leave.
    fn leave(&mut self, bytes: u64) {
        self.path.bytes_sent += bytes;
        self.path.in_flight.0 += bytes;
    }

    /// What is on its way arrives.
    fn arrive(&mut self) {
        self.path.in_flight = ByteCount(0);
    }

    /// Fills the window with noise, of which nothing has left yet.
    fn fill(&mut self) -> FrameId {
        self.draw(PAGE, 1);
        let mut last = FrameId(0);
        while let Turn::Make(_) = self.turn() {
            last = self.make().1;
        }
        last
    }
}

#[test]
fn a_letter_overtakes_a_page() {
    let mut server = Server::new();
    server.fill();
    server.draw(LETTER, 2);
    // What is left of the page is too much to overtake anything, and hides the letter no longer.
    let page_waits = server.encoder.keeps_waiting();
    assert!(page_waits);
    match server.turn() {
        Turn::MakeSmall(_) => {}
        other => panic!("{other:?}"),
    }
    let (letter, _) = server.make();
    assert_eq!(letter.writes.bounds(), LETTER);
    assert!(letter.payload.len() <= 1200, "{}", letter.payload.len());
    assert_eq!(priority(letter.payload.len()), 1);
    assert_eq!(server.outgoing.dependency(&letter), FrameId(0));
}

#[test]
fn one_frame_at_a_time_overtakes() {
    let mut server = Server::new();
    server.fill();
    server.draw(LETTER, 2);
    let bytes = server.make().0.payload.len() as u64;
    server.draw(LETTER, 3);
    assert_eq!(server.turn(), Turn::AfterNews, "the first has not left");
    server.leave(bytes);
    assert!(matches!(server.turn(), Turn::MakeSmall(_)));
}

#[test]
fn nothing_large_overtakes() {
    let mut server = Server::new();
    server.fill();
    server.draw(Rect::from_edges(0, 0, 1280, 64), 2);
    assert_eq!(server.turn(), Turn::AfterNews);
}
