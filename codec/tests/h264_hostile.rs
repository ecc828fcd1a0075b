//! What the H.264 decoder does with streams that are damaged, cut or made up.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod support;

use hackstream_codec::h264::H264FrameKind::{Delta, Key};
use hackstream_codec::h264::{H264Decoder, H264Error, H264Settings};
use hackstream_protocol::geometry::Size;
use support::Random;
use support::stream::{Stream, all_settings};

#[test]
fn a_stream_is_entered_only_at_a_keyframe() {
    let mut stream = Stream::new(Size::new(160, 96), H264Settings::default());
    stream.encode(26, Delta);
    let (_, delta) = stream.encode(26, Delta);
    assert!(stream.decoder.needs_keyframe());
    let refused = stream.decoder.decode(&delta).map(|_| ());
    assert_eq!(refused, Err(H264Error::KeyframeNeeded));
    let (_, _, psnr) = stream.pass(26, Key);
    assert!(psnr > 30.0 && !stream.decoder.needs_keyframe());
}

#[test]
fn after_a_damaged_picture_the_next_keyframe_restores_the_stream() {
    let mut stream = Stream::new(Size::new(160, 96), H264Settings::default());
    stream.pass(26, Delta);
    let (_, delta) = stream.encode(26, Delta);
    assert!(stream.decoder.decode(&delta[..3]).is_err());
    let (_, delta) = stream.encode(26, Delta);
    assert!(
        stream.decoder.decode(&delta).is_err(),
        "a picture with a lost reference"
    );
    for index in 0..5 {
        let (_, _, psnr) = stream.pass(26, if index == 0 { Key } else { Delta });
        assert!(psnr > 30.0, "{psnr:.1} dB");
    }
}

#[test]
fn pictures_beyond_the_expected_size_are_refused() {
    let mut stream = Stream::new(Size::new(160, 96), H264Settings::default());
    stream.decoder = H264Decoder::with_max_size(Size::new(159, 95)).unwrap();
    stream.pass(26, Delta);
    stream.decoder = H264Decoder::with_max_size(Size::new(158, 96)).unwrap();
    let (_, unit) = stream.encode(26, Key);
    assert!(matches!(
        stream.decoder.decode(&unit),
        Err(H264Error::UnsupportedSize { .. })
    ));
}

#[test]
fn garbage_is_refused() {
    let mut decoder = H264Decoder::new().unwrap();
    let mut random = Random::new(1);
    for length in 0..200 {
        let mut garbage: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        assert!(decoder.decode(&garbage).is_err());
        garbage.splice(0..0, [0, 0, 0, 1, 0x67]);
        assert!(decoder.decode(&garbage).is_err());
    }
}

/// Damages valid streams in every way that a few bytes allow. Nothing is said about what comes
/// out, except that it is a picture of an allowed size, an error, or nothing; and that the
/// decoder still works afterwards.
#[test]
fn damaged_streams_never_harm_the_decoder() {
    let mut random = Random::new(2026);
    for settings in all_settings() {
        let mut stream = Stream::new(Size::new(96, 80), settings);
        let units: Vec<_> = (0..6)
            .map(|i| stream.encode(28, if i == 3 { Key } else { Delta }).1)
            .collect();
        for _ in 0..250 {
            let damaged = random.below(units.len());
            for (index, unit) in units.iter().enumerate() {
                let mut unit = unit.clone();
                if index >= damaged {
                    damage(&mut unit, &mut random);
                }
                if let Ok(Some(view)) = stream.decoder.decode(&unit) {
                    let sum: u64 = view.luma().iter().map(|&s| u64::from(s)).sum();
                    assert!(view.size().area() >= 256 && sum < u64::MAX);
                }
            }
        }
        let (_, _, psnr) = stream.pass(26, Key);
        assert!(psnr > 30.0, "{settings:?}: {psnr:.1} dB");
    }
}

fn damage(unit: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(unit.len().max(1));
        // Headers are short and say the most.
        let at = if random.below(2) == 0 { at % 48 } else { at };
        match random.below(5) {
            0 => unit.truncate(at),
            1 if at < unit.len() => drop(unit.remove(at)),
            2 => unit.insert(at.min(unit.len()), random.next() as u8),
            3 => unit.extend_from_within(at.min(unit.len())..),
            _ if at < unit.len() => unit[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
}
