//! A device that decodes in place of OpenH264, and what happens when it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::h264::H264FrameKind::{self, Delta, Key};
use hackstream_codec::h264::{
    DeviceFailure, H264Decoder, H264Encoder, H264Error, I420, I420View, PictureDevice, Setback,
    to_i420,
};
use hackstream_codec::{Canvas, CodecError, Decoder, DecoderLimits, write};
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use support::{Motion, picture, psnr};

const FILM: Size = Size::new(320, 240);
const LIMITS: DecoderLimits = DecoderLimits {
    history_bytes: 0,
    cache_bytes: 0,
};

/// What a device was asked for.
#[derive(Default)]
struct Asked {
    begun: AtomicU32,
    decoded: AtomicU32,
}

/// A device that is OpenH264 in disguise, and fails once it has decoded some access units.
struct Disguise {
    decoder: H264Decoder,
    last: Option<I420>,
    asked: Arc<Asked>,
    lasts_for: u32,
}

impl PictureDevice for Disguise {
    fn begin(&mut self, _: Size) -> Result<(), DeviceFailure> {
        self.asked.begun.fetch_add(1, Ordering::Relaxed);
        self.decoder = H264Decoder::new().unwrap();
        Ok(())
    }

    fn decode(&mut self, access_unit: &[u8]) -> Result<(), DeviceFailure> {
        if self.asked.decoded.fetch_add(1, Ordering::Relaxed) >= self.lasts_for {
            return Err(DeviceFailure("it holds pictures back".to_owned()));
        }
        let view = self.decoder.decode(access_unit).unwrap().unwrap();
        self.last = Some(copy(&view));
        Ok(())
    }

    fn picture(&self) -> Result<I420View<'_>, H264Error> {
        Ok(self.last.as_ref().unwrap().view())
    }
}

fn copy(view: &I420View<'_>) -> I420 {
    let mut copy = I420::new(view.size()).unwrap();
    let widths = [
        view.size().width,
        view.size().width / 2,
        view.size().width / 2,
    ];
    let strides = [
        view.luma_stride(),
        view.chroma_stride(),
        view.chroma_stride(),
    ];
    let planes = [view.luma(), view.cb(), view.cr()];
    for (plane, to) in copy.planes_mut().into_iter().enumerate() {
        let rows = planes[plane].chunks(strides[plane]);
        for (to, from) in to.chunks_mut(widths[plane] as usize).zip(rows) {
            to.copy_from_slice(&from[..to.len()]);
        }
    }
    copy
}

/// A film and a viewer of it.
struct Show {
    encoder: H264Encoder,
    decoder: Decoder,
    canvas: Canvas,
    asked: Arc<Asked>,
    index: u32,
}

impl Show {
    /// The device fails after so many access units.
    fn new(lasts_for: u32) -> Self {
        let asked = Arc::new(Asked::default());
        let mut decoder = Decoder::new(LIMITS);
        let device = Disguise {
            decoder: H264Decoder::new().unwrap(),
            last: None,
            asked: Arc::clone(&asked),
            lasts_for,
        };
        decoder.assist(Box::new(device)).unwrap();
        Self {
            encoder: H264Encoder::new(FILM).unwrap(),
            decoder,
            canvas: Canvas::new(FILM),
            asked,
            index: 0,
        }
    }

    fn unit(encoder: &mut H264Encoder, size: Size, pixels: &[u32], kind: H264FrameKind) -> Vec<u8> {
        let whole = Rect::of_size(size);
        let mut source = I420::new(size).unwrap();
        to_i420(pixels, size.width as usize, whole, &mut source).unwrap();
        let mut unit = Vec::new();
        encoder.encode(&source, 20, kind, &mut unit).unwrap();
        unit
    }

    fn apply(&mut self, area: Rect, unit: &[u8]) -> Result<(), CodecError> {
        let (mut body, mut payload) = (Vec::new(), Vec::new());
        write::video(&mut body, &area, &[area], unit);
        let mut compressor = Compressor::new(0).unwrap();
        compressor
            .write(Coder::Stored, &body, &mut payload)
            .unwrap();
        let keep = Region::new();
        self.decoder
            .decode(&payload, &mut self.canvas, &keep)
            .map(drop)
    }

    /// Shows the next picture of the film; returns how close it is to what it should be.
    fn next(&mut self, kind: H264FrameKind) -> f64 {
        let pixels = picture(FILM, Motion::Pan, self.index);
        self.index += 1;
        let unit = Self::unit(&mut self.encoder, FILM, &pixels, kind);
        self.apply(Rect::of_size(FILM), &unit).unwrap();
        psnr(&pixels, self.canvas.pixels())
    }

