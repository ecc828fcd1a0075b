//! What must hold whatever payloads a server sends: nothing panics, takes long or takes memory
//! without bound, pixels to be kept are kept, and the picture stays one of opaque pixels.
//!
//! Shared by the fuzz target and by the test that replays the corpus.

use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::wire::bytes::{Reader, Writer};

/// The viewer's picture before the first frame. Small, so that a fuzzer finds what is inside.
pub(crate) const SCREEN: Size = Size::new(64, 48);

/// A frame is a body to be wrapped, not a payload: a fuzzer need not know its length.
const IS_BODY: u8 = 0x80;

/// How many rectangles to keep there are.
const KEPT: u8 = 0x07;

/// Larger pictures are made and then left alone: they say nothing new and take long.
const MOST_PIXELS: u64 = 1 << 18;

/// Checks one input: frames one after another, each as [`write_frame`] writes it. As in a viewer,
/// the first that is refused ends the connection; here the next ones go on without a picture of
/// their own, because what is left of the decoder must not panic either.
#[allow(dead_code, reason = "whoever makes seeds only writes")]
pub(crate) fn check(bytes: &[u8]) {
    let limits = DecoderLimits {
        history_bytes: 1 << 16,
        cache_bytes: 1 << 14,
    };
    let mut decoder = Decoder::new(limits);
    let mut canvas = Canvas::new(SCREEN);
    let mut reader = Reader::new(bytes);
    while let Some((payload, keep)) = read_frame(&mut reader) {
        check_frame(&mut decoder, &mut canvas, &payload, &keep);
        if canvas.size().area() > MOST_PIXELS {
            return;
        }
    }
}

fn check_frame(decoder: &mut Decoder, canvas: &mut Canvas, payload: &[u8], keep: &Region) {
    let before = canvas.clone();
    let result = decoder.decode(payload, canvas, keep);
    if canvas.size().area() > MOST_PIXELS {
        return;
    }
    let whole = Region::from(canvas.bounds());
    if let Ok(covered) = result {
        assert!(covered.difference(&whole).is_empty(), "covers nothing");
    }
    assert!(canvas.pixels().iter().all(|&pixel| pixel >> 24 == 0));
    if canvas.size() == before.size() {
        for rect in keep.intersection(&whole).rects() {
            for y in rect.top..rect.bottom {
                assert_eq!(canvas.span(rect, y), before.span(rect, y), "not kept");
            }
        }
    }
}

fn read_frame(reader: &mut Reader<'_>) -> Option<(Vec<u8>, Region)> {
    let flags = reader.u8().ok()?;
    let mut keep = Region::new();
    for _ in 0..flags & KEPT {
        let edges = reader.take(4).ok()?;
        let [x, y, width, height] = [edges[0], edges[1], edges[2], edges[3]];
        keep.add_rect(Rect::new(x.into(), y.into(), width.into(), height.into()));
    }
    let len = usize::from(reader.u8().ok()?) | usize::from(reader.u8().ok()?) << 8;
    let bytes = match reader.remaining() {
        left if left < len => reader.rest(),
        _ => reader.take(len).ok()?,
    };
    let mut payload = Vec::with_capacity(bytes.len() + 4);
    if flags & IS_BODY != 0 {
        payload.put_u8(0);
        payload.put_varint(bytes.len() as u64);
    }
    payload.raw(bytes);
    Some((payload, keep))
}

/// Appends a frame that keeps `keep`, whose edges must be below 256.
#[allow(dead_code, reason = "the fuzz target only reads")]
pub(crate) fn write_frame(out: &mut Vec<u8>, payload: &[u8], keep: &[Rect]) {
    out.put_u8(keep.len() as u8 & KEPT);
    for rect in keep {
        let edges = [
            rect.left,
            rect.top,
            rect.width() as i32,
            rect.height() as i32,
        ];
        out.extend(edges.map(|edge| edge as u8));
    }
    out.raw(&(payload.len() as u16).to_le_bytes());
    out.raw(payload);
}
