//! Why a file did not arrive.

use std::io;
use std::path::PathBuf;

use hackstream_protocol::wire::files::FileRefusal;
use hackstream_transport::TransportError;

/// Why a file did not arrive. Those of the connection come first: they end it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The connection is over, or the peer broke the protocol.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The peer gave up in the middle, or no longer has the file.
    #[error("the other side gave it up")]
    GivenUp,
    /// The peer does not take it.
    #[error("the other side does not take it: {text}")]
    Refused {
        /// Why, for programs.
        reason: FileRefusal,
        /// Why, for people; in the peer's words, not to be trusted.
        text: String,
    },
    /// It is not taken here.
    #[error(transparent)]
    NotStored(#[from] StoreError),
    /// It cannot be read, or changed meanwhile.
    #[error("it cannot be read: {0}")]
    Source(#[source] io::Error),
}

impl FileError {
    /// The same, if the connection can go on after it.
    ///
    /// # Errors
    /// [`TransportError`] if it cannot.
    pub fn not_of_connection(self) -> Result<Self, TransportError> {
        match self {
            Self::Transport(
                error @ (TransportError::Wire(_)
                | TransportError::BadCompression
                | TransportError::Closed(_)),
            ) => Err(error),
            other => Ok(other),
        }
    }
}

/// Why a file cannot be stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It is larger than files may be.
    #[error("it has {size}, and at most {largest} are taken")]
    TooLarge {
        /// Its size, for a person.
        size: String,
        /// The largest size, likewise.
        largest: String,
    },
    /// The disk is full.
    #[error("there is no room for it on the disk")]
    NoRoom,
    /// It was not what was announced.
    #[error("it has another size than was announced")]
    WrongSize,
    /// The system refused.
    #[error("cannot write to {path}: {source}", path = path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl StoreError {
    /// The same as the peer is told. It learns nothing of folders here.
    #[must_use]
    pub fn refusal(&self) -> (FileRefusal, String) {
        match self {
            Self::TooLarge { .. } => (FileRefusal::TooLarge, self.to_string()),
            Self::NoRoom => (FileRefusal::NoRoom, self.to_string()),
            Self::WrongSize => (FileRefusal::WrongSize, self.to_string()),
            Self::Write { .. } => {
                let text = "it cannot be written".to_owned();
                (FileRefusal::CannotStore, text)
            }
        }
    }
}
