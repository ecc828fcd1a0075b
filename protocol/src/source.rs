//! The seam between whatever owns a screen's pixels and whatever encodes them.

use crate::geometry::{Point, Size};
use crate::region::Region;

/// Pixels that [`PixelSource::shows_row`] reads before it compares them.
const COMPARED_AT_ONCE: usize = 256;

/// Why pixels could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The screen changed its size; ask for it again and start over.
    #[error("the screen changed its size")]
    Resized,
    /// The display is gone and will not come back.
    #[error("the display is gone: {reason}")]
    Gone {
        /// What the system said.
        reason: String,
    },
}

/// A screen that can be read.
///
/// The pixels may change while they are read; whoever changes them reports the damage afterwards,
/// so a reader that looks again at damaged places ends up with the right picture. Each reader has
/// its own source and uses it from one thread.
pub trait PixelSource: Send {
    /// The current size of the screen.
    fn size(&self) -> Size;

    /// Prepares `region` for [`read_row`](Self::read_row): after this call those pixels are at
    /// least as new as the call.
    ///
    /// # Errors
    /// [`SourceError`] if the screen was resized or is gone.
    fn fetch(&mut self, region: &Region) -> Result<(), SourceError>;

    /// Copies pixels of one row, starting at `start`, into `row`, as 0x00RRGGBB.
    ///
    /// Pixels outside the screen and, for sources that need it, outside the region last fetched
    /// are left as they are.
    fn read_row(&self, start: Point, row: &mut [u32]);

    /// Whether the pixels of one row, starting at `start`, all on the screen and fetched, are
    /// `expected`. Most of what is looked at has not changed; a source that can compare without
    /// copying should.
    fn shows_row(&self, start: Point, expected: &[u32]) -> bool {
        let mut seen = [0; COMPARED_AT_ONCE];
        (start.x..)
            .step_by(COMPARED_AT_ONCE)
            .zip(expected.chunks(COMPARED_AT_ONCE))
            .all(|(x, expected)| {
                let seen = &mut seen[..expected.len()];
                self.read_row(Point::new(x, start.y), seen);
                seen == expected
            })
    }
}
