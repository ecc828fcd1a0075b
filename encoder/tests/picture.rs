//! Whatever is drawn, the viewer ends up with the same picture.

mod screen;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};
use proptest::prelude::*;
use screen::Screen;

const SIZE: Size = Size::new(300, 200);
const HISTORY: usize = 1 << 16;
/// Room for few tiles, so that some are forgotten.
const CACHE: usize = 20_000;

#[derive(Clone, Debug)]
enum Draw {
    Fill(Rect, u32),
    Noise(Rect, u32, u32),
    Scroll(Rect, i32, i32),
    Resize(u32, u32),
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..300i32, 0..200i32, 1..300u32, 1..200u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
}

fn draw() -> impl Strategy<Value = Draw> {
    prop_oneof![
        4 => (rect(), 0u32..1 << 24).prop_map(|(r, c)| Draw::Fill(r, c)),
        4 => (rect(), any::<u32>(), prop_oneof![Just(2u32), Just(9), Just(200), Just(5000)])
            .prop_map(|(r, seed, colours)| Draw::Noise(r, seed, colours)),
        4 => (rect(), -40..40i32, -40..40i32).prop_map(|(r, dx, dy)| Draw::Scroll(r, dx, dy)),
        1 => (1..400u32, 1..300u32).prop_map(|(w, h)| Draw::Resize(w, h)),
    ]
}

fn apply(screen: &mut Canvas, draw: &Draw) -> Region {
    let bounds = screen.bounds();
    match draw {
        Draw::Fill(rect, colour) => {
            let rect = rect.intersection(&bounds);
            if rect.is_empty() {
                return Region::new();
            }
            screen.fill(&rect, *colour);
            rect.into()
        }
        Draw::Noise(rect, seed, colours) => {
            let rect = rect.intersection(&bounds);
            if rect.is_empty() {
                return Region::new();
            }
            let mut state = seed | 1;
            for y in rect.top..rect.bottom {
                for pixel in screen.span_mut(&rect, y) {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *pixel = ((state >> 8) % colours).wrapping_mul(0x0103_0507) & 0x00ff_ffff;
                }
            }
            rect.into()
        }
        Draw::Scroll(rect, dx, dy) => {
            let offset = Offset::new(*dx, *dy);
            let inside = rect.intersection(&bounds);
            let targets = inside.intersection(&bounds.translated(offset));
            let targets = Region::from(targets);
            screen.copy_region(&targets, offset);
            targets
        }
        Draw::Resize(width, height) => {
            *screen = Canvas::new(Size::new(*width, *height));
            screen.bounds().into()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn the_viewer_shows_what_was_drawn(
        steps in proptest::collection::vec(proptest::collection::vec(draw(), 1..4), 1..8),
        budget in prop_oneof![Just(200u64), Just(5_000), Just(1 << 30)],
        rate in prop_oneof![Just(Bitrate::kbps(500)), Just(Bitrate::mbps(900))],
    ) {
        let mut screen = Screen(Canvas::new(SIZE));
        let mut encoder = Encoder::new(EncoderConfig { history_bytes: HISTORY, cache_bytes: CACHE, h264: true, ..EncoderConfig::default() }, SIZE).unwrap();
        let mut decoder = Decoder::new(DecoderLimits { history_bytes: HISTORY, cache_bytes: CACHE });
        let mut shown = Canvas::new(Size::new(1, 1));
        let mut frame = Frame::default();
        let (mut id, mut time) = (FrameId(1), 0);
        for draws in steps {
            for draw in &draws {
                let damage = apply(&mut screen.0, draw);
                encoder.damage(&damage, Timestamp(time));
            }
            let link = Link { budget, rate };
            let mut complete = true;
            while let Some(at) = encoder.work_at() {
                time = time.max(at.0) + 100;
                if encoder.next_frame(&mut screen, link, id, Timestamp(time), &mut frame).unwrap() {
                    id = id.next();
                    let before = shown.clone();
                    let covered =
                        decoder.decode(&frame.payload, &mut shown, &Region::new()).unwrap();
                    prop_assert!(covered.difference(&frame.writes).is_empty());
                    prop_assert!(frame.is_reset || only_changed_in(&before, &shown, &frame.writes));
                    complete = frame.update_complete;
                }
            }
            prop_assert!(complete);
            prop_assert!(shown == screen.0);
            prop_assert!(encoder.shadow() == &screen.0);
        }
    }
}

#[test]
fn a_smaller_screen_waits_for_what_was_painted_beyond_it() {
    let mut screen = Screen(Canvas::new(SIZE));
    let config = EncoderConfig {
        history_bytes: 0,
        cache_bytes: 0,
        h264: false,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(config, SIZE).unwrap();
    let link = Link {
        budget: 1 << 20,
        rate: Bitrate::mbps(900),
    };
    let mut frame = Frame::default();
    screen.0 = Canvas::new(Size::new(40, 30));
    let made = encoder.next_frame(&mut screen, link, FrameId(1), Timestamp(0), &mut frame);
    assert!(made.unwrap() && frame.is_reset);
    let beyond = Rect::of_size(SIZE);
    assert!(frame.reads.contains_rect(&beyond), "{:?}", frame.reads);
}

#[test]
fn scattered_damage_stays_within_what_a_viewer_accepts() {
    let size = Size::new(1000, 600);
    let mut screen = Screen(Canvas::new(size));
    let config = EncoderConfig {
        history_bytes: 0,
        cache_bytes: 0,
        h264: false,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(config, size).unwrap();
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: 0,
        cache_bytes: CACHE,
    });
    let (mut shown, mut frame, mut id) = (Canvas::new(size), Frame::default(), FrameId(1));
    let link = Link {
        budget: 1 << 30,
        rate: Bitrate::mbps(900),
    };
    let dot = |i: i32| Rect::new(i % 250 * 4, i / 250 * 3, 1 + i as u32 % 3, 1);
    for colours in [1, 2, 300] {
        let rects: Vec<Rect> = (0..50_000).map(dot).collect();
        for (i, rect) in rects.iter().enumerate() {
            screen.0.fill(rect, (i as u32 % colours + colours) * 77);
        }
        encoder.damage(&rects.into_iter().collect(), Timestamp(0));
        while encoder.work_at().is_some() {
            if encoder
                .next_frame(&mut screen, link, id, Timestamp(0), &mut frame)
                .unwrap()
            {
                id = id.next();
                decoder
                    .decode(&frame.payload, &mut shown, &Region::new())
                    .unwrap();
            }
        }
        assert!(shown == screen.0, "{colours} colours");
    }
}

fn only_changed_in(before: &Canvas, after: &Canvas, writes: &Region) -> bool {
    let all = Region::from(after.bounds()).difference(writes);
    all.rects()
        .iter()
        .all(|rect| (rect.top..rect.bottom).all(|y| before.span(rect, y) == after.span(rect, y)))
}
