//! Sessions as the encoder sends them, for the fuzzer of the viewer's decoder.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/tiles.rs"]
#[allow(dead_code, reason = "shared with the fuzzer")]
mod oracle;
mod screen;

use corpus::Corpus;
use hackstream_codec::Canvas;
use hackstream_codec::envelope::Coder;
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};
use screen::Screen;

const SIZE: Size = Size::new(192, 160);

/// The steps of a session: a window, text in it, an image of few colours, one of many, scrolling,
/// more text.
fn draw(screen: &mut Canvas, step: usize) {
    let whole = screen.bounds();
    match step {
        0 => screen.fill(&whole, 0x00dd_dddd),
        1 => (0..7).for_each(|line| letters(screen, Rect::new(4, 4 + 10 * line, 180, 9))),
        2 => noise(screen, Rect::new(10, 80, 60, 40), 7),
        3 => noise(screen, Rect::new(80, 80, 60, 40), 1 << 24),
        4 => {
            let targets = Region::from(Rect::new(0, 0, 192, 148));
            screen.copy_region(&targets, Offset::new(0, -12));
        }
        _ => letters(screen, Rect::new(4, 140, 180, 9)),
    }
}

/// A line of a few letters that occur again and again.
fn letters(screen: &mut Canvas, line: Rect) {
    screen.fill(&line, 0x00ff_ffff);
    let (mut left, mut number) = (line.left, line.top as u32);
    while left + 6 < line.right {
        number = number.wrapping_mul(7).wrapping_add(3) % 11;
        for (row, y) in (line.top + 1..line.bottom - 1).enumerate() {
            for column in 0..5 {
                if (number + 3) * (row as u32 * 5 + column + 2) % 7 < 3 || column == 0 {
                    screen.fill(&Rect::new(left + column as i32, y, 1, 1), 0x0020_2020);
                }
            }
        }
        left += 7;
    }
}

fn noise(screen: &mut Canvas, area: Rect, colours: u32) {
    let mut state = colours;
    for y in area.top..area.bottom {
        for pixel in screen.span_mut(&area, y) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *pixel = ((state >> 8) % colours).wrapping_mul(0x0001_0305) & 0x00ff_ffff;
        }
    }
}

/// A session over a link of `rate`, as the fuzzer reads it, and the coders that it used.
fn session(rate: Bitrate, history_bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let mut screen = Screen(Canvas::new(SIZE));
    let config = EncoderConfig {
        history_bytes,
        cache_bytes: 0,
        h264: false,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(config, SIZE).unwrap();
    let (mut frame, mut id) = (Frame::default(), FrameId(1));
    let (mut seed, mut coders) = (Vec::new(), Vec::new());
    for step in 0..6 {
        draw(&mut screen.0, step);
        encoder.damage(&screen.0.bounds().into(), Timestamp(step as u64));
        let link = Link {
            budget: 1 << 20,
            rate,
        };
        while encoder.work_at().is_some_and(|at| at == Timestamp(0)) {
            let now = Timestamp(step as u64);
            if encoder
                .next_frame(&mut screen, link, id, now, &mut frame)
                .unwrap()
            {
                id = id.next();
                coders.push(frame.payload[0]);
                // The first frame starts the picture over: nothing can have overtaken it.
                let keep = [Rect::new(20, 10, 30, 90)];
                oracle::write_frame(&mut seed, &frame.payload, &keep[..usize::from(step > 0)]);
            }
        }
    }
    (seed, coders)
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write the files. They are not compared: what the encoder
/// chooses may change.
#[test]
fn sessions_are_what_the_fuzzer_starts_from() {
    let sessions = [
        ("session-thin", Bitrate::kbps(500), 1 << 16, Coder::History),
        ("session-alone", Bitrate::kbps(500), 0, Coder::Zstd),
        ("session-fast", Bitrate::mbps(300), 0, Coder::Lz4),
    ];
    for (name, rate, history_bytes, coder) in sessions {
        let (seed, coders) = session(rate, history_bytes);
        assert!(coders.contains(&(coder as u8)), "{name} has {coders:?}");
        oracle::check(&seed);
        assert!(!Corpus("tiles").seed(name, &seed).is_empty());
    }
}
