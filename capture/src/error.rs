//! Everything that can go wrong between us and a display.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use hackstream_protocol::geometry::Size;
use hackstream_protocol::source::SourceError;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};

/// Why a display could not be captured or controlled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The display does not exist or does not let us in.
    #[error("cannot connect to display {display} (does an X server run there that lets you in?)")]
    Connect {
        /// Name of the display, as in `DISPLAY`.
        display: String,
        /// What the X client library said.
        source: ConnectError,
    },
    /// The connection broke: the display is gone.
    #[error("lost the display: {reason}")]
    Lost {
        /// What the system said.
        reason: String,
    },
    /// The display answered a request with an error.
    #[error("the display refused a request: {reason}")]
    Refused {
        /// The X error, for the log.
        reason: String,
    },
    /// The display lacks an extension without which we cannot work.
    #[error("the display lacks the extension {0}")]
    MissingExtension(&'static str),
    /// The pixels are laid out in a way we do not read.
    #[error("the screen's pixels are not 24-bit colour in 32-bit little-endian words: {why}")]
    UnsupportedScreen {
        /// What is different.
        why: &'static str,
    },
    /// The framebuffer's file could not be opened or mapped.
    #[error("cannot map the framebuffer {path}")]
    Framebuffer {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The framebuffer's file is not what an X server writes.
    #[error("the framebuffer {path} is malformed: {why}")]
    MalformedFramebuffer {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// The display cannot take that size.
    #[error("the screen cannot become {asked}: it can be from {smallest} to {largest}")]
    SizeOutOfRange {
        /// The size wanted.
        asked: Size,
        /// Smallest size the display offers.
        smallest: Size,
        /// Largest size the display offers; Xvfb never grows past its first size.
        largest: Size,
    },
    /// The display has no output whose size could be set.
    #[error("the display has no output to resize")]
    NoOutput,
    /// No window manager announced itself in time.
    #[error("no window manager announced itself")]
    NoWindowManager,
    /// All keys without a meaning were lent to other characters a moment ago. Nothing was played.
    #[error("all keys that could be lent to a character are in use")]
    KeysInUse {
        /// When it makes sense to try again.
        until: Instant,
    },
    /// The display's map has no key that could be lent to a character. Nothing was played.
    #[error("the display has no key for a character and none to lend to it")]
    NoKeyLeft,
    /// A thread could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

impl From<ConnectionError> for CaptureError {
    fn from(error: ConnectionError) -> Self {
        Self::Lost {
            reason: error.to_string(),
        }
    }
}

impl From<ReplyError> for CaptureError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(error) => Self::Refused {
                reason: format!("{:?} in {:?}", error.error_kind, error.request_name),
            },
        }
    }
}

impl From<ReplyOrIdError> for CaptureError {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::ConnectionError(error) => error.into(),
            ReplyOrIdError::X11Error(error) => ReplyError::X11Error(error).into(),
            ReplyOrIdError::IdsExhausted => Self::Refused {
                reason: "no resource ids left".to_owned(),
            },
        }
    }
}

impl From<CaptureError> for SourceError {
    fn from(error: CaptureError) -> Self {
        Self::Gone {
            reason: error.to_string(),
        }
    }
}
