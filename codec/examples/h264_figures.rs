//! Prints what H.264 costs on this machine: times, bytes and quality for each setting.
//!
//! `cargo run --release -p hackstream-codec --example h264_figures [pictures]`
#![allow(clippy::print_stdout, reason = "a tool for developers")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::error::Error;
use std::time::{Duration, Instant};

use hackstream_codec::h264::{
    Content, EntropyCoding, H264Decoder, H264Encoder, H264FrameKind, H264Settings, I420, from_i420,
    to_i420,
};
use hackstream_protocol::geometry::{Rect, Size};
use support::{Motion, picture, plane_psnr, ssim};

/// Distinct pictures of a scene; further ones go back and forth over them.
const DISTINCT: u32 = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let pictures = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 60,
    };
    if pictures < 2 {
        return Err("the means leave the first picture out: ask for two or more".into());
    }
    println!("times: median / 10th percentile in ms; bytes: mean of the pictures but the first");
    for size in [Size::new(1280, 720), Size::new(1920, 1080)] {
        conversion(size)?;
        for motion in [Motion::Pan, Motion::Grain] {
            let scene: Vec<_> = (0..DISTINCT).map(|i| picture(size, motion, i)).collect();
            println!("\n{size} {motion:?}");
            for settings in variants() {
                for qp in [22, 26, 30] {
                    measure(size, &scene, settings, qp, pictures)?;
                }
            }
        }
    }
    Ok(())
}

fn variants() -> Vec<H264Settings> {
    let base = H264Settings {
        content: Content::Camera,
        entropy: EntropyCoding::Cavlc,
        slices: 1,
    };
    vec![
        base,
        H264Settings {
            entropy: EntropyCoding::Cabac,
            ..base
        },
        H264Settings { slices: 2, ..base },
        H264Settings {
            entropy: EntropyCoding::Cabac,
            slices: 2,
            ..base
        },
        H264Settings {
            content: Content::Screen,
            ..base
        },
    ]
}

fn measure(
    size: Size,
    scene: &[Vec<u32>],
    settings: H264Settings,
    qp: u8,
    pictures: usize,
) -> Result<(), Box<dyn Error>> {
    let stride = size.width as usize;
    let whole = Rect::of_size(size);
    let mut encoder = H264Encoder::with_settings(size, settings)?;
    let mut decoder = H264Decoder::new()?;
    let mut source = I420::new(size)?;
    let mut shown = vec![0; scene[0].len()];
    let (mut encode, mut decode) = (Vec::new(), Vec::new());
    let (mut bytes, mut key_bytes) = (0, 0);
    let (mut luma, mut similarity) = (0.0, 0.0);
    let mut unit = Vec::new();
    for index in 0..pictures {
        let turn = index % (2 * scene.len() - 2);
        let pixels = &scene[turn.min(2 * scene.len() - 2 - turn)];
        to_i420(pixels, stride, whole, &mut source)?;
        unit.clear();
        let start = Instant::now();
        encoder.encode(&source, qp, H264FrameKind::Delta, &mut unit)?;
        encode.push(start.elapsed());
        let start = Instant::now();
        let view = decoder.decode(&unit)?.ok_or("no picture came of it")?;
        decode.push(start.elapsed());
        match index {
            0 => key_bytes = unit.len(),
            _ => bytes += unit.len(),
        }
        if index + 1 == pictures {
            let rows = view.luma().chunks(view.luma_stride());
            let got = rows.flat_map(|row| row[..stride].iter().copied());
            luma = plane_psnr(source.view().luma().iter().copied(), got);
            from_i420(&view, &mut shown, stride, whole, whole)?;
            similarity = ssim(pixels, &shown, stride);
        }
    }
    let H264Settings {
        content,
        entropy,
        slices,
    } = settings;
    println!(
        "{:6} {:5} slices {slices} qp {qp}: encode {}, decode {}, {:6} B (key {:6}), luma {luma:.1} dB, ssim {similarity:.4}",
        format!("{content:?}"),
        format!("{entropy:?}"),
        spread(&mut encode),
        spread(&mut decode),
        bytes / (pictures - 1),
        key_bytes,
    );
    Ok(())
}

fn conversion(size: Size) -> Result<(), Box<dyn Error>> {
    let stride = size.width as usize;
    let whole = Rect::of_size(size);
    let mut pixels = picture(size, Motion::Pan, 0);
    let mut converted = I420::new(size)?;
    let (mut to, mut from) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let start = Instant::now();
        to_i420(&pixels, stride, whole, &mut converted)?;
        to.push(start.elapsed());
        let start = Instant::now();
        from_i420(&converted.view(), &mut pixels, stride, whole, whole)?;
        from.push(start.elapsed());
    }
    println!(
        "\n{size} to I420 {}, from I420 {}",
        spread(&mut to),
        spread(&mut from)
    );
    Ok(())
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("{:5.2} / {:5.2}", at(0.5), at(0.1))
}
