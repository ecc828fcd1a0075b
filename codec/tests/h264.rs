//! H.264 from pixels to pixels, through the real encoder and decoder.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod support;

use hackstream_codec::h264::{
    Content, EntropyCoding, H264Decoder, H264Encoder, H264Error, H264FrameKind, H264Settings, I420,
    from_i420, to_i420,
};
use hackstream_protocol::geometry::{Rect, Size};
use support::{Motion, Random, picture, psnr};

/// One end of a stream and the other, with a picture that moves.
struct Stream {
    encoder: H264Encoder,
    decoder: H264Decoder,
    source: I420,
    size: Size,
    index: u32,
}

impl Stream {
    fn new(size: Size, settings: H264Settings) -> Self {
        Self {
            encoder: H264Encoder::with_settings(size, settings).unwrap(),
            decoder: H264Decoder::new().unwrap(),
            source: I420::new(size).unwrap(),
            size,
            index: 0,
        }
    }

    /// Encodes the next picture.
    fn encode(&mut self, qp: u8, force_keyframe: bool) -> (H264FrameKind, Vec<u8>) {
        let mut unit = Vec::new();
        let whole = Rect::of_size(self.size);
        let pixels = self.pixels();
        let stride = self.size.width as usize;
        to_i420(&pixels, stride, whole, &mut self.source).unwrap();
        self.index += 1;
        let kind = self
            .encoder
            .encode(&self.source, qp, force_keyframe, &mut unit);
        (kind.unwrap(), unit)
    }

    /// Encodes and decodes the next picture; returns its kind, bytes and PSNR.
    fn pass(&mut self, qp: u8, force_keyframe: bool) -> (H264FrameKind, usize, f64) {
        let pixels = self.pixels();
        let (kind, unit) = self.encode(qp, force_keyframe);
        let view = self.decoder.decode(&unit).unwrap();
        let view = view.expect("a picture with its own access unit");
        let mut shown = vec![0; pixels.len()];
        let whole = Rect::of_size(self.size);
        from_i420(&view, &mut shown, self.size.width as usize, whole, whole).unwrap();
        (kind, unit.len(), psnr(&pixels, &shown))
    }

    fn pixels(&self) -> Vec<u32> {
        picture(self.size, Motion::Pan, self.index)
    }
}

fn all_settings() -> Vec<H264Settings> {
    let mut all = Vec::new();
    for content in [Content::Camera, Content::Screen] {
        for entropy in [EntropyCoding::Cavlc, EntropyCoding::Cabac] {
            for slices in [1, 2] {
                all.push(H264Settings {
                    content,
                    entropy,
                    slices,
                });
            }
        }
    }
    all
}

#[test]
fn every_setting_returns_each_picture_at_once_and_close_to_the_original() {
    for settings in all_settings() {
        let mut stream = Stream::new(Size::new(320, 240), settings);
        for _ in 0..20 {
            let (_, _, psnr) = stream.pass(22, false);
            assert!(psnr > 34.0, "{settings:?}: {psnr:.1} dB");
        }
    }
}

#[test]
fn only_the_first_picture_and_forced_ones_are_keyframes() {
    for settings in all_settings() {
        let mut stream = Stream::new(Size::new(160, 96), settings);
        for index in 0..100 {
            let force = index % 9 == 4;
            let (kind, _, psnr) = stream.pass(26, force);
            let expected = match index {
                0 => H264FrameKind::Key,
                _ if force => H264FrameKind::Key,
                _ => H264FrameKind::Delta,
            };
            assert_eq!(kind, expected, "{settings:?}, picture {index}");
            assert!(psnr > 30.0, "{settings:?}, picture {index}: {psnr:.1} dB");
        }
    }
}

#[test]
fn a_qp_change_takes_effect_without_a_keyframe() {
    let mut stream = Stream::new(Size::new(320, 240), H264Settings::default());
    assert_eq!(stream.pass(30, false).0, H264FrameKind::Key);
    let mut mean = |qp: u8| {
        let (mut bytes, mut quality) = (0, 0.0);
        for _ in 0..10 {
            let (kind, length, psnr) = stream.pass(qp, false);
            assert_eq!(kind, H264FrameKind::Delta);
            bytes += length;
            quality += psnr / 10.0;
        }
        (bytes, quality)
    };
    let (coarse, fine, coarse_again) = (mean(40), mean(18), mean(51));
    assert!(fine.0 > 2 * coarse.0, "{} and {} bytes", fine.0, coarse.0);
    assert!(fine.1 > coarse.1 + 3.0, "{} and {} dB", fine.1, coarse.1);
    assert!(coarse_again.0 < fine.0 / 4);
}

#[test]
fn a_scene_change_is_not_a_keyframe() {
    let mut stream = Stream::new(Size::new(320, 240), H264Settings::default());
    stream.pass(26, false);
    for index in [100_000, 5, 70_000] {
        stream.index = index;
        assert_eq!(stream.pass(26, false).0, H264FrameKind::Delta);
    }
}

