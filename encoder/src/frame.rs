//! A frame ready to be sent.

use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;

/// A frame ready to be sent.
#[derive(Debug, Default)]
pub struct Frame {
    /// What follows the header on the wire.
    pub payload: Vec<u8>,
    /// Pixels that the frame reads from the viewer's picture.
    pub reads: Region,
    /// Pixels that the frame paints.
    pub writes: Region,
    /// The frame that the viewer must have applied before this one, with all before it: the last
    /// that defined a shape or saved a tile which this one uses, or used one which this one replaces.
    /// [`FrameId`] 0 means none.
    pub after: FrameId,
    /// Whether the picture is consistent after this frame.
    pub update_complete: bool,
    /// Whether the frame must be applied after all earlier ones that used the history.
    pub uses_history: bool,
    /// Whether the frame must be applied after all earlier ones with video.
    pub uses_video: bool,
    /// Whether the frame starts the picture over: all later ones must wait for it.
    pub is_reset: bool,
}

impl Frame {
    /// Empties the frame to be filled again.
    pub(crate) fn clear(&mut self) {
        self.payload.clear();
        self.reads = Region::new();
        self.writes = Region::new();
        self.after = FrameId(0);
        self.update_complete = false;
        self.uses_history = false;
        self.uses_video = false;
        self.is_reset = false;
    }
}
