//! H.264 from pixels to pixels, through the real encoder and decoder.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod support;

use hackstream_codec::h264::H264FrameKind::{Delta, Key};
use hackstream_codec::h264::{
    EntropyCoding, H264Decoder, H264Encoder, H264Error, H264Settings, I420, to_i420,
};
use hackstream_protocol::geometry::{Rect, Size};
use support::stream::{Stream, all_settings};

#[test]
fn every_setting_returns_each_picture_at_once_and_close_to_the_original() {
    for settings in all_settings() {
        let mut stream = Stream::new(Size::new(320, 240), settings);
        for _ in 0..20 {
            let (_, _, psnr) = stream.pass(22, Delta);
            assert!(psnr > 34.0, "{settings:?}: {psnr:.1} dB");
        }
    }
}

#[test]
fn noise_of_any_size_is_coded_at_every_qp() {
    for (size, settings) in [Size::new(16, 16), Size::new(190, 150), Size::new(640, 128)]
        .into_iter()
        .flat_map(|size| {
            all_settings()
                .into_iter()
                .map(move |settings| (size, settings))
        })
    {
        let mut encoder = H264Encoder::with_settings(size, settings).unwrap();
        let mut decoder = H264Decoder::new().unwrap();
        for qp in (0..=51).step_by(3) {
            let mut access_unit = Vec::new();
            let picture = noise(size, qp.into());
            let kind = if qp % 2 == 0 { Key } else { Delta };
            let made = encoder.encode(&picture, qp, kind, &mut access_unit);
            assert!(made.is_ok(), "{size}, {settings:?}, QP {qp}: {made:?}");
            assert!(decoder.decode(&access_unit).unwrap().is_some());
        }
    }
}

/// A picture of pixels without any order, a worst case: the extremes of each channel, black and
/// white.
fn noise(size: Size, seed: u64) -> I420 {
    const COLOURS: [u32; 8] = [
        0xff,
        0xff00,
        0x00ff_ffff,
        0xff_0000,
        0,
        0xff00ff,
        0xffff00,
        0xffff,
    ];
    let mut state = seed;
    let pixels: Vec<u32> = (0..size.area())
        .map(|_| {
            state = (state.wrapping_mul(6_364_136_223_846_793_005))
                .wrapping_add(1_442_695_040_888_963_407);
            COLOURS[(state >> 61) as usize]
        })
        .collect();
    let mut picture = I420::new(size).unwrap();
    to_i420(
        &pixels,
        size.width as usize,
        Rect::of_size(size),
        &mut picture,
    )
    .unwrap();
    picture
}

#[test]
fn only_the_first_picture_and_forced_ones_are_keyframes() {
    for settings in all_settings() {
        let mut stream = Stream::new(Size::new(160, 96), settings);
        for index in 0..100 {
            let wanted = if index % 9 == 4 { Key } else { Delta };
            let (kind, _, psnr) = stream.pass(26, wanted);
            let expected = if index == 0 { Key } else { wanted };
            assert_eq!(kind, expected, "{settings:?}, picture {index}");
            assert!(psnr > 30.0, "{settings:?}, picture {index}: {psnr:.1} dB");
        }
    }
}

#[test]
fn a_qp_change_takes_effect_without_a_keyframe() {
    let mut stream = Stream::new(Size::new(320, 240), H264Settings::default());
    assert_eq!(stream.pass(30, Delta).0, Key);
    let mut mean = |qp: u8| {
        let (mut bytes, mut quality) = (0, 0.0);
        for _ in 0..10 {
            let (kind, length, psnr) = stream.pass(qp, Delta);
            assert_eq!(kind, Delta);
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
    stream.pass(26, Delta);
    for index in [100_000, 5, 70_000] {
        stream.index = index;
        assert_eq!(stream.pass(26, Delta).0, Delta);
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
            let (_, _, psnr) = stream.pass(20, Delta);
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
        encoder.encode(&source, 40, Delta, &mut unit).unwrap();
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
    assert!(encoder.encode(&other, 26, Delta, &mut out).is_err());
    assert_eq!(out, [7]);
}

#[test]
fn access_units_are_appended() {
    let mut encoder = H264Encoder::new(Size::new(64, 64)).unwrap();
    let source = I420::new(Size::new(64, 64)).unwrap();
    let mut out = vec![1, 2, 3];
    encoder.encode(&source, 26, Delta, &mut out).unwrap();
    assert_eq!(out[..7], [1, 2, 3, 0, 0, 0, 1]);
}

#[test]
fn encoder_and_decoder_can_move_to_other_threads() {
    let mut stream = Stream::new(Size::new(64, 64), H264Settings::default());
    stream.pass(26, Delta);
    let moved = std::thread::spawn(move || stream.pass(26, Delta));
    assert_eq!(moved.join().unwrap().0, Delta);
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
        encoder.encode(&source, 26, Delta, &mut unit).unwrap();
        assert_eq!(unit[..6], [0, 0, 0, 1, 0x67, profile]);
        assert_eq!(unit[7], 31, "level");
    }
}
