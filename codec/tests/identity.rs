//! Every kind of section shows what it was made from, around pixels that are to be kept.
#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

mod sections;

use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::{Canvas, CodecError, Decoder, DecoderLimits, write};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use proptest::prelude::*;

use sections::{Picture, SIZE, any_picture, any_section, rects};

const LIMITS: DecoderLimits = DecoderLimits {
    history_bytes: 1 << 16,
    cache_bytes: 1 << 16,
};

fn payload(coder: Coder, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut compressor = Compressor::new(LIMITS.history_bytes).unwrap();
    compressor.write(coder, body, &mut out).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_section_shows_what_it_was_made_from(
        before in any_picture(), (section, picture) in any_section(), coder in 0usize..4,
    ) {
        let Picture { body, expected, covers } = section.write(&picture, &before);
        let mut shown = before.clone();
        let payload = payload(Coder::ALL[coder], &body);
        let covered = Decoder::new(LIMITS).decode(&payload, &mut shown, &Region::new()).unwrap();
        prop_assert!(shown == expected, "{:?}", section);
        prop_assert_eq!(covered, covers);
    }

    #[test]
    fn pixels_to_be_kept_are_kept_and_all_others_shown(
        before in any_picture(), (section, picture) in any_section(), keep in rects(0..6),
    ) {
        let Picture { body, expected, covers } = section.write(&picture, &before);
        let keep: Region = keep.into_iter().collect();
        let mut shown = before.clone();
        let payload = payload(Coder::Stored, &body);
        let covered = Decoder::new(LIMITS).decode(&payload, &mut shown, &keep).unwrap();
        for (x, y) in places() {
            let kept = keep.contains_point(Point::new(x, y));
            let source = if kept { &before } else { &expected };
            prop_assert_eq!(pixel(&shown, x, y), pixel(source, x, y), "{},{} {:?}", x, y, section);
        }
        prop_assert_eq!(covered, covers, "kept pixels count as covered");
    }

    #[test]
    fn damaged_payloads_never_panic_and_leave_a_decoder_that_starts_over(
        before in any_picture(),
        all in proptest::collection::vec(any_section(), 1..4),
        coder in 0usize..4,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4), 1..6),
        keep in rects(0..3),
    ) {
        let mut body = Vec::new();
        for (section, picture) in &all {
            body.extend(section.write(picture, &before).body);
        }
        let keep: Region = keep.into_iter().collect();
        let mut decoder = Decoder::new(LIMITS);
        let mut canvas = before.clone();
        // The body damaged and well wrapped, and the payload damaged.
        let inner = payload(Coder::Stored, &damaged(body.clone(), &damage));
        let outer = damaged(payload(Coder::ALL[coder], &body), &damage);
        for bytes in [inner, outer] {
            let result = decoder.decode(&bytes, &mut canvas, &keep);
            if canvas.size().area() > 1 << 20 {
                return Ok(());
            }
            if let Ok(covered) = result {
                prop_assert!(covered.difference(&canvas.bounds().into()).is_empty());
            }
            prop_assert!(canvas.pixels().iter().all(|pixel| pixel >> 24 == 0));
        }
        let (section, picture) = &all[0];
        let mut whole = Vec::new();
        write::reset(&mut whole, SIZE);
        let black = Canvas::new(SIZE);
        let Picture { body, expected, .. } = section.write(picture, &black);
        whole.extend(body);
        decoder.decode(&payload(Coder::Zstd, &whole), &mut canvas, &Region::new()).unwrap();
        prop_assert!(canvas == expected, "{:?}", section);
    }
}

fn places() -> impl Iterator<Item = (i32, i32)> {
    (0..SIZE.height as i32).flat_map(|y| (0..SIZE.width as i32).map(move |x| (x, y)))
}

fn pixel(canvas: &Canvas, x: i32, y: i32) -> u32 {
    canvas.row(y as u32)[x as usize]
}

fn damaged(mut bytes: Vec<u8>, damage: &[(prop::sample::Index, u8, i32)]) -> Vec<u8> {
    for &(at, byte, how) in damage {
        let at = at.index(bytes.len().max(1));
        match how {
            0 => bytes.truncate(at),
            1 => bytes.insert(at.min(bytes.len()), byte),
            _ if at < bytes.len() => bytes[at] ^= byte,
            _ => {}
        }
    }
    bytes
}

/// A body of sections that cost nothing to send and much to paint.
fn refused(body: &[u8]) -> CodecError {
    let mut canvas = Canvas::new(SIZE);
    Decoder::new(LIMITS)
        .decode(&payload(Coder::Zstd, body), &mut canvas, &Region::new())
        .unwrap_err()
}

