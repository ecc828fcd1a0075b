//! The bounds on what one frame may have a viewer do.

use hackstream_protocol::geometry::Size;
use hackstream_protocol::limits::{MAX_COPIES, MAX_PAINT_FACTOR, MAX_SAVED_TILES};

use crate::CodecError;

/// What a frame has had done so far, to be checked against its allowance: a few bytes can ask for
/// a lot.
#[derive(Default)]
pub(crate) struct Work {
    /// Pixels painted and copied.
    painted: u64,
    copies: u32,
    saved: u32,
    has_begun: bool,
    has_video: bool,
}

impl Work {
    /// Whether a section was done.
    pub(crate) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Notes that a section was done.
    pub(crate) const fn section(&mut self) {
        self.has_begun = true;
    }

    /// Counts pixels painted or copied.
    pub(crate) fn paint(&mut self, pixels: u64, screen: Size) -> Result<(), CodecError> {
        self.painted += pixels;
        let (painted, screen) = (self.painted, screen.area());
        if painted > screen * MAX_PAINT_FACTOR {
            return Err(CodecError::PaintsTooMuch { painted, screen });
        }
        Ok(())
    }

    /// Counts a copy.
    pub(crate) fn copy(&mut self) -> Result<(), CodecError> {
        self.copies += 1;
        if self.copies > MAX_COPIES {
            return Err(CodecError::TooMany("copies"));
        }
        Ok(())
    }

    /// Counts a tile put into the cache.
    pub(crate) fn save(&mut self) -> Result<(), CodecError> {
        self.saved += 1;
        if self.saved > MAX_SAVED_TILES {
            return Err(CodecError::TooMany("saved tiles"));
        }
        Ok(())
    }

    /// Counts a picture of the video stream.
    pub(crate) fn video(&mut self) -> Result<(), CodecError> {
        if std::mem::replace(&mut self.has_video, true) {
            return Err(CodecError::TooMany("video pictures"));
        }
        Ok(())
    }
}
