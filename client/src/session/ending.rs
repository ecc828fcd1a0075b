//! How a connection ends.

use hackstream_protocol::wire::control::RefusalReason;
use hackstream_transport::{CloseReason, TransportError};

use super::plight::{Cause, one_line};

/// Why a connection is of no more use.
#[derive(Debug)]
pub(super) enum LinkEnd {
    /// It was closed or timed out.
    Closed(CloseReason),
    /// The server wants the viewer to leave.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// The same for a person.
        text: String,
    },
    /// What came on it makes no sense.
    Broken(String),
}

impl LinkEnd {
    /// What it means that a frame cannot be read.
    pub(super) fn of_frame(error: TransportError) -> Self {
        match error {
            TransportError::Closed(reason) => Self::Closed(reason),
            other => Self::Broken(format!("a frame: {other}")),
        }
    }

    /// Why the server ended it, if it did.
    pub(super) const fn reason(&self) -> Option<RefusalReason> {
        match self {
            Self::Refused { reason, .. } | Self::Closed(CloseReason::ByPeer { reason, .. }) => {
                Some(*reason)
            }
            _ => None,
        }
    }

    /// The same for a person.
    pub(super) fn cause(&self) -> Cause {
        match self {
            Self::Closed(reason) => Cause::of(reason),
            Self::Refused { text, .. } => Cause::Ended(one_line(text)),
            Self::Broken(why) => Cause::Ended(format!("the server cannot be understood: {why}")),
        }
    }
}
