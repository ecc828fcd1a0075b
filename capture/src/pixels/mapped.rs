//! Pixels straight from the framebuffer file of our own Xvfb.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};

use super::COLOUR_MASK;
use super::raw::Mapping;
use super::xwd::{FIXED_BYTES, Layout};
use crate::error::CaptureError;
use crate::x11::screen_size::ScreenSize;

/// Name that Xvfb gives the file of its first screen.
const FILE_NAME: &str = "Xvfb_screen0";

/// Pixels compared between two looks at the result: two cache lines.
const COMPARED_AT_ONCE: usize = 32;

/// The mapped file.
pub(crate) struct Framebuffer {
    mapping: Mapping,
    layout: Layout,
}

impl Framebuffer {
    /// Maps the framebuffer in `dir`, which holds a screen of `size`.
    pub(crate) fn open(dir: &Path, size: Size) -> Result<Self, CaptureError> {
        let path = dir.join(FILE_NAME);
        let failed = |source| CaptureError::Framebuffer {
            path: path.clone(),
            source,
        };
        let malformed = |why| CaptureError::MalformedFramebuffer {
            path: path.clone(),
            why,
        };
        let file = File::open(&path).map_err(failed)?;
        let file_bytes = file.metadata().map_err(failed)?.len();
        let len = usize::try_from(file_bytes).map_err(|_| malformed("it is too large"))?;
        let mapping = Mapping::of_file(&file, len).map_err(failed)?;
        let mut header = [0; FIXED_BYTES];
        if !mapping.copy_head(&mut header) {
            return Err(malformed("it is shorter than its header"));
        }
        let layout = Layout::read(&header, file_bytes).map_err(malformed)?;
        if layout.size.width < size.width || layout.size.height < size.height {
            return Err(malformed("it is smaller than the screen"));
        }
        Ok(Self { mapping, layout })
    }
}

/// A reader of the [`Framebuffer`].
pub(crate) struct MappedSource {
    framebuffer: Arc<Framebuffer>,
    /// The size that this reader knows of, and the one that the screen has.
    size: Size,
    screen: Arc<ScreenSize>,
}

impl MappedSource {
    pub(crate) fn new(framebuffer: Arc<Framebuffer>, screen: Arc<ScreenSize>) -> Self {
        Self {
            framebuffer,
            size: screen.get(),
            screen,
        }
    }
}

impl PixelSource for MappedSource {
    fn size(&self) -> Size {
        self.size
    }

    /// The file always holds the newest pixels, so this only notices a resize.
    fn fetch(&mut self, _region: &Region) -> Result<(), SourceError> {
        let size = self.screen.get();
        if size != self.size {
            self.size = size;
            return Err(SourceError::Resized);
        }
        Ok(())
    }

    #[inline]
    fn read_row(&self, start: Point, row: &mut [u32]) {
        let Some(row) = visible_part(self.size, start, row) else {
            return;
        };
        let layout = &self.framebuffer.layout;
        let (x, y) = (start.x.max(0) as usize, start.y as usize);
        let offset = layout.start + y * layout.stride + x * 4;
        self.framebuffer.mapping.copy_words(offset, row);
        // A second pass over a row that is in the nearest cache costs less than copying and
        // masking word by word.
        for pixel in row {
            *pixel &= COLOUR_MASK;
        }
    }

    #[inline]
    fn shows_row(&self, start: Point, expected: &[u32]) -> bool {
        let layout = &self.framebuffer.layout;
        let (Ok(x), Ok(y)) = (usize::try_from(start.x), usize::try_from(start.y)) else {
            return false;
        };
        let offset = layout.start + y * layout.stride + x * 4;
        let mut chunks = expected.chunks_exact(COMPARED_AT_ONCE);
        let mut at = offset;
        for chunk in &mut chunks {
            let Some(words) = self.framebuffer.mapping.words::<COMPARED_AT_ONCE>(at) else {
                return false;
            };
            if differ(&words, chunk) {
                return false;
            }
            at += COMPARED_AT_ONCE * 4;
        }
        chunks.remainder().iter().zip(0..).all(|(pixel, i)| {
            let word = self.framebuffer.mapping.words::<1>(at + i * 4);
            word.is_some_and(|word| !differ(&word, &[*pixel]))
        })
    }
}

/// Whether words of the framebuffer show other pixels than `expected`. Without an early exit, so
/// that it becomes a few wide comparisons.
#[inline]
fn differ(words: &[u32], expected: &[u32]) -> bool {
    let pairs = words.iter().zip(expected);
    pairs.fold(0, |all, (word, pixel)| all | ((word & COLOUR_MASK) ^ pixel)) != 0
}

/// The part of `row` that lies on a screen of `size` if the row starts at `start`.
#[inline]
pub(super) fn visible_part(size: Size, start: Point, row: &mut [u32]) -> Option<&mut [u32]> {
    let y = u32::try_from(start.y).ok()?;
    let hidden_left = usize::try_from(start.x.min(0).unsigned_abs()).ok()?;
    let first = u32::try_from(start.x.max(0)).ok()?;
    if y >= size.height || first >= size.width || hidden_left >= row.len() {
        return None;
    }
    let row = &mut row[hidden_left..];
    let length = row.len().min((size.width - first) as usize);
    Some(&mut row[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_visible_part_of_a_row_is_read() {
        let size = Size::new(10, 5);
        let mut row = [0; 8];
        let mut length = |x, y| visible_part(size, Point::new(x, y), &mut row).map(|r| r.len());
        assert_eq!(length(0, 0), Some(8));
        assert_eq!(length(5, 4), Some(5));
        assert_eq!(length(-3, 0), Some(5));
        assert_eq!(length(-8, 0), None);
        assert_eq!(length(10, 0), None);
        assert_eq!(length(0, 5), None);
        assert_eq!(length(0, -1), None);
    }
}