    /// Shows a photograph, a keyframe of a size of its own.
    fn still(&mut self) {
        let size = Size::new(160, 128);
        let mut encoder = H264Encoder::new(size).unwrap();
        let pixels = picture(size, Motion::Pan, 99);
        let unit = Self::unit(&mut encoder, size, &pixels, Key);
        self.apply(Rect::of_size(size), &unit).unwrap();
        assert!(self.setback().is_none());
    }

    fn setback(&mut self) -> Option<Setback> {
        self.decoder.take_setback()
    }

    /// How often the device was made ready, and how many access units it got.
    fn asked(&self) -> (u32, u32) {
        let count = |of: &AtomicU32| of.load(Ordering::Relaxed);
        (count(&self.asked.begun), count(&self.asked.decoded))
    }
}

#[test]
fn a_film_is_the_devices_from_its_second_picture_on() {
    let mut show = Show::new(u32::MAX);
    assert!(show.next(Key) > 34.0);
    assert_eq!(show.asked(), (0, 0));
    for number in 1..10 {
        assert!(show.next(Delta) > 34.0, "picture {number}");
    }
    assert_eq!(show.asked(), (1, 10), "the keyframe, too");
    assert!(show.next(Key) > 34.0, "a cut");
    assert!(show.next(Delta) > 34.0);
    assert_eq!(show.asked(), (1, 12));
    assert_eq!(show.setback(), None);
}

#[test]
fn photographs_and_small_pictures_are_none_of_the_devices_business() {
    let mut show = Show::new(u32::MAX);
    for _ in 0..3 {
        show.still();
    }
    assert_eq!(show.asked(), (0, 0));
    show.next(Key);
    show.next(Delta);
    show.still();
    assert_eq!(show.asked(), (1, 2));
    assert!(show.next(Key) > 34.0, "the film goes on with a keyframe");
    assert!(show.next(Delta) > 34.0);
    assert_eq!(show.asked(), (1, 4), "and the device was ready for it");

    let small = Size::new(64, 64);
    let mut encoder = H264Encoder::new(small).unwrap();
    for (index, kind) in [Key, Delta, Delta].into_iter().enumerate() {
        let pixels = picture(small, Motion::Pan, index as u32);
        let unit = Show::unit(&mut encoder, small, &pixels, kind);
        show.apply(Rect::of_size(small), &unit).unwrap();
    }
    assert_eq!(show.asked(), (1, 4));
}

#[test]
fn a_device_that_fails_at_the_beginning_costs_no_picture() {
    for lasts_for in [0, 1] {
        let mut show = Show::new(lasts_for);
        for number in 0..6 {
            let kind = if number == 0 { Key } else { Delta };
            assert!(show.next(kind) > 34.0, "picture {number}");
        }
        let why = DeviceFailure("it holds pictures back".to_owned());
        assert_eq!(show.setback(), Some(Setback::Bridged(why)));
        assert_eq!(show.setback(), None, "told once");
        assert_eq!(show.asked(), (1, lasts_for + 1), "not asked again");
    }
}

#[test]
fn a_device_that_fails_under_way_needs_one_keyframe() {
    let mut show = Show::new(4);
    show.next(Key);
    for _ in 0..3 {
        assert!(show.next(Delta) > 34.0);
    }
    let before = show.canvas.pixels().to_vec();
    show.next(Delta);
    assert!(matches!(show.setback(), Some(Setback::KeyframeNeeded(_))));
    show.next(Delta);
    assert_eq!(show.canvas.pixels(), before, "what was there stays");
    assert!(show.next(Key) > 34.0);
    assert!(show.next(Delta) > 34.0);
    assert_eq!(show.asked(), (1, 5));
}

#[test]
fn a_keyframe_at_which_the_device_fails_is_not_lost() {
    let mut show = Show::new(3);
    show.next(Key);
    show.next(Delta);
    show.next(Delta);
    assert!(show.next(Key) > 34.0);
    assert!(matches!(show.setback(), Some(Setback::Bridged(_))));
    assert!(show.next(Delta) > 34.0);
}

#[test]
fn what_no_encoder_of_ours_makes_reaches_no_device() {
    let mut show = Show::new(u32::MAX);
    show.next(Key);
    show.next(Delta);
    let (_, decoded) = show.asked();
    let damaged = show.apply(Rect::of_size(FILM), &[0, 0, 1, 9, 16]);
    assert!(damaged.is_err());
    assert_eq!(show.asked(), (1, decoded));
    let pixels = picture(FILM, Motion::Pan, 7);
    let delta = Show::unit(&mut show.encoder, FILM, &pixels, Delta);
    let refused = show.apply(Rect::of_size(FILM), &delta);
    assert!(refused.is_err(), "only a keyframe makes sense after that");
    assert!(show.next(Key) > 34.0);
}
