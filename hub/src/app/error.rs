//! Why a command was not done, and the exit code that says so.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::audit::notary::NotaryError;
use crate::fault::Fault;
use crate::http::routing::RouteError;
use crate::http::tls::TlsError;
use crate::keys::KeyError;
use crate::random::NoRandomness;
use crate::store::StoreError;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The state directory cannot be made.
    #[error("cannot use the state directory {}: {source}; choose another with --state-dir", path.display())]
    StateDir {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A secret cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to look at.
    #[error("there is no database {}; --state-dir or HACKSTREAMD_DATABASE names another", path.display())]
    NoDatabase {
        /// Where it should be.
        path: PathBuf,
    },
    /// What was asked for was refused.
    #[error("{0}")]
    Refused(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Metrics would be open to other machines.
    #[error(
        "--metrics {0} is not on this machine: anybody could read them there; use a loopback address, or GET /v1/metrics with a token"
    )]
    OpenMetrics(SocketAddr),
    /// The routes and their table differ: a defect.
    #[error(transparent)]
    Routes(#[from] RouteError),
    /// The password cannot be read.
    #[error("cannot read the password: {0}")]
    Password(io::Error),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The audit log was not signed.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// Something else of the system.
    #[error(transparent)]
    System(#[from] io::Error),
    /// No randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl AppError {
    /// The exit code, as `--help` has it.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Password(_) | Self::Write { .. } => 1,
            Self::OpenMetrics(_) => 2,
            Self::Listen { .. } => 72,
            Self::NoDatabase { .. }
            | Self::StateDir { .. }
            | Self::Key(_)
            | Self::Tls(_)
            | Self::Notary(_)
            | Self::Store(_) => 73,
            Self::Routes(_) | Self::System(_) | Self::NoRandomness(_) => 70,
        }
    }
}

impl From<Fault> for AppError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => Self::Store(error),
            Fault::Problem(problem) => Self::Refused(problem.to_string()),
        }
    }
}
