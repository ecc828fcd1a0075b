//! What can go wrong while a frame is made.

use hackstream_codec::CodecError;
use hackstream_protocol::source::SourceError;

/// Why no frame could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The screen cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A compressor failed; memory ran out.
    #[error(transparent)]
    Codec(#[from] CodecError),
}
