//! What can go wrong with H.264.

use hackstream_protocol::geometry::Size;

/// Why a picture could not be coded, decoded or converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum H264Error {
    /// Pictures of this size cannot be coded; see [`is_codable`](super::is_codable).
    #[error("pictures of {size} cannot be coded")]
    UnsupportedSize {
        /// The size asked for.
        size: Size,
    },
    /// A picture has not the size it must have.
    #[error("a picture of {got} instead of {expected}")]
    SizeMismatch {
        /// The size needed.
        expected: Size,
        /// The size of the picture.
        got: Size,
    },
    /// A rectangle is empty or reaches outside its picture.
    #[error("a rectangle reaches outside its picture")]
    OutsidePicture,
    /// OpenH264 could not be set up; usually for want of memory.
    #[error("the codec could not be set up (code {code})")]
    Setup {
        /// OpenH264's error code.
        code: i32,
    },
    /// The encoder failed; make a new one.
    #[error("the encoder failed (code {code})")]
    Encode {
        /// OpenH264's error code.
        code: i32,
    },
    /// The access unit is not one that our encoder makes, or it is damaged.
    #[error("not a valid access unit: {what}")]
    Invalid {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The decoder failed; it goes on with the next keyframe.
    #[error("the decoder failed (state {state:#x})")]
    Decode {
        /// OpenH264's decoding state, a set of flags.
        state: i32,
    },
    /// A picture that refers to others came where a keyframe is needed.
    #[error("a keyframe is needed")]
    KeyframeNeeded,
    /// The colour conversion refused its arguments.
    #[error("the colour conversion failed")]
    Conversion,
}
