//! `hackstream-server open-link`: stands for a browser in a session whose links go to viewers.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hackstream_protocol::desktop::Link;

use super::links::Handed;
use crate::app::exit;

/// How long the session may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest answer that is read.
const MOST_BYTES: u64 = 256;

/// A link, and the session that it is from.
#[derive(Clone, PartialEq, Eq)]
pub struct Errand {
    /// As the program wrote it.
    pub link: String,
    /// The session's socket for links.
    pub socket: PathBuf,
}

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let socket = &self.socket;
        f.debug_struct("Errand")
            .field("socket", socket)
            .finish_non_exhaustive()
    }
}

/// Why no viewer has the link.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is none.
    #[error(
        "only addresses of web pages can be opened at the viewer: http:// or https://, a host, and no \
         user name or password"
    )]
    NoLink,
    /// Nobody wants it.
    #[error("no viewer that is in control opens links")]
    Nobody,
    /// There were too many.
    #[error("too many links in quick succession; try again in some seconds")]
    TooMany,
    /// The session cannot be asked.
    #[error("cannot ask the session at {}: {source}", socket.display())]
    Session {
        /// Its socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// The process's exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NoLink => exit::USAGE,
            Self::Nobody | Self::TooMany => exit::UNAVAILABLE,
            Self::Session { .. } => exit::INTERNAL,
        }
    }
}

/// Hands the link over.
///
/// # Errors
/// [`OpenError`] if no viewer has it.
pub fn run(errand: &Errand) -> Result<(), OpenError> {
    let link = Link::of(&errand.link).ok_or(OpenError::NoLink)?;
    let answer = ask(&errand.socket, &link).map_err(|source| OpenError::Session {
        socket: errand.socket.clone(),
        source,
    })?;
    match answer {
        Handed::Over => Ok(()),
        Handed::Nobody => Err(OpenError::Nobody),
        Handed::TooMany => Err(OpenError::TooMany),
        Handed::NoLink => Err(OpenError::NoLink),
    }
}

fn ask(socket: &Path, link: &Link) -> io::Result<Handed> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(link.as_str().as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut word = String::new();
    stream.take(MOST_BYTES).read_to_string(&mut word)?;
    Handed::of(&word).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