#[test]
fn painting_the_screen_again_and_again_is_refused() {
    let mut body = Vec::new();
    for _ in 0..5 {
        write::fill(&mut body, 1, &[Rect::of_size(SIZE)]);
    }
    assert!(matches!(refused(&body), CodecError::PaintsTooMuch { .. }));
}

#[test]
fn stamping_a_large_shape_again_and_again_is_refused() {
    use hackstream_codec::symbols::{Shape, Stamp};
    for row in [u64::MAX, 0] {
        let shape = Shape {
            width: 64,
            rows: vec![row; 32],
        };
        let area = Rect::new(0, 0, 64, 32);
        let stamps = vec![Stamp { slot: 0, area }; 60_000];
        let mut body = Vec::new();
        let definitions = [(0, &shape)];
        write::text(&mut body, [0, 1], &[], definitions.into_iter(), &stamps);
        assert!(matches!(refused(&body), CodecError::PaintsTooMuch { .. }));
    }
}

#[test]
fn copies_and_resets_without_end_are_refused() {
    let mut body = Vec::new();
    for _ in 0..17 {
        let offset = hackstream_protocol::geometry::Offset::new(1, 0);
        write::copy(&mut body, offset, &[]);
    }
    assert!(matches!(refused(&body), CodecError::TooMany(_)));
    let mut body = Vec::new();
    for _ in 0..2 {
        write::reset(&mut body, SIZE);
    }
    assert!(matches!(refused(&body), CodecError::MisplacedReset));
}

#[test]
fn pixels_scattered_over_too_many_bands_are_refused() {
    let size = Size::new(2048, 2048);
    let columns: Vec<Rect> = (0..1000).map(|i| Rect::new(2 * i, i, 1, 1000)).collect();
    let mut body = Vec::new();
    write::reset(&mut body, size);
    write::fill(&mut body, 1, &columns);
    // Covered by the reset anyway.
    let mut canvas = Canvas::new(SIZE);
    let payload = |body: &[u8]| payload(Coder::Zstd, body);
    let mut decoder = Decoder::new(LIMITS);
    let none = Region::new();
    assert!(
        decoder
            .decode(&payload(&body[..5]), &mut canvas, &none)
            .is_ok()
    );
    let result = decoder.decode(&payload(&body[5..]), &mut canvas, &none);
    assert!(
        matches!(result, Err(CodecError::TooScattered(_))),
        "{result:?}"
    );
}

#[test]
fn a_reset_that_was_overtaken_is_refused() {
    let mut body = Vec::new();
    write::reset(&mut body, SIZE);
    let keep = Region::from(Rect::new(0, 0, 1, 1));
    let mut canvas = Canvas::new(SIZE);
    let result = Decoder::new(LIMITS).decode(&payload(Coder::Stored, &body), &mut canvas, &keep);
    assert!(matches!(result, Err(CodecError::MisplacedReset)));
}

#[test]
fn a_list_longer_than_the_limit_becomes_several_sections() {
    let rects: Vec<Rect> = (0..5000)
        .map(|i| Rect::new(i % 100 * 2, i / 100 * 2, 1, 1))
        .collect();
    let mut expected = Canvas::new(Size::new(200, 100));
    rects.iter().for_each(|rect| expected.fill(rect, 5));
    let mut body = Vec::new();
    write::fill(&mut body, 5, &rects);
    let mut shown = Canvas::new(Size::new(200, 100));
    let payload = payload(Coder::Zstd, &body);
    Decoder::new(LIMITS)
        .decode(&payload, &mut shown, &Region::new())
        .unwrap();
    assert!(shown == expected);
}

#[test]
fn a_frame_saves_no_more_tiles_than_an_honest_one() {
    let size = Size::new(640, 640);
    for (count, accepted) in [(64, true), (65, false)] {
        let mut body = Vec::new();
        write::reset(&mut body, size);
        let tiles: Vec<Rect> = (0..count).map(|x| Rect::new(x, 0, 1, 64)).collect();
        let slots: Vec<u16> = (0..count as u16).collect();
        write::save(&mut body, &[], &tiles, &slots);
        let mut decoder = Decoder::new(DecoderLimits {
            history_bytes: 0,
            cache_bytes: 1 << 20,
        });
        let payload = payload(Coder::Stored, &body);
        let saved = decoder.decode(&payload, &mut Canvas::new(size), &Region::new());
        assert_eq!(saved.is_ok(), accepted, "{count} tiles: {saved:?}");
    }
}
