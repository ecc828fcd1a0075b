//! What the viewer has shown before comes back for a few bytes, and exactly.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};
use proptest::prelude::*;
use screen::Screen;

const SIZE: Size = Size::new(400, 300);

/// A server's encoder and a viewer, joined by a link that delivers at once.
struct Session {
    screen: Screen,
    encoder: Encoder,
    decoder: Decoder,
    shown: Canvas,
    rate: Bitrate,
    id: FrameId,
    now: Timestamp,
    /// Frames that painted nothing: those that save tiles.
    silent: usize,
}

impl Session {
    fn new(cache_bytes: usize) -> Self {
        Self::over(Bitrate::mbps(900), cache_bytes, false)
    }

    fn over(rate: Bitrate, cache_bytes: usize, h264: bool) -> Self {
        let config = EncoderConfig {
            history_bytes: 0,
            cache_bytes,
            h264,
            ..EncoderConfig::default()
        };
        let limits = DecoderLimits {
            history_bytes: 0,
            cache_bytes,
        };
        Self {
            screen: Screen(Canvas::new(SIZE)),
            encoder: Encoder::new(config, SIZE).unwrap(),
            decoder: Decoder::new(limits),
            shown: Canvas::new(Size::new(1, 1)),
            rate,
            id: FrameId(1),
            now: Timestamp(0),
            silent: 0,
        }
    }

    /// Shows a part of `page` and waits until nothing is left to do. Returns the bytes sent before
    /// the picture was right.
    fn show(&mut self, page: &Canvas, part: &Rect) -> usize {
        self.draw(page, part);
        let mut bytes = 0;
        while let Some(sent) = self.send() {
            bytes += sent;
        }
        assert!(self.is_exact() && self.encoder.shadow() == &self.screen.0);
        bytes
    }

    fn draw(&mut self, page: &Canvas, part: &Rect) {
        for y in part.top..part.bottom {
            let row = page.span(part, y);
            self.screen.0.span_mut(part, y).copy_from_slice(row);
        }
        self.encoder.damage(&Region::from(*part), self.now);
    }

    /// Sends the next frame, if there is something to send. Returns its bytes if the picture was
    /// not right without it.
    fn send(&mut self) -> Option<usize> {
        self.now = self.now.max(self.encoder.work_at()?);
        let link = Link {
            budget: 1 << 30,
            rate: self.rate,
        };
        let (screen, mut frame) = (&mut self.screen, Frame::default());
        let made = (self.encoder).next_frame(screen, link, self.id, self.now, &mut frame);
        if !made.unwrap() {
            return Some(0);
        }
        self.id = self.id.next();
        self.silent += usize::from(frame.writes.is_empty());
        let needed = !self.is_exact();
        let shown = &mut self.shown;
        let painted = self.decoder.decode(&frame.payload, shown, &Region::new());
        assert!(painted.unwrap().difference(&frame.writes).is_empty());
        Some(if needed { frame.payload.len() } else { 0 })
    }

    fn is_exact(&self) -> bool {
        self.shown == self.screen.0
    }
}

/// A page of smooth colours and noise, different for each seed.
fn page(seed: u32, colours: u32) -> Canvas {
    let mut canvas = Canvas::new(SIZE);
    let mut state = seed | 1;
    for pixel in canvas.pixels_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *pixel = ((state >> 8) % colours).wrapping_mul(0x0203) % 0x00ff_ff00 + seed % 100;
    }
    canvas
}

#[test]
fn another_tab_and_back_again_costs_next_to_nothing() {
    for colours in [5, 200, 5000] {
        let mut session = Session::new(4 << 20);
        let (first, second) = (page(1, colours), page(77, colours));
        let all = first.bounds();
        let before = session.show(&first, &all);
        session.show(&second, &all);
        let again = session.show(&first, &all);
        assert!(
            again * 50 < before,
            "{again} of {before} bytes, {colours} colours"
        );
    }
}

#[test]
fn what_was_behind_a_menu_comes_back_from_the_cache() {
    let mut session = Session::new(4 << 20);
    let (below, menu) = (page(3, 3000), page(5, 9));
    session.show(&below, &below.bounds());
    let area = Rect::new(70, 30, 200, 240);
    let opened = session.show(&menu, &area);
    let closed = session.show(&below, &area);
    assert!(closed * 10 < opened, "{closed} of {opened} bytes");
}

#[test]
fn text_in_two_colours_is_cheap_and_not_saved() {
    let mut session = Session::new(4 << 20);
    let (first, second) = (page(1, 2), page(2, 2));
    session.show(&first, &first.bounds());
    session.show(&second, &second.bounds());
    assert_eq!(session.silent, 0);
    let colourful = page(3, 200);
    session.show(&colourful, &colourful.bounds());
    assert!(session.silent > 0, "pictures are saved");
}

#[test]
fn what_comes_back_while_a_picture_waits_stays_sharp() {
    let mut session = Session::over(Bitrate::mbps(2), 4 << 20, true);
    let (first, second) = (page(1, 5000), page(77, 5000));
    session.show(&first, &first.bounds());
    session.draw(&second, &second.bounds());
    session.send();
    session.draw(&first, &first.bounds());
    session.send();
    assert!(session.is_exact());
    while session.send().is_some() {
        assert!(session.is_exact(), "blurred again");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn pages_in_any_order_are_exact_with_any_cache(
        steps in proptest::collection::vec(
            (0u32..4, 0..400i32, 0..300i32, 1..400u32, 1..300u32, any::<bool>()), 1..12,
        ),
        cache in prop_oneof![Just(0usize), Just(3_000), Just(60_000), Just(1 << 20)],
    ) {
        let pages: Vec<Canvas> = [(1, 4), (2, 40), (3, 300), (4, 70_000)]
            .map(|(seed, colours)| page(seed, colours))
            .into();
        let mut session = Session::new(cache);
        for (number, x, y, width, height, whole) in steps {
            let all = Rect::of_size(SIZE);
            let part = if whole { all } else { Rect::new(x, y, width, height).intersection(&all) };
            session.show(&pages[number as usize], &part);
        }
    }
}
