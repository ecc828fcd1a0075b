//! On a thin link a photograph comes blurred at first, the text beside it never.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod screen;

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};
use hackstream_protocol::wire::control::Quality;

use screen::Screen;

const SIZE: Size = Size::new(800, 600);
const PHOTOGRAPH: Rect = Rect::from_edges(64, 150, 735, 571);
const CAPTION: Rect = Rect::from_edges(256, 304, 448, 336);

/// A picture with grain between lines of text, and a caption in it.
fn page() -> Canvas {
    let mut canvas = Canvas::new(SIZE);
    let mut state = 7u32;
    for y in PHOTOGRAPH.top..PHOTOGRAPH.bottom {
        for (x, pixel) in (0..).zip(canvas.span_mut(&PHOTOGRAPH, y)) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = state >> 28;
            let wave = |scale: f32| ((x as f32 / scale).sin() + (y as f32 / scale).cos()) * 55.0;
            let channel = |scale: f32| (120.0 + wave(scale)) as u32 + grain;
            *pixel = channel(90.0) << 16 | channel(61.0) << 8 | channel(37.0);
        }
    }
    for text in [Rect::new(64, 20, 640, 96), CAPTION] {
        canvas.fill(&text, 0x00ff_ffff);
        for y in (text.top + 4..text.bottom - 4).step_by(3) {
            for x in (text.left + 4..text.right - 4).step_by(5) {
                canvas.fill(&Rect::new(x, y, 2, 1), 0);
            }
        }
    }
    canvas
}

/// Shows the page to a viewer on a link of `rate`. Calls `look` with the bytes sent so far and
/// the viewer's picture after each frame.
fn show(rate: Bitrate, quality: Quality, mut look: impl FnMut(usize, &Canvas)) {
    let config = EncoderConfig {
        history_bytes: 1 << 16,
        cache_bytes: 0,
        h264: true,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(config, SIZE).unwrap();
    encoder.set_quality(quality);
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: 1 << 16,
        cache_bytes: 0,
    });
    let mut screen = Screen(page());
    let (mut shown, mut frame) = (Canvas::new(Size::new(1, 1)), Frame::default());
    let (mut bytes, mut now, mut id) = (0, Timestamp(0), FrameId(1));
    encoder.damage(&screen.0.bounds().into(), now);
    let link = Link {
        budget: rate.bytes_in(core::time::Duration::from_millis(50)).0,
        rate,
    };
    while let Some(due) = encoder.work_at() {
        now = now.max(due);
        if encoder
            .next_frame(&mut screen, link, id, now, &mut frame)
            .unwrap()
        {
            id = id.next();
            bytes += frame.payload.len();
            decoder
                .decode(&frame.payload, &mut shown, &Region::new())
                .unwrap();
            look(bytes, &shown);
        }
    }
    assert!(shown == screen.0, "exact in the end");
}

/// Mean difference of the channels of two pictures.
fn difference(a: &Canvas, b: &Canvas) -> f64 {
    let channels = |canvas: &Canvas| -> Vec<u8> {
        let pixels = canvas.pixels().iter();
        pixels.flat_map(|pixel| pixel.to_le_bytes()).collect()
    };
    let pairs = channels(a).into_iter().zip(channels(b));
    let sum: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(b))).sum();
    sum / (a.pixels().len() * 3) as f64
}

/// Bytes until the picture was close, and until it was exact.
fn figures(rate: Bitrate, quality: Quality) -> (usize, usize) {
    let page = page();
    let (mut close, mut exact) = (None, 0);
    show(rate, quality, |bytes, shown| {
        if shown.size() != SIZE {
            return;
        }
        if close.is_none() && difference(shown, &page) < 4.0 {
            close = Some(bytes);
        }
        exact = bytes;
    });
    (close.unwrap(), exact)
}

#[test]
fn a_photograph_is_there_long_before_it_is_exact_and_its_caption_is_sharp() {
    let (close, exact) = figures(Bitrate::mbps(2), Quality::Auto);
    assert!(close * 8 < exact, "close after {close} of {exact} bytes");
    let page = page();
    show(Bitrate::mbps(2), Quality::Auto, |bytes, shown| {
        for y in CAPTION.top..CAPTION.bottom {
            let sharp = || shown.span(&CAPTION, y) == page.span(&CAPTION, y);
            assert!(bytes < close || sharp(), "row {y} after {bytes} bytes");
        }
    });
}

#[test]
fn who_prefers_quality_or_has_a_fast_link_gets_it_exact_at_once() {
    let (_, exact) = figures(Bitrate::mbps(2), Quality::Auto);
    for (rate, quality) in [
        (Bitrate::mbps(2), Quality::High),
        (Bitrate::mbps(500), Quality::Auto),
    ] {
        let (close, once) = figures(rate, quality);
        assert!(close * 3 > once * 2, "close after {close} of {once} bytes");
        assert!(once < exact, "{once} of {exact} bytes");
    }
}
