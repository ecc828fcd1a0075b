//! What may decode H.264 in place of OpenH264.

use hackstream_protocol::geometry::Size;

use super::{H264Error, I420View};

/// A decoder outside the processor.
///
/// It is given access units that were checked: one picture each, of a stream without reordering.
/// One that keeps a picture until the next access unit comes is of no use, and has to say that it
/// [failed](DeviceFailure), within a time that a person hardly notices.
pub trait PictureDevice: Send {
    /// Makes ready for a stream of pictures of `size` (even edges), which begins with a keyframe.
    /// What was decoded before is forgotten.
    ///
    /// # Errors
    /// [`DeviceFailure`]: it is not asked again.
    fn begin(&mut self, size: Size) -> Result<(), DeviceFailure>;

    /// Decodes the next access unit.
    ///
    /// # Errors
    /// [`DeviceFailure`]: it is not asked again.
    fn decode(&mut self, access_unit: &[u8]) -> Result<(), DeviceFailure>;

    /// The picture of the access unit that was decoded last.
    ///
    /// # Errors
    /// [`H264Error`] if there is none.
    fn picture(&self) -> Result<I420View<'_>, H264Error>;
}

/// Why a device decodes no more, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DeviceFailure(pub String);

/// What it means for the stream that its device failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setback {
    /// OpenH264 goes on; no picture is missing.
    Bridged(DeviceFailure),
    /// Pictures are missing until the next keyframe, which somebody has to ask for.
    KeyframeNeeded(DeviceFailure),
}
