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

/// A viewer, at first on a fast link, and what it is shown.
struct Viewer {
    link: Link,
    encoder: Encoder,
    decoder: Decoder,
    shown: Canvas,
    frame: Frame,
    next: FrameId,
}

impl Viewer {
    fn new() -> Self {
        let config = EncoderConfig {
            h264: true,
            ..EncoderConfig::default()
        };
        Self {
            link: Link {
                budget: 1 << 20,
                rate: Bitrate::mbps(900),
            },
            encoder: Encoder::new(config, SIZE).unwrap(),
            decoder: Decoder::new(DecoderLimits {
                history_bytes: 0,
                cache_bytes: 0,
            }),
            shown: Canvas::new(Size::new(1, 1)),
            frame: Frame::default(),
            next: FrameId(1),
        }
    }

    /// Sends all that is due after `drawn` was drawn; what each frame of video painted.
    fn follow(&mut self, screen: &mut Screen, drawn: Rect, now: Timestamp) -> Vec<Region> {
        let link = self.link;
        let mut of_video = Vec::new();
        self.encoder.damage(&drawn.into(), now);
        while self.encoder.work_at().is_some_and(|due| due <= now) {
            let made = self
                .encoder
                .next_frame(screen, link, self.next, now, &mut self.frame);
            if made.unwrap() {
                self.next = self.next.next();
                let (payload, canvas) = (&self.frame.payload, &mut self.shown);
                self.decoder
                    .decode(payload, canvas, &Region::new())
                    .unwrap();
                if self.frame.uses_video {
                    of_video.push(self.frame.writes.clone());
                }
            }
        }
        of_video
    }

    fn assert_exact(&self, screen: &Screen, rect: &Rect, what: &str) {
        for y in rect.top..rect.bottom {
            let expected = screen.0.span(rect, y);
            assert_eq!(self.shown.span(rect, y), expected, "row {y}, {what}");
        }
    }
}

#[test]
fn text_that_rests_inside_a_film_stays_sharp() {
    let mut viewer = Viewer::new();
    let mut screen = Screen(picture(0));
    let mut now = Timestamp(1_000_000);
    let (mut of_video, mut around_caption) = (0, 0);
    for number in 0..FRAMES {
        screen.0 = picture(number);
        for painted in viewer.follow(&mut screen, STAGE, now) {
            of_video += 1;
            around_caption += i32::from(painted.bounds().contains(&CAPTION));
        }
        viewer.assert_exact(&screen, &CAPTION, &format!("picture {number}"));
        now = now.after(Duration::from_millis(33));
    }
    assert!(of_video > FRAMES / 2, "{of_video} frames were video");
    assert!(
        around_caption > FRAMES / 4,
        "{around_caption} were around it"
    );
}

#[test]
fn text_beside_a_film_is_sharp_though_both_appeared_at_once() {
    const FILM: Rect = Rect::from_edges(100, 100, 612, 420);
    const LINE: Rect = Rect::from_edges(110, 70, 500, 90);
    let mut viewer = Viewer::new();
    let mut screen = Screen(Canvas::new(SIZE));
    let mut now = Timestamp(1_000_000);
    grain(&mut screen.0, &STAGE, 7);
    viewer.follow(&mut screen, STAGE, now);
    let mut of_video = 0;
    for number in 0..FRAMES {
        now = now.after(Duration::from_millis(33));
        grain(&mut screen.0, &FILM, number as u32);
        of_video += viewer.follow(&mut screen, FILM, now).len();
    }
    assert!(of_video > 0, "no frame was video");
    screen.0.fill(&LINE, 0x00ff_ffff);
    viewer.follow(&mut screen, LINE, now);
    viewer.assert_exact(&screen, &LINE, "beside the film");
}

/// Frames of video in a film of which the link has room for `budget` bytes each time it is asked,
/// once it is known as one.
fn frames_of_video(budget: u64) -> usize {
    let mut viewer = Viewer::new();
    viewer.link.rate = Bitrate::mbps(20);
    let mut screen = Screen(picture(0));
    let (mut now, mut of_video) = (Timestamp(1_000_000), 0);
    for number in 0..FRAMES {
        let is_known = number >= 30;
        if is_known {
            viewer.link.budget = budget;
        }
        screen.0 = picture(number);
        let painted = viewer.follow(&mut screen, STAGE, now);
        of_video += if is_known { painted.len() } else { 0 };
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
