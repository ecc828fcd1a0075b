//! Why the viewer stops, told so that the person knows what to do about it.

use std::path::PathBuf;
use std::time::Duration;

use hackstream_protocol::wire::control::RefusalReason;

use crate::config::ServerAddress;
use crate::trust::TrustError;

/// Why the viewer could not start or had to stop. The text is one line: what, why, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// No server answered.
    #[error(
        "cannot reach {server}: {reason}. Check the address, that the server runs, and that UDP \
         port {} is open on the way", server.port
    )]
    Unreachable {
        /// Where the viewer tried to connect.
        server: ServerAddress,
        /// What went wrong, for a person.
        reason: String,
    },
    /// The server does not admit this viewer.
    #[error("{server} refused: {text}{}", advice(*reason))]
    Refused {
        /// Which server.
        server: ServerAddress,
        /// Why, as a code.
        reason: RefusalReason,
        /// Why, in the server's words.
        text: String,
    },
    /// The server's identity is not the expected one, or nobody vouched for it.
    #[error(transparent)]
    Untrusted(#[from] TrustError),
    /// The connection was lost and did not come back in time.
    #[error(
        "lost the connection to {server}, and it did not come back within {} s \
         (--reconnect-timeout)", waited.as_secs()
    )]
    Lost {
        /// Which server.
        server: ServerAddress,
        /// How long the viewer tried.
        waited: Duration,
    },
    /// There is no display to open a window on.
    #[error(
        "no display to open a window on: {0}. Set DISPLAY or WAYLAND_DISPLAY, or use --headless"
    )]
    NoDisplay(String),
    /// The console cannot show the picture, or not be used.
    #[cfg(feature = "console")]
    #[error(
        "cannot use the console: {0}. Nothing else may use it, and this user must be in the groups video and input"
    )]
    NoConsole(String),
    /// The server breaks the protocol again and again.
    #[error("cannot understand the server: {0}. Use viewer and server of the same version")]
    Protocol(String),
    /// The screenshot cannot be written.
    #[error("cannot write the screenshot {}: {reason}", path.display())]
    Screenshot {
        /// Where it should go.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file was not given to the session.
    #[error("not all files were stored in the session: {0}")]
    NotSent(String),
    /// Something the viewer needs of its own machine failed.
    #[error("{what}: {reason}")]
    System {
        /// What the viewer tried.
        what: &'static str,
        /// What the system said.
        reason: String,
    },
}

impl ViewError {
    /// The exit code of the program; `--help` documents them.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Unreachable { .. } => 3,
            Self::Refused { .. } => 4,
            Self::Untrusted(_) => 5,
            Self::Lost { .. } => 6,
            Self::NoDisplay(_) => 7,
            #[cfg(feature = "console")]
            Self::NoConsole(_) => 7,
            Self::NotSent(_) => 8,
            Self::Protocol(_) | Self::Screenshot { .. } | Self::System { .. } => 1,
        }
    }
}

const fn advice(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::WrongToken => {
            ". Give the session's token with --token-file, or in HACKSTREAM_TOKEN"
        }
        RefusalReason::BadTicket => {
            ". A ticket is good for a minute at most, and once: launch or connect anew"
        }
        RefusalReason::WrongVersion => ". Use viewer and server of the same version",
        RefusalReason::TooManyViewers => ". Close another viewer of this session",
        _ => "",
    }
}
