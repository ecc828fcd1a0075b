//! Why a container does not become a session.

use std::io;
use std::path::PathBuf;

use crate::app::exit;
use crate::config::raw::DEFAULT_PORT;

/// Why a container does not become a session.
#[derive(Debug, thiserror::Error)]
pub enum EntrypointError {
    /// A variable makes no sense.
    #[error("{0}")]
    Setting(String),
    /// No home to keep a profile in.
    #[error("HACKSTREAM_PROFILE=persist needs a home, and HOME does not name one")]
    NoHome,
    /// The home cannot be used.
    #[error(
        "cannot write to the home {} (HACKSTREAM_PROFILE=persist): {source}; mount a volume there \
         that this user can write to", path.display()
    )]
    Home {
        /// The home.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The home is not this user's.
    #[error(
        "the home {} (HACKSTREAM_PROFILE=persist) belongs to the user {owner}, and the session runs \
         as {user}; run on the host: chown -R {user} FOLDER, or start the container with \
         --user {owner}", path.display()
    )]
    ForeignHome {
        /// The home.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
        /// The number of this user.
        user: u32,
    },
    /// A folder that others can enter, or a link.
    #[error(
        "{} is not a folder of this user alone; remove it, or give --work-dir another one",
        path.display()
    )]
    ForeignPlace {
        /// The folder.
        path: PathBuf,
    },
    /// A folder cannot be made.
    #[error(
        "cannot make {}: {source}; the session needs a place to write to, such as --tmpfs /tmp",
        path.display()
    )]
    Place {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// This machine's own address is not known.
    #[error(
        "HACKSTREAM_AUTH=none: cannot find this container's own address ({source}); give it: \
         HACKSTREAM_LISTEN=ADDRESS:{DEFAULT_PORT}"
    )]
    NoAddress {
        /// What the system said.
        source: io::Error,
    },
    /// The server cannot be started.
    #[error("cannot start the server: {0}")]
    Exec(io::Error),
}

impl EntrypointError {
    /// The process's exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Setting(_) => exit::USAGE,
            Self::NoHome
            | Self::Home { .. }
            | Self::ForeignHome { .. }
            | Self::ForeignPlace { .. }
            | Self::Place { .. } => exit::STATE,
            Self::NoAddress { .. } => exit::LISTEN,
            Self::Exec(_) => exit::INTERNAL,
        }
    }
}
