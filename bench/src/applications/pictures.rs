//! Photographs for the pages, as PNG files.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};

use crate::stimulus::Photograph;

/// Files `photograph-0.png` and on; pages/common.js knows how many.
const COUNT: u64 = 8;
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 700;

pub(super) fn write(folder: &Path, seed: u64) -> Result<()> {
    for number in 0..COUNT {
        let photograph = Photograph::generate(WIDTH, HEIGHT, seed.wrapping_add(1 + number));
        let path = folder.join(format!("photograph-{number}.png"));
        write_png(&path, &photograph)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn write_png(path: &Path, photograph: &Photograph) -> Result<()> {
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut bytes = Vec::with_capacity(WIDTH as usize * HEIGHT as usize * 3);
    for y in 0..HEIGHT {
        for pixel in photograph.row(0, y).chunks_exact(4) {
            bytes.extend([pixel[2], pixel[1], pixel[0]]);
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    Ok(writer.finish()?)
}
