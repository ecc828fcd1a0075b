//! A viewer that decodes slowly is not sent more than it has time for.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use core::time::Duration;

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
        let config = EncoderConfig {
            history_bytes: 0,
            cache_bytes: 0,
            h264: false,
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
        let whole = Region::from(Rect::of_size(SIZE));
        self.encoder.damage(&whole, self.now);
        let mut made = Vec::new();
        while let Turn::Make(link) = self.outgoing.turn(&self.encoder, self.now, path) {
            let (id, mut frame) = (self.outgoing.next_id(), Frame::default());
            let screen = &mut self.screen;
            if self
                .encoder
                .next_frame(screen, link, id, self.now, &mut frame)
                .unwrap()
            {
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
