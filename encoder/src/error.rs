//! What can go wrong while a frame is made.

use hackstream_codec::CodecError;
use hackstream_codec::h264::H264Error;
use hackstream_protocol::source::SourceError;

/// Why no frame could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The screen cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The video encoder failed.
    #[error(transparent)]
    Video(#[from] H264Error),
    /// A compressor failed; memory ran out.
    #[error(transparent)]
    Codec(#[from] CodecError),
}
