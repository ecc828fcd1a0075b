//! What a decoder needs of a V4L2 memory-to-memory device, in the words of the kernel's documentation
//! ("Memory-to-Memory Stateful Video Decoder Interface").

use std::fmt;
use std::time::Duration;

use hackstream_protocol::geometry::{Rect, Size};

use super::V4l2Error;

/// Planes of memory that a picture may be in: luma and two of chroma.
pub(super) const MOST_PLANES: usize = 3;

/// Bytes of the largest plane that is mapped: twice a 4K picture with all its chroma.
pub(super) const MOST_PLANE_BYTES: usize = 32 << 20;

/// Buffers of a queue; V4L2 has no more.
pub(super) const MOST_BUFFERS: u32 = 32;

/// One of the two queues of buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// Access units on their way in. V4L2 calls it OUTPUT.
    Coded,
    /// Pictures on their way out. V4L2 calls it CAPTURE.
    Decoded,
}

/// Whether a queue's buffers move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The device works on them.
    On,
    /// All of them are ours, and what was in them is void.
    Off,
}

/// A format of pixels or of a stream: four characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FourCc(pub(super) u32);

impl FourCc {
    /// Access units of H.264 in Annex B form.
    pub(super) const H264: Self = Self::of(b"H264");
    /// A plane of luma, then two of chroma at half the resolution, all in one plane of memory.
    pub(super) const YU12: Self = Self::of(b"YU12");
    /// The same in three planes of memory.
    pub(super) const YM12: Self = Self::of(b"YM12");
    /// A plane of luma, then one of pairs of chroma samples, all in one plane of memory.
    pub(super) const NV12: Self = Self::of(b"NV12");
    /// The same in two planes of memory.
    pub(super) const NM12: Self = Self::of(b"NM12");

    const fn of(name: &[u8; 4]) -> Self {
        Self(u32::from_le_bytes(*name))
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.to_le_bytes().escape_ascii())
    }
}

/// A plane of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlaneFormat {
    /// Bytes from one row to the next.
    pub(super) stride: u32,
    /// Bytes in all.
    pub(super) bytes: u32,
}

/// What is in the buffers of a queue, as the driver says it: nothing of it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// What the bytes mean.
    pub(super) code: FourCc,
    /// Columns and rows in memory, those beside the picture included.
    pub(super) size: Size,
    /// The planes of memory.
    pub(super) planes: Vec<PlaneFormat>,
}

/// A buffer that the device is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// Its number in its queue.
    pub(super) index: u32,
    /// The stamp of the access unit that this is, or whose picture this is.
    pub(super) stamp: u64,
    /// What is in it.
    pub(super) outcome: Outcome,
}

/// What came of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was used, or holds a whole picture.
    Whole,
    /// The device could not decode it, or not all of it.
    Damaged,
    /// Nothing: it only ends a stream.
    Empty,
}

/// What a device tells apart from its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The stream has pictures of another size than the buffers.
    SourceChange,
    /// Something else.
    Other,
}

/// A V4L2 memory-to-memory device. Buffers are ours until they are given away, and again once they are
/// taken back or their queue is switched off.
pub(super) trait Device: Send {
    /// The formats that a queue can have.
    fn formats(&mut self, queue: Queue) -> Result<Vec<FourCc>, V4l2Error>;

    /// The format that a queue has.
    fn format(&mut self, queue: Queue) -> Result<Format, V4l2Error>;

    /// Asks for a format; returns the one that the queue has then.
    fn set_format(&mut self, queue: Queue, wanted: &Format) -> Result<Format, V4l2Error>;

    /// Where in the memory of a picture its visible part lies, if the driver says so.
    fn visible(&mut self) -> Result<Option<Rect>, V4l2Error>;

    /// Gives a queue about `count` buffers, and returns how many. With 0, takes all away.
    fn allocate(&mut self, queue: Queue, count: u32) -> Result<u32, V4l2Error>;

    /// Has the device work on the buffers of a queue, or no longer.
    fn switch(&mut self, queue: Queue, flow: Flow) -> Result<(), V4l2Error>;

    /// Gives the device an access unit in a buffer; its picture will bear the stamp.
    fn give_coded(&mut self, index: u32, unit: &[u8], stamp: u64) -> Result<(), V4l2Error>;

    /// Gives the device a buffer to put a picture into.
    fn give_decoded(&mut self, index: u32) -> Result<(), V4l2Error>;

    /// Takes back a buffer that the device is done with, if there is one.
    fn take(&mut self, queue: Queue) -> Result<Option<Done>, V4l2Error>;

    /// What the device has to tell, if anything.
    fn event(&mut self) -> Result<Option<Event>, V4l2Error>;

    /// Waits until there is a buffer to take or an event, but not for longer than this.
    fn wait(&mut self, at_most: Duration) -> Result<(), V4l2Error>;

    /// A plane of a picture; empty if it is not ours, or there is none.
    fn plane(&self, index: u32, plane: usize) -> &[u8];
}
