//! The messages, byte by byte. `docs/protocol.md` specifies them.
//!
//! Families with different needs: [`control`] messages are rare, may be large and must evolve, so
//! they are tagged fields of which a reader skips those it does not know; [`input`] and
//! [`feedback`] records are frequent and tiny; [`frame`] headers stand in front of every picture;
//! [`sound`] travels in [`datagram`]s, and so does what is sent twice.

pub mod bytes;
pub mod clipboard;
pub mod control;
pub mod datagram;
pub mod feedback;
pub mod fields;
pub mod files;
pub mod frame;
pub mod input;
pub mod keyboard;
pub mod microphone;
pub mod parity;
pub mod sound;

/// What was wrong with a peer's bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The message ends in the middle of something.
    #[error("the message is cut short")]
    Truncated,
    /// A number does not fit its type.
    #[error("a number is too large for its field")]
    Overflow,
    /// A number exceeds the limit set for it.
    #[error("{what} is {value}, above the limit of {max}")]
    OverLimit {
        /// Which number.
        what: &'static str,
        /// What the peer sent.
        value: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// A number has no meaning in its place.
    #[error("{what} has the meaningless value {value}")]
    Meaningless {
        /// Which number.
        what: &'static str,
        /// What the peer sent.
        value: u64,
    },
    /// A field that the message cannot do without is absent.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// Text is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotText(&'static str),
}

impl WireError {
    /// The error for a number that has no meaning in its place.
    #[must_use]
    pub const fn meaningless(what: &'static str, value: u64) -> Self {
        Self::Meaningless { what, value }
    }
}

/// The first byte of a stream, other than the control stream: what follows on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StreamKind {
    /// Viewer to server: [`input`] records until the stream ends.
    Input = 1,
    /// Viewer to server: [`feedback`] records until the stream ends.
    Feedback = 2,
    /// Server to viewer: one [`frame`].
    Frame = 3,
    /// Both ways, opened by the viewer: what the [`clipboard`]s hold.
    Clipboard = 4,
    /// Both ways, opened by who pastes: the contents of a [`clipboard`].
    ClipboardContents = 5,
    /// Both ways, opened by the viewer: one of its [`files`] for the session.
    FileToSession = 6,
    /// Both ways, opened by the viewer: one of the session's [`files`] for it.
    FileToViewer = 7,
}

impl StreamKind {
    /// The kind with the number `byte`, if there is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Input),
            2 => Some(Self::Feedback),
            3 => Some(Self::Frame),
            4 => Some(Self::Clipboard),
            5 => Some(Self::ClipboardContents),
            6 => Some(Self::FileToSession),
            7 => Some(Self::FileToViewer),
            _ => None,
        }
    }
}
