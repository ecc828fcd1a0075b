//! The picture of an Xvfb that was started with `-fbdir`: a file in XWD format, mapped.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::raw::{Access, Mapping};

/// Bytes of the fixed part of an XWD header.
const HEADER_BYTES: usize = 100;
/// Bytes of one entry of the colour table that follows the header.
const COLOR_ENTRY_BYTES: usize = 12;
const XWD_VERSION: u32 = 7;

/// Where the pixels lie in an XWD file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    width: u32,
    height: u32,
    first_pixel: usize,
    bytes_per_line: usize,
}

impl Layout {
    /// Reads a header of 25 big-endian words.
    fn parse(word: impl Fn(usize) -> Option<u32>, file_bytes: usize) -> Result<Self> {
        let field = |index: usize| word(index).context("framebuffer file too short");
        let (header_size, version) = (field(0)? as usize, field(1)?);
        let (width, height) = (field(4)?, field(5)?);
        let (bits_per_pixel, bytes_per_line) = (field(11)?, field(12)? as usize);
        let colors = field(19)? as usize;
        if version != XWD_VERSION || bits_per_pixel != 32 || header_size < HEADER_BYTES {
            bail!("framebuffer is not XWD version 7 with 32 bits per pixel");
        }
        let first_pixel = header_size + colors * COLOR_ENTRY_BYTES;
        let needed = first_pixel + height as usize * bytes_per_line;
        if bytes_per_line < width as usize * 4 || needed > file_bytes {
            bail!("framebuffer header does not match its file ({needed} > {file_bytes} bytes)");
        }
        Ok(Self {
            width,
            height,
            first_pixel,
            bytes_per_line,
        })
    }
}

/// A live view of the display's pixels; reading one costs nanoseconds and the X server nothing.
#[derive(Debug)]
pub(crate) struct Framebuffer {
    mapping: Mapping,
    layout: Layout,
}

impl Framebuffer {
    /// Maps `Xvfb_screen0` in the folder given to Xvfb as `-fbdir`.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("Xvfb_screen0");
        let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        let bytes = usize::try_from(file.metadata()?.len())?;
        if bytes < HEADER_BYTES {
            bail!("{} is too short", path.display());
        }
        let mapping = Mapping::new(file.as_fd(), bytes, Access::Read)?;
        let big_endian_word = |index: usize| mapping.read_u32(index * 4).map(u32::from_be);
        let layout = Layout::parse(big_endian_word, mapping.length())?;
        Ok(Self { mapping, layout })
    }

    /// The colour 0x00RRGGBB at a position; `None` outside the screen.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> Option<u32> {
        if x >= self.layout.width || y >= self.layout.height {
            return None;
        }
        let line = self.layout.first_pixel + y as usize * self.layout.bytes_per_line;
        self.mapping
            .read_u32(line + x as usize * 4)
            .map(|pixel| pixel & 0x00ff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> [u32; 25] {
        let mut words = [0; 25];
        words[0] = 160;
        words[1] = XWD_VERSION;
        (words[4], words[5]) = (64, 32);
        (words[11], words[12], words[19]) = (32, 256, 256);
        words
    }

    fn parse(words: &[u32], file_bytes: usize) -> Result<Layout> {
        Layout::parse(|index| words.get(index).copied(), file_bytes)
    }

    #[test]
    fn finds_the_first_pixel_behind_the_color_table() {
        let layout = parse(&header(), 160 + 256 * 12 + 32 * 256).unwrap();
        assert_eq!(layout.first_pixel, 160 + 256 * 12);
        assert_eq!((layout.width, layout.height), (64, 32));
    }

    #[test]
    fn refuses_a_file_shorter_than_its_header_says() {
        assert!(parse(&header(), 160 + 256 * 12 + 32 * 256 - 1).is_err());
        assert!(parse(&header()[..12], 1 << 20).is_err());
        let mut narrow = header();
        narrow[12] = 255;
        assert!(parse(&narrow, 1 << 20).is_err());
    }
}
