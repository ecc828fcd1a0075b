//! What can be wrong with a frame's payload.

use hackstream_protocol::wire::WireError;

/// Why a payload could not be applied. Each means that the sender broke the format, or that the
/// viewer lost a frame that this one builds on; the picture may be half painted afterwards.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A number or a length is wrong.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A rectangle is empty, or reaches beyond the screen or the picture that it is part of.
    #[error("a rectangle reaches beyond the screen or its picture")]
    OutsideScreen,
    /// The frame paints more than any honest frame would.
    #[error("the frame paints {painted} pixels on a screen of {screen}")]
    PaintsTooMuch {
        /// Pixels painted and copied.
        painted: u64,
        /// Pixels of the screen.
        screen: u64,
    },
    /// The frame covers pixels so scattered that remembering them is too expensive.
    #[error("the pixels of a frame take more than {0} rectangles")]
    TooScattered(usize),
    /// The frame has more of something than any honest frame would.
    #[error("too many {0} in one frame")]
    TooMany(&'static str),
    /// The picture starts over in the middle of a frame, or after later frames were applied.
    #[error("a reset that is not the first of its frame, or that came too late")]
    MisplacedReset,
    /// The compressed body is damaged.
    #[error("the {coder} body is damaged: {reason}")]
    Damaged {
        /// Which compressor.
        coder: &'static str,
        /// What it said.
        reason: String,
    },
    /// A picture of the video stream is damaged.
    #[cfg(any(feature = "h264-decode", feature = "h264-encode"))]
    #[error(transparent)]
    Video(#[from] crate::h264::H264Error),
    /// The frame refers to something that no frame before it made.
    #[error("the frame refers to {0}")]
    Undefined(&'static str),
    /// The frame needs something that this viewer did not offer.
    #[error("the frame needs {0}, which this viewer did not offer")]
    NotOffered(&'static str),
}