#[test]
fn sizes_of_every_shape_pass() {
    let mut decoder = H264Decoder::new().unwrap();
    for (width, height) in [
        (16, 16),
        (17, 33),
        (33, 16),
        (640, 18),
        (97, 641),
        (322, 241),
    ] {
        let size = Size::new(width, height);
        let mut stream = Stream::new(size, H264Settings::default());
        // The same decoder follows the changes of size.
        std::mem::swap(&mut stream.decoder, &mut decoder);
        for _ in 0..3 {
            let (_, _, psnr) = stream.pass(20, false);
            assert!(psnr > 30.0, "{size}: {psnr:.1} dB");
        }
        std::mem::swap(&mut stream.decoder, &mut decoder);
    }
}

#[test]
fn the_largest_pictures_pass_either_way_up() {
    for size in [Size::new(3840, 2160), Size::new(2160, 3840)] {
        let mut encoder = H264Encoder::new(size).unwrap();
        let mut decoder = H264Decoder::new().unwrap();
        let mut unit = Vec::new();
        let source = I420::new(size).unwrap();
        encoder.encode(&source, 40, false, &mut unit).unwrap();
        assert_eq!(decoder.decode(&unit).unwrap().unwrap().size(), size);
    }
}

#[test]
fn sizes_out_of_range_are_refused() {
    for (width, height) in [
        (0, 0),
        (15, 100),
        (100, 15),
        (3842, 100),
        (3840, 2162),
        (1, 60_000),
    ] {
        let size = Size::new(width, height);
        let refused = Err(H264Error::UnsupportedSize { size });
        assert_eq!(H264Encoder::new(size).map(|_| ()), refused);
        assert_eq!(I420::new(size).map(|_| ()), refused);
    }
    let mut encoder = H264Encoder::new(Size::new(64, 64)).unwrap();
    let other = I420::new(Size::new(64, 66)).unwrap();
    let mut out = vec![7];
    assert!(encoder.encode(&other, 26, false, &mut out).is_err());
    assert_eq!(out, [7]);
}

#[test]
fn access_units_are_appended() {
    let mut encoder = H264Encoder::new(Size::new(64, 64)).unwrap();
    let source = I420::new(Size::new(64, 64)).unwrap();
    let mut out = vec![1, 2, 3];
    encoder.encode(&source, 26, false, &mut out).unwrap();
    assert_eq!(out[..7], [1, 2, 3, 0, 0, 0, 1]);
}

#[test]
fn a_stream_is_entered_only_at_a_keyframe() {
    let mut stream = Stream::new(Size::new(160, 96), H264Settings::default());
    stream.encode(26, false);
    let (_, delta) = stream.encode(26, false);
    assert!(stream.decoder.needs_keyframe());
    let refused = stream.decoder.decode(&delta).map(|_| ());
    assert_eq!(refused, Err(H264Error::KeyframeNeeded));
    let (_, _, psnr) = stream.pass(26, true);
    assert!(psnr > 30.0 && !stream.decoder.needs_keyframe());
}

#[test]
fn after_a_damaged_picture_the_next_keyframe_restores_the_stream() {
    let mut stream = Stream::new(Size::new(160, 96), H264Settings::default());
    stream.pass(26, false);
    let (_, delta) = stream.encode(26, false);
    assert!(stream.decoder.decode(&delta[..3]).is_err());
    let (_, delta) = stream.encode(26, false);
    assert!(
        stream.decoder.decode(&delta).is_err(),
        "a picture with a lost reference"
    );
    for index in 0..5 {
        let (_, _, psnr) = stream.pass(26, index == 0);
        assert!(psnr > 30.0, "{psnr:.1} dB");
    }
}

#[test]
fn pictures_beyond_the_expected_size_are_refused() {
    let mut stream = Stream::new(Size::new(160, 96), H264Settings::default());
    stream.decoder = H264Decoder::with_max_size(Size::new(159, 95)).unwrap();
    stream.pass(26, false);
    stream.decoder = H264Decoder::with_max_size(Size::new(158, 96)).unwrap();
    let (_, unit) = stream.encode(26, true);
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
        let units: Vec<_> = (0..6).map(|i| stream.encode(28, i == 3).1).collect();
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
        let (_, _, psnr) = stream.pass(26, true);
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

#[test]
fn encoder_and_decoder_can_move_to_other_threads() {
    let mut stream = Stream::new(Size::new(64, 64), H264Settings::default());
    stream.pass(26, false);
    let moved = std::thread::spawn(move || stream.pass(26, false));
    assert_eq!(moved.join().unwrap().0, H264FrameKind::Delta);
}

/// Bits of the first sequence parameter set, as players read them.
#[test]
fn the_stream_describes_itself_for_low_delay() {
    for (entropy, profile) in [(EntropyCoding::Cavlc, 66), (EntropyCoding::Cabac, 100)] {
        let settings = H264Settings {
            entropy,
            ..H264Settings::default()
        };
        let mut encoder = H264Encoder::with_settings(Size::new(1280, 720), settings).unwrap();
        let source = I420::new(Size::new(1280, 720)).unwrap();
        let mut unit = Vec::new();
        encoder.encode(&source, 26, false, &mut unit).unwrap();
        assert_eq!(unit[..6], [0, 0, 0, 1, 0x67, profile]);
        assert_eq!(unit[7], 31, "level");
    }
}
