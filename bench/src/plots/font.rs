//! Letters for the pictures, from a font of the system.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Result, bail};
use plotters::style::{FontStyle, register_font};

/// The name under which the pictures ask for it; an SVG's viewer resolves it by itself.
pub(super) const FAMILY: &str = "sans-serif";

const FOLDERS: [&str; 3] = [
    "/usr/share/fonts/truetype",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
];
/// The most usual first.
const FILES: [&str; 6] = [
    "dejavu/DejaVuSans.ttf",
    "TTF/DejaVuSans.ttf",
    "dejavu-sans-fonts/DejaVuSans.ttf",
    "liberation/LiberationSans-Regular.ttf",
    "liberation2/LiberationSans-Regular.ttf",
    "noto/NotoSans-Regular.ttf",
];

/// Makes a font known to the drawing library, once in the process' life.
pub(super) fn register() -> Result<()> {
    static FOUND: OnceLock<bool> = OnceLock::new();
    if *FOUND.get_or_init(load) {
        Ok(())
    } else {
        bail!("no font for the plots: install DejaVu Sans (package fonts-dejavu-core)")
    }
}

fn load() -> bool {
    let places = FOLDERS
        .iter()
        .flat_map(|folder| FILES.map(|file| Path::new(folder).join(file)));
    let mut readable = places.filter_map(|path| std::fs::read(path).ok());
    readable.any(|bytes| {
        // The library keeps fonts for good.
        register_font(FAMILY, FontStyle::Normal, bytes.leak()).is_ok()
    })
}
