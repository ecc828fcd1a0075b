//! Small frames for a link that has no room: inside the connection they overtake the rest of a large one,
//! so what a person just typed need not wait until that has left.

use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::units::Timestamp;

use super::{Encoder, Link};
use crate::error::EncodeError;
use crate::frame::Frame;

impl Encoder {
    /// Whether there is something that [`next_small_frame`](Self::next_small_frame) may show with what
    /// `link` has room for.
    #[must_use]
    pub fn has_small(&self, link: Link) -> bool {
        !self.small_damage(link).is_empty()
    }

    /// Like [`next_frame`](Self::next_frame), but of small damage only: no part of anything larger, and
    /// nothing of the video.
    ///
    /// # Errors
    /// As for [`next_frame`](Self::next_frame).
    pub fn next_small_frame(
        &mut self,
        source: &mut dyn PixelSource,
        link: Link,
        id: FrameId,
        now: Timestamp,
        frame: &mut Frame,
    ) -> Result<bool, EncodeError> {
        self.begin_frame(id, frame);
        self.restart |= source.size() != self.shadow.size();
        let small = self.small_damage(link);
        self.dirty.subtract(&small);
        self.look_at(source, &small, now)?;
        self.write_changes(link, now, frame);
        if self.body.is_empty() {
            return Ok(false);
        }
        self.finish(link, frame)
    }

    /// What is damaged beside the video, if that is so little that it is likely to fit.
    fn small_damage(&self, link: Link) -> Region {
        if self.restart || self.dirty.is_empty() {
            return Region::new();
        }
        let mut small = self.dirty.clone();
        if let Some(video) = self.video.area() {
            small.subtract(&video.into());
        }
        if small.area() > self.piece_pixels(link) {
            return Region::new();
        }
        small
    }
}
