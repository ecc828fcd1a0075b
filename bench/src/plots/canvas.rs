//! One chart on two media.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::WHITE;

/// Of both media, in pixels.
const SIZE: (u32, u32) = (960, 540);
const CHANNELS: usize = 3;

pub(super) type Area<Medium> = DrawingArea<Medium, Shift>;

/// Something that can be drawn on any medium. Its methods of drawing cannot be called through
/// `dyn`, hence one for each medium.
pub(super) trait Chart {
    /// The file's name without its ending.
    fn name(&self) -> String;
    /// What it shows, with the link.
    fn title(&self) -> String;
    fn draw_svg(&self, area: &Area<SVGBackend<'_>>) -> Result<()>;
    fn draw_bitmap(&self, area: &Area<BitMapBackend<'_>>) -> Result<()>;
}

/// Writes `draw_svg` and `draw_bitmap` by the type's own generic `draw`.
macro_rules! draw_on_both {
    () => {
        fn draw_svg(&self, area: &Area<SVGBackend<'_>>) -> Result<()> {
            self.draw(area)
        }

        fn draw_bitmap(&self, area: &Area<BitMapBackend<'_>>) -> Result<()> {
            self.draw(area)
        }
    };
}
pub(super) use draw_on_both;

impl dyn Chart {
    /// Writes NAME.svg and NAME.png.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = |ending: &str| folder.join(format!("{}.{ending}", self.name()));
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
            prepare(&area)?;
            self.draw_svg(&area)?;
            area.present().map_err(failed)?;
        }
        let svg = path("svg");
        std::fs::write(&svg, text).with_context(|| format!("cannot write {}", svg.display()))?;
        let mut pixels = vec![0; SIZE.0 as usize * SIZE.1 as usize * CHANNELS];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
            prepare(&area)?;
            self.draw_bitmap(&area)?;
            area.present().map_err(failed)?;
        }
        let png = path("png");
        write_png(&png, &pixels).with_context(|| format!("cannot write {}", png.display()))
    }
}

fn prepare<Medium: DrawingBackend>(area: &Area<Medium>) -> Result<()> {
    area.fill(&WHITE).map_err(failed)
}

/// The library's errors are not `'static`, so only their words are kept.
pub(super) fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}

fn write_png(path: &Path, pixels: &[u8]) -> Result<()> {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(())
}
