//! Pieces of a session's log.

use serde::{Deserialize, Serialize};

/// A piece of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogChunk {
    /// Bytes of the log before `text`. More than asked for where the beginning is kept no longer.
    pub offset: u64,
    /// What was written, with what is no UTF-8 replaced; at most
    /// [`crate::limits::MAX_LOG_CHUNK_BYTES`].
    pub text: String,
    /// Bytes of the log up to the end of `text`; more than its length where something was replaced.
    pub end: u64,
    /// Whether this is all that there was when it was read.
    #[serde(default)]
    pub latest: bool,
    /// Whether the log is complete: nothing will follow.
    #[serde(default)]
    pub complete: bool,
}

/// Whether the hub wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogAnswer {
    /// Whether somebody still reads it. Nobody: the node stops sending until the next job.
    pub wanted: bool,
}
