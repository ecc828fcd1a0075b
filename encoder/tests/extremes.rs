//! Screens and changes as large as they come stay within what a viewer accepts.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};
use screen::Screen;

const LINK: Link = Link {
    budget: 1 << 30,
    rate: Bitrate::mbps(900),
};

/// A server's encoder and a viewer, joined by a link that delivers at once.
struct Session {
    screen: Screen,
    encoder: Encoder,
    decoder: Decoder,
    shown: Canvas,
    id: FrameId,
    now: Timestamp,
}

impl Session {
    fn new(size: Size, h264: bool) -> Self {
        let config = EncoderConfig {
            h264,
            ..EncoderConfig::default()
        };
        let limits = DecoderLimits {
            history_bytes: 0,
            cache_bytes: 0,
        };
        Self {
            screen: Screen(Canvas::new(size)),
            encoder: Encoder::new(config, size).unwrap(),
            decoder: Decoder::new(limits),
            shown: Canvas::new(Size::new(1, 1)),
            id: FrameId(1),
            now: Timestamp(0),
        }
    }

    /// Draws on the whole screen and sends what there is to send until `end`.
    fn draw(&mut self, draw: impl FnOnce(&mut Canvas), end: Timestamp) {
        draw(&mut self.screen.0);
        let all = self.screen.0.bounds();
        self.encoder.damage(&all.into(), self.now);
        let mut frame = Frame::default();
        while let Some(due) = self.encoder.work_at().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let (screen, now) = (&mut self.screen, self.now);
            let made = (self.encoder).next_frame(screen, LINK, self.id, now, &mut frame);
            if made.unwrap() {
                self.id = self.id.next();
                let shown = &mut self.shown;
                let painted = self.decoder.decode(&frame.payload, shown, &Region::new());
                painted.unwrap();
            }
        }
    }

    fn finish(&mut self) {
        self.draw(|_| {}, Timestamp(u64::MAX));
        assert!(self.shown == self.screen.0);
    }
}

/// Numbers without any order.
fn noise() -> impl FnMut() -> u32 {
    let mut state = 7u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    }
}

#[test]
fn photographs_on_the_widest_screen() {
    let mut session = Session::new(Size::new(16_384, 64), false);
    session.finish();
    let mut noise = noise();
    // The first rows of it change in part, so that there seems to be room for more.
    let first = Rect::new(0, 0, 11_000, 16);
    session.draw(
        |canvas| {
            for y in 0..64 {
                let row = if y < 16 { first } else { canvas.bounds() };
                canvas.span_mut(&row, y).fill_with(|| noise() & 0x00ff_ffff);
            }
        },
        Timestamp(u64::MAX),
    );
    session.finish();
}

#[test]
fn sparks_all_over_a_large_screen() {
    let size = Size::new(3840, 2160);
    let mut session = Session::new(size, false);
    session.finish();
    let mut noise = noise();
    session.draw(
        |canvas| {
            for cell in 0..60 * 135 {
                let (left, top) = (cell % 60 * 64 + noise() % 60, cell / 60 * 16 + noise() % 9);
                let spark = Rect::new(left as i32, top as i32, 2, 7);
                canvas.fill(&spark, noise() & 0x00ff_ffff);
            }
        },
        Timestamp(u64::MAX),
    );
    session.finish();
}

#[test]
fn noise_that_moves_on_a_large_screen() {
    let mut session = Session::new(Size::new(1920, 1080), true);
    session.finish();
    let mut noise = noise();
    for _ in 0..24 {
        let end = session.now.after(core::time::Duration::from_millis(33));
        session.draw(
            |canvas| canvas.pixels_mut().fill_with(|| noise() & 0x00ff_ffff),
            end,
        );
        session.now = end;
    }
    session.finish();
}
