//! A film of things that move before a background leaves alone what rests between them.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use core::time::Duration;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};

use screen::Screen;

const SIZE: Size = Size::new(768, 512);
const STAGE: Rect = Rect::from_edges(64, 64, 704, 448);
const CAPTION: Rect = Rect::from_edges(320, 224, 448, 256);
const FRAMES: i32 = 90;

fn grain(canvas: &mut Canvas, rect: &Rect, seed: u32) {
    let mut state = seed;
    for y in rect.top..rect.bottom {
        for pixel in canvas.span_mut(rect, y) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *pixel = (state >> 8 & 0x003f_3f3f) + 0x0040_3020;
        }
    }
}

/// A background with a caption, and four things on their ways above and below it.
fn picture(number: i32) -> Canvas {
    let mut canvas = Canvas::new(SIZE);
    grain(&mut canvas, &STAGE, 7);
    canvas.fill(&CAPTION, 0x00ff_ffff);
    for x in (CAPTION.left + 4..CAPTION.right - 4).step_by(5) {
        canvas.fill(&Rect::new(x, CAPTION.top + 8, 2, 12), 0);
    }
    for (top, start) in [(70, 0), (70, 260), (300, 130), (300, 390)] {
        let way = (start + number * 12) % 1040;
        let left = STAGE.left + way.min(1040 - way);
        grain(&mut canvas, &Rect::new(left, top, 120, 130), 99);
    }
    canvas
}

#[test]
fn text_that_rests_inside_a_film_stays_sharp() {
    let config = EncoderConfig {
        h264: true,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(config, SIZE).unwrap();
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: 0,
        cache_bytes: 0,
    });
    let link = Link {
        budget: 1 << 20,
        rate: Bitrate::mbps(900),
    };
    let mut screen = Screen(picture(0));
    let (mut shown, mut frame) = (Canvas::new(Size::new(1, 1)), Frame::default());
    let (mut id, mut now, mut of_video) = (FrameId(1), Timestamp(1_000_000), 0);
    let mut around_caption = 0;
    for number in 0..FRAMES {
        screen.0 = picture(number);
        encoder.damage(&STAGE.into(), now);
        while encoder.work_at().is_some_and(|due| due <= now) {
            if encoder
                .next_frame(&mut screen, link, id, now, &mut frame)
                .unwrap()
            {
                id = id.next();
                decoder
                    .decode(&frame.payload, &mut shown, &Region::new())
                    .unwrap();
                let bounds = frame.writes.bounds();
                of_video += i32::from(frame.uses_video);
                around_caption += i32::from(frame.uses_video && bounds.contains(&CAPTION));
            }
        }
        for y in CAPTION.top..CAPTION.bottom {
            let expected = screen.0.span(&CAPTION, y);
            assert_eq!(shown.span(&CAPTION, y), expected, "row {y} of {number}");
        }
        now = now.after(Duration::from_millis(33));
    }
    assert!(of_video > FRAMES / 2, "{of_video} frames were video");
    assert!(
        around_caption > FRAMES / 4,
        "{around_caption} were around it"
    );
}

/// Frames of video in a film of which the link has room for `budget` bytes each time it is asked.
fn frames_of_video(budget: u64) -> i32 {
    let config = EncoderConfig {
        h264: true,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(config, SIZE).unwrap();
    let mut screen = Screen(picture(0));
    let (mut frame, mut id, mut of_video) = (Frame::default(), FrameId(1), 0);
    let mut now = Timestamp(1_000_000);
    for number in 0..FRAMES {
        // A second of the film, so that it is known as one.
        let budget = if number < 30 { 1 << 20 } else { budget };
        let link = Link {
            budget,
            rate: Bitrate::mbps(20),
        };
        screen.0 = picture(number);
        encoder.damage(&STAGE.into(), now);
        while encoder.work_at().is_some_and(|due| due <= now) {
            let made = encoder.next_frame(&mut screen, link, id, now, &mut frame);
            if made.unwrap() {
                id = id.next();
                of_video += i32::from(frame.uses_video && number >= 30);
            }
        }
        now = now.after(Duration::from_millis(33));
    }
    of_video
}

#[test]
fn a_picture_without_room_to_leave_waits_for_a_newer_one_but_not_for_ever() {
    let all = frames_of_video(1 << 20);
    assert!(all > 50, "{all} of 60");
    let few = frames_of_video(1200);
    assert!((10..=30).contains(&few), "{few} of 60");
}
