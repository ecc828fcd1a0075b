//! Replays the fuzzer's corpus, keeps a payload of each kind in it, and checks that the examples
//! in the specification are these.

#![allow(clippy::unwrap_used, reason = "a test, its helpers too")]

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/tiles.rs"]
mod oracle;

use corpus::{Corpus, assert_specified};
use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::palette::Palette;
use hackstream_codec::predict::Predictor;
use hackstream_codec::symbols::{Shape, Stamp};
use hackstream_codec::{Canvas, Decoder, DecoderLimits, write};
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::region::Region;

const RED: u32 = 0x00ff_0000;
const WHITE: u32 = 0x00ff_ffff;

const CORPUS: Corpus = Corpus("tiles");

#[test]
fn every_input_of_the_corpus_is_survived() {
    CORPUS.replay(oracle::check);
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write the files instead.
#[test]
fn the_seeds_are_what_this_version_writes() {
    for (name, payload, keep) in seeds() {
        let mut bytes = Vec::new();
        // Copies and changes need something to read.
        oracle::write_frame(&mut bytes, &stored(start), &[]);
        oracle::write_frame(&mut bytes, &payload, &keep);
        let committed = CORPUS.seed(name, &bytes);
        assert_eq!(committed, bytes, "the wire format of {name} has changed");
    }
}

#[test]
fn the_examples_in_the_specification_are_the_seeds() {
    let examples = seeds()
        .into_iter()
        .map(|(name, payload, _)| (name, payload));
    for (name, payload) in examples.chain(compressed()) {
        assert_specified(name, &payload);
    }
}

#[test]
fn the_examples_of_compressors_all_hold_the_same_body() {
    let limits = DecoderLimits {
        history_bytes: 1 << 16,
        cache_bytes: 0,
    };
    for (name, payload) in compressed() {
        let (mut canvas, mut expected) =
            (Canvas::new(oracle::SCREEN), Canvas::new(Size::new(8, 6)));
        let result = Decoder::new(limits).decode(&payload, &mut canvas, &Region::new());
        assert!(result.is_ok(), "{name}: {result:?}");
        for rect in repetition() {
            expected.fill(&rect, RED);
        }
        assert_eq!(canvas, expected, "{name}");
    }
}

#[test]
fn this_version_reads_what_it_compresses_the_same_way() {
    let mut compressor = Compressor::new(1 << 16).unwrap();
    for (coder, (name, payload)) in Coder::ALL.into_iter().zip(compressed()) {
        let mut written = Vec::new();
        let mut body = Vec::new();
        repeated(&mut body);
        compressor.write(coder, &body, &mut written).unwrap();
        assert_eq!(written[..2], payload[..2], "{name}: {written:02x?}");
    }
}

fn stored(fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let (mut body, mut payload) = (Vec::new(), Vec::new());
    fill(&mut body);
    let mut compressor = Compressor::new(0).unwrap();
    compressor
        .write(Coder::Stored, &body, &mut payload)
        .unwrap();
    payload
}

fn start(out: &mut Vec<u8>) {
    write::reset(out, Size::new(8, 6));
    write::fill(out, 0x0012_3456, &[Rect::new(0, 0, 8, 3)]);
}

/// One payload for each kind of section, with pixels to keep.
fn seeds() -> Vec<(&'static str, Vec<u8>, Vec<Rect>)> {
    let keep = vec![Rect::new(1, 1, 2, 1)];
    let mut seeds = vec![
        (
            "reset",
            stored(|out| write::reset(out, Size::new(8, 6))),
            vec![],
        ),
        ("copy", stored(copy), keep.clone()),
        ("fill", stored(fill), keep.clone()),
    ];
    let pictures = [
        ("two-colours", stored(two_colours)),
        ("indexed", stored(indexed)),
        ("full-above", stored(|out| full(out, Predictor::Above))),
        (
            "full-gradient",
            stored(|out| full(out, Predictor::Gradient)),
        ),
        ("text", stored(text)),
        ("tiles", stored(tiles)),
    ];
    seeds.extend(pictures.map(|(name, payload)| (name, payload, keep.clone())));
    seeds
}

fn copy(out: &mut Vec<u8>) {
    write::copy(out, Offset::new(1, -2), &[Rect::new(1, 0, 3, 2)]);
}

fn fill(out: &mut Vec<u8>) {
    let rects = [
        Rect::new(0, 0, 2, 1),
        Rect::new(4, 0, 3, 1),
        Rect::new(1, 2, 1, 4),
    ];
    write::fill(out, RED, &rects);
}

fn two_colours(out: &mut Vec<u8>) {
    let mut canvas = Canvas::new(Size::new(8, 6));
    let area = Rect::new(2, 1, 3, 2);
    canvas.fill(&area, WHITE);
    canvas.fill(&Rect::new(3, 1, 1, 1), RED);
    canvas.fill(&Rect::new(4, 2, 1, 1), RED);
    write::two_colours(out, &canvas, [WHITE, RED], &[area]);
}

fn indexed(out: &mut Vec<u8>) {
    let mut palette = Palette::new();
    for colour in [WHITE, RED, 0x0001_0203] {
        palette.index_of(colour);
    }
    write::indexed(out, &palette, &[Rect::new(5, 4, 2, 2)], &[0, 1, 1, 2]);
}

fn full(out: &mut Vec<u8>, predictor: Predictor) {
    let mut canvas = Canvas::new(Size::new(8, 6));
    let pixels = [0x0010_2030, 0x0011_2232, 0x0012_2030, 0x0013_2434];
    let places = [(0, 3), (1, 3), (0, 4), (1, 4)];
    for ((x, y), pixel) in places.into_iter().zip(pixels) {
        canvas.fill(&Rect::new(x, y, 1, 1), pixel);
    }
    write::full_colour(out, &canvas, predictor, &[Rect::new(0, 3, 2, 2)]);
}

fn text(out: &mut Vec<u8>) {
    let bar = Shape {
        width: 1,
        rows: vec![1; 3],
    };
    let corner = Shape {
        width: 2,
        rows: vec![0b01, 0b11],
    };
    let at = |slot, x, y, shape: &Shape| Stamp {
        slot,
        area: Rect::new(x, y, shape.width.into(), shape.rows.len() as u32),
    };
    let stamps = [at(7, 1, 1, &bar), at(8, 3, 2, &corner), at(7, 6, 1, &bar)];
    let definitions = [(7, &bar), (8, &corner)];
    let area = [Rect::new(0, 1, 8, 4)];
    write::text(
        out,
        [WHITE, RED],
        &area,
        definitions.iter().copied(),
        &stamps,
    );
}

fn tiles(out: &mut Vec<u8>) {
    write::save(out, &[9], &[Rect::new(0, 2, 3, 2)], &[300]);
    write::recall(out, &[Rect::new(5, 0, 3, 2)], &[300]);
}

/// Every second pixel of two rows.
fn repetition() -> Vec<Rect> {
    let row = |y| (0..4).map(move |x| Rect::new(2 * x, y, 1, 1));
    row(0).chain(row(1)).collect()
}

fn repeated(out: &mut Vec<u8>) {
    write::reset(out, Size::new(8, 6));
    write::fill(out, RED, &repetition());
}

/// The same body by every coder. Other versions of the libraries may compress otherwise; what is
/// fixed is what these bytes mean.
fn compressed() -> [(&'static str, Vec<u8>); 4] {
    [
        ("stored", stored(repeated)),
        ("LZ4", LZ4.to_vec()),
        ("Zstandard", ZSTD.to_vec()),
        ("history", HISTORY.to_vec()),
    ]
}

const LZ4: &[u8] = &[
    0x01, 0x28, 0xe6, 0x00, 0x08, 0x06, 0x02, 0xff, 0x00, 0x00, 0x08, 0x00, 0x00, 0x01, 0x01, 0x00,
    0x02, 0x04, 0x00, 0x24, 0x02, 0x0d, 0x0c, 0x00, 0x60, 0x01, 0x01, 0x00, 0x02, 0x01, 0x01,
];
const ZSTD: &[u8] = &[
    0x02, 0x28, 0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x28, 0xe5, 0x00, 0x00, 0xa0, 0x00, 0x08, 0x06, 0x02,
    0xff, 0x00, 0x00, 0x08, 0x00, 0x00, 0x01, 0x01, 0x00, 0x02, 0x02, 0x0d, 0x00, 0x02, 0x01, 0x01,
    0x02, 0x00, 0x2f, 0x1b, 0x7b, 0x73, 0x4a,
];
const HISTORY: &[u8] = &[
    0x03, 0x28, 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x30, 0xe4, 0x00, 0x00, 0xa0, 0x00, 0x08, 0x06, 0x02,
    0xff, 0x00, 0x00, 0x08, 0x00, 0x00, 0x01, 0x01, 0x00, 0x02, 0x02, 0x0d, 0x00, 0x02, 0x01, 0x01,
    0x02, 0x00, 0x2f, 0x1b, 0x7b, 0x73, 0x4a,
];
