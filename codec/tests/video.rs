//! Video sections: where their pictures appear, and what a viewer refuses.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

#[path = "../../fuzz/oracles/tiles.rs"]
mod oracle;

use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::h264::{H264Encoder, H264FrameKind, I420, to_i420};
use hackstream_codec::{Canvas, CodecError, Decoder, DecoderLimits, write};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;

const SCREEN: Size = Size::new(90, 70);
const BACKGROUND: u32 = 0x0044_4444;
const COLOUR: u32 = 0x00e0_3010;

struct Viewer {
    decoder: Decoder,
    canvas: Canvas,
}

impl Viewer {
    fn new() -> Self {
        let limits = DecoderLimits {
            history_bytes: 0,
            cache_bytes: 0,
        };
        let mut canvas = Canvas::new(SCREEN);
        let whole = canvas.bounds();
        canvas.fill(&whole, BACKGROUND);
        Self {
            decoder: Decoder::new(limits),
            canvas,
        }
    }

    fn show(&mut self, sections: &[(Rect, &[u8])], keep: &Region) -> Result<Region, CodecError> {
        let mut body = Vec::new();
        for (area, unit) in sections {
            write::video(&mut body, area, &[*area], unit);
        }
        self.decode(&body, keep)
    }

    fn show_parts(
        &mut self,
        area: Rect,
        parts: &[Rect],
        unit: &[u8],
    ) -> Result<Region, CodecError> {
        let mut body = Vec::new();
        write::video(&mut body, &area, parts, unit);
        self.decode(&body, &Region::new())
    }

    fn decode(&mut self, body: &[u8], keep: &Region) -> Result<Region, CodecError> {
        let mut payload = Vec::new();
        let mut compressor = Compressor::new(0)?;
        compressor.write(Coder::Stored, body, &mut payload)?;
        self.decoder.decode(&payload, &mut self.canvas, keep)
    }
}

/// A keyframe and a picture after it, all in one colour.
fn stream(size: Size) -> [Vec<u8>; 2] {
    let mut picture = I420::new(size).unwrap();
    let pixels = vec![COLOUR; size.area() as usize];
    to_i420(
        &pixels,
        size.width as usize,
        Rect::of_size(size),
        &mut picture,
    )
    .unwrap();
    let mut encoder = H264Encoder::new(size).unwrap();
    [(); 2].map(|()| {
        let mut unit = Vec::new();
        encoder
            .encode(&picture, 20, H264FrameKind::Delta, &mut unit)
            .unwrap();
        unit
    })
}

fn is_close(a: u32, b: u32) -> bool {
    let channels = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
    channels.into_iter().all(|(a, b)| a.abs_diff(b) <= 8)
}

#[test]
fn a_picture_appears_in_its_area_and_nowhere_else() {
    // Odd edges, an odd place, and pixels kept across an odd border.
    let area = Rect::new(13, 7, 41, 33);
    let keep: Region = [Rect::new(0, 0, 20, 12), Rect::new(31, 20, 3, 50)]
        .into_iter()
        .collect();
    let mut viewer = Viewer::new();
    for unit in stream(area.size()) {
        let covered = viewer.show(&[(area, &unit)], &keep).unwrap();
        assert_eq!(covered, Region::from(area));
        for y in 0..SCREEN.height {
            for x in 0..SCREEN.width {
                let at = Point::new(x as i32, y as i32);
                let shown = viewer.canvas.row(y)[x as usize];
                let fits = if area.contains_point(at) && !keep.contains_point(at) {
                    is_close(shown, COLOUR)
                } else {
                    shown == BACKGROUND
                };
                assert!(fits, "{at:?}: {shown:06x}");
            }
        }
    }
}

#[test]
fn only_the_parts_that_are_named_are_shown() {
    let area = Rect::new(13, 7, 40, 32);
    let parts = [Rect::new(13, 7, 5, 9), Rect::new(30, 20, 23, 1)];
    let [key, _] = stream(area.size());
    let mut viewer = Viewer::new();
    let covered = viewer.show_parts(area, &parts, &key).unwrap();
    assert_eq!(covered, parts.into_iter().collect());
    for y in 0..SCREEN.height {
        for x in 0..SCREEN.width {
            let at = Point::new(x as i32, y as i32);
            let shown = viewer.canvas.row(y)[x as usize];
            let is_part = parts.iter().any(|part| part.contains_point(at));
            assert_eq!(is_part, shown != BACKGROUND, "{at:?}: {shown:06x}");
        }
    }
    let beyond = [Rect::new(12, 7, 5, 9)];
    assert!(Viewer::new().show_parts(area, &beyond, &key).is_err());
}

#[test]
fn a_broken_stream_goes_on_with_a_keyframe() {
    let area = Rect::new(0, 0, 32, 32);
    let [key, delta] = stream(area.size());
    let mut viewer = Viewer::new();
    let none = Region::new();
    assert!(viewer.show(&[(area, &delta)], &none).is_err());
    viewer.show(&[(area, &key)], &none).unwrap();
    viewer.show(&[(area, &delta)], &none).unwrap();
    assert!(viewer.show(&[(area, &delta[..3])], &none).is_err());
    assert!(
        viewer.show(&[(area, &delta)], &none).is_err(),
        "its predecessor is damaged"
    );
    viewer.show(&[(area, &key)], &none).unwrap();
}

#[test]
fn a_picture_of_another_size_than_its_area_is_refused() {
    let [key, _] = stream(Size::new(32, 32));
    for area in [
        Rect::new(0, 0, 33, 32),
        Rect::new(0, 0, 16, 16),
        Rect::new(0, 0, 30, 32),
    ] {
        assert!(
            Viewer::new().show(&[(area, &key)], &Region::new()).is_err(),
            "{area:?}"
        );
    }
    let odd = Rect::new(0, 0, 31, 31);
    assert!(Viewer::new().show(&[(odd, &key)], &Region::new()).is_ok());
}

#[test]
fn two_pictures_in_one_frame_are_refused() {
    let area = Rect::new(0, 0, 32, 32);
    let [key, delta] = stream(area.size());
    let result = Viewer::new().show(&[(area, &key), (area, &delta)], &Region::new());
    assert!(matches!(result, Err(CodecError::TooMany(_))));
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write it; another encoder may write other bytes.
#[test]
fn the_corpus_has_a_video() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/tiles/video");
    let area = Rect::new(3, 5, 33, 32);
    let mut seed = Vec::new();
    for unit in stream(area.size()) {
        let (mut body, mut payload) = (Vec::new(), Vec::new());
        write::video(&mut body, &area, &[area], &unit);
        let mut compressor = Compressor::new(0).unwrap();
        compressor
            .write(Coder::Stored, &body, &mut payload)
            .unwrap();
        oracle::write_frame(&mut seed, &payload, &[Rect::new(0, 0, 9, 9)]);
    }
    if std::env::var_os("HACKSTREAM_WRITE_SEEDS").is_some() {
        std::fs::write(file, seed).unwrap();
    } else {
        assert!(!std::fs::read(file).unwrap().is_empty());
    }
}
