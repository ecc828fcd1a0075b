//! A screen that shows a canvas.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};

pub(crate) struct Screen(pub(crate) Canvas);

impl PixelSource for Screen {
    fn size(&self) -> Size {
        self.0.size()
    }
    fn fetch(&mut self, _: &Region) -> Result<(), SourceError> {
        Ok(())
    }
    fn read_row(&self, start: Point, row: &mut [u32]) {
        let from = &self.0.row(start.y as u32)[start.x as usize..];
        row.copy_from_slice(&from[..row.len()]);
    }
}
