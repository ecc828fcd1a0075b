//! H.264 at three sizes, and the conversion of colours around it.

use anyhow::{Context, Result};
use hackstream_codec::Canvas;
use hackstream_codec::h264::{H264Decoder, H264Encoder, H264FrameKind, I420, from_i420, to_i420};
use hackstream_protocol::geometry::Size;

use crate::case::{Case, Work};
use crate::corpus::{FILMS, Recording};

/// Quantization parameter, the middle of what is used.
const QP: u8 = 26;

type Prepare = fn(&Recording) -> Result<Work>;

pub(crate) fn cases() -> Vec<Case> {
    let kinds: [(&str, Prepare); 4] = [
        ("from-pixels", from_pixels),
        ("encode", encode),
        ("decode", decode),
        ("to-pixels", to_pixels),
    ];
    let mut cases = Vec::new();
    for (Size { width, height, .. }, film) in &FILMS {
        for (name, prepare) in kinds {
            let name = format!("h264/{name}/{width}x{height}");
            cases.push(Case::new(name, move || prepare(film)));
        }
    }
    cases
}

/// The first two pictures of a film and the third, which is worked on.
fn pictures(film: &Recording) -> Result<([I420; 2], I420, Canvas)> {
    let [first, second, third] = <[Canvas; 3]>::try_from(film.screens()?)
        .ok()
        .context("a film has three pictures")?;
    let before = [converted(&first)?, converted(&second)?];
    Ok((before, converted(&third)?, third))
}

fn converted(canvas: &Canvas) -> Result<I420> {
    let mut picture = I420::new(canvas.size())?;
    let stride = canvas.size().width as usize;
    to_i420(canvas.pixels(), stride, canvas.bounds(), &mut picture)?;
    Ok(picture)
}

fn from_pixels(film: &Recording) -> Result<Work> {
    let (_, mut picture, canvas) = pictures(film)?;
    let stride = canvas.size().width as usize;
    Ok(Box::new(move || {
        to_i420(canvas.pixels(), stride, canvas.bounds(), &mut picture)?;
        Ok(0)
    }))
}

fn encode(film: &Recording) -> Result<Work> {
    let (before, picture, _) = pictures(film)?;
    let mut encoder = H264Encoder::new(picture.size())?;
    let mut unit = Vec::new();
    for earlier in &before {
        encoder.encode(earlier, QP, H264FrameKind::Delta, &mut unit)?;
    }
    Ok(Box::new(move || {
        unit.clear();
        encoder.encode(&picture, QP, H264FrameKind::Delta, &mut unit)?;
        Ok(unit.len())
    }))
}

fn decode(film: &Recording) -> Result<Work> {
    let (before, picture, _) = pictures(film)?;
    let mut encoder = H264Encoder::new(picture.size())?;
    let mut decoder = H264Decoder::new()?;
    let mut unit = Vec::new();
    for earlier in &before {
        unit.clear();
        encoder.encode(earlier, QP, H264FrameKind::Delta, &mut unit)?;
        decoder.decode(&unit)?;
    }
    unit.clear();
    encoder.encode(&picture, QP, H264FrameKind::Delta, &mut unit)?;
    Ok(Box::new(move || {
        decoder.decode(&unit)?.context("no picture came of it")?;
        Ok(0)
    }))
}

fn to_pixels(film: &Recording) -> Result<Work> {
    let (_, picture, mut canvas) = pictures(film)?;
    let (whole, stride) = (canvas.bounds(), canvas.size().width as usize);
    Ok(Box::new(move || {
        from_i420(&picture.view(), canvas.pixels_mut(), stride, whole, whole)?;
        Ok(0)
    }))
}
