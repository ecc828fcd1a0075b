//! What can go wrong, in sentences that say what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use hackstream_protocol::limits::MAX_TEXT_BYTES;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::control::RefusalReason;
use quinn::{ConnectionError, ReadError, TransportErrorCode, WriteError};

/// TLS alert `no_application_protocol`.
const NO_COMMON_PROTOCOL: u8 = 120;

/// What went wrong with a connection, a listener or an identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The UDP port cannot be had.
    #[error("cannot use UDP {addr}: {source}")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A system call on a socket failed.
    #[error("the network socket failed: {0}")]
    Socket(#[source] io::Error),
    /// Nobody answered.
    #[error("no answer from {name} ({addr}): is the server running, and is its UDP port open?")]
    NoAnswer {
        /// Name that was asked for.
        name: String,
        /// Address that was tried.
        addr: SocketAddr,
    },
    /// The peer speaks another protocol or another version of ours.
    #[error("the peer does not speak this version of the protocol: update the older side")]
    WrongProtocol,
    /// The server takes no more connections now.
    #[error("the server is too busy for another connection: try again soon")]
    Busy,
    /// The handshake did not succeed for another reason.
    #[error("the secure connection could not be set up: {0}")]
    Handshake(String),
    /// The connection is over.
    #[error("the connection is closed: {0}")]
    Closed(#[from] CloseReason),
    /// The peer sent something malformed.
    #[error("the peer broke the protocol: {0}")]
    Wire(#[from] WireError),
    /// The peer gave up a stream, or ended it in the middle of a message.
    #[error("the peer ended a stream before its message was complete")]
    StreamCut,
    /// The peer compressed a message wrongly.
    #[error("the peer broke the protocol: a compressed message cannot be unpacked")]
    BadCompression,
    /// This side tried to send something above its limit.
    #[error("{what} of {bytes} bytes cannot be sent: the limit is {max}")]
    TooLarge {
        /// What it was.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The largest size allowed.
        max: usize,
    },
    /// The key file cannot be read, written or found.
    #[error("cannot use the server key {path}: {source}", path = path.display())]
    KeyFile {
        /// The file or its directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others could have read or replaced the key.
    #[error(
        "{path} is open to other users (mode {mode:03o}): run chmod go-rwx on it, and delete the \
         key if somebody may have seen it",
        path = path.display()
    )]
    KeyExposed {
        /// The file or its directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file does not hold a key.
    #[error(
        "the server key {path} is damaged: restore it from a backup, or delete it to get a new \
         one, which viewers will ask about",
        path = path.display()
    )]
    KeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// A cryptographic operation failed.
    #[error("cryptography failed: {0}")]
    Crypto(String),
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer closed it.
    #[error("the peer closed it: {text} ({reason:?})")]
    ByPeer {
        /// Why, for programs.
        reason: RefusalReason,
        /// Why, for people; the peer's words, at most [`MAX_TEXT_BYTES`] bytes, possibly empty.
        text: String,
    },
    /// The peer does not remember the connection: it was restarted.
    #[error("the peer was restarted")]
    PeerRestarted,
    /// Nothing was heard from the peer for the idle time-out.
    #[error("nothing was heard from the peer for 30 seconds")]
    TimedOut,
    /// This side closed it.
    #[error("this side closed it")]
    Local,
    /// The QUIC layer gave up.
    #[error("the network protocol failed: {0}")]
    Transport(String),
}

impl From<ConnectionError> for CloseReason {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::ApplicationClosed(close) => {
                let shown = close.reason.len().min(MAX_TEXT_BYTES);
                Self::ByPeer {
                    reason: RefusalReason::from_close_code(close.error_code.into_inner()),
                    text: String::from_utf8_lossy(&close.reason[..shown]).into_owned(),
                }
            }
            ConnectionError::Reset => Self::PeerRestarted,
            ConnectionError::TimedOut => Self::TimedOut,
            ConnectionError::LocallyClosed => Self::Local,
            other @ (ConnectionError::VersionMismatch
            | ConnectionError::TransportError(_)
            | ConnectionError::ConnectionClosed(_)
            | ConnectionError::CidsExhausted) => Self::Transport(other.to_string()),
        }
    }
}

impl TransportError {
    /// What a failed handshake means.
    pub(crate) fn of_handshake(error: ConnectionError) -> Self {
        let code = match &error {
            ConnectionError::TransportError(ours) => Some(ours.code),
            ConnectionError::ConnectionClosed(theirs) => Some(theirs.error_code),
            ConnectionError::VersionMismatch => return Self::WrongProtocol,
            _ => None,
        };
        match code {
            Some(code) if code == TransportErrorCode::crypto(NO_COMMON_PROTOCOL) => {
                Self::WrongProtocol
            }
            Some(TransportErrorCode::CONNECTION_REFUSED) => Self::Busy,
            Some(_) => Self::Handshake(error.to_string()),
            None => Self::Closed(error.into()),
        }
    }
}

impl From<ConnectionError> for TransportError {
    fn from(error: ConnectionError) -> Self {
        Self::Closed(error.into())
    }
}

impl From<ReadError> for TransportError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::ConnectionLost(error) => error.into(),
            ReadError::Reset(_)
            | ReadError::ClosedStream
            | ReadError::IllegalOrderedRead
            | ReadError::ZeroRttRejected => Self::StreamCut,
        }
    }
}

impl From<WriteError> for TransportError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConnectionLost(error) => error.into(),
            WriteError::Stopped(_) | WriteError::ClosedStream | WriteError::ZeroRttRejected => {
                Self::StreamCut
            }
        }
    }
}

impl From<rustls::Error> for TransportError {
    fn from(error: rustls::Error) -> Self {
        Self::Crypto(error.to_string())
    }
}

impl From<rcgen::Error> for TransportError {
    fn from(error: rcgen::Error) -> Self {
        Self::Crypto(error.to_string())
    }
}
