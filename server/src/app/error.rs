//! Why the server could not start, and what its exit code says about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use hackstream_capture::CaptureError;
use hackstream_transport::TransportError;

use super::exit;
use super::gate::GateError;
use crate::files::FilesError;
use crate::session::SessionError;
use crate::token::TokenError;

/// Why the server could not start.
#[derive(Debug)]
pub enum AppError {
    /// The state directory cannot be made.
    StateDirectory {
        /// Which directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder for files cannot be used.
    Files(FilesError),
    /// The token cannot be used.
    Token(TokenError),
    /// The control plane's keys cannot be used.
    Gate(GateError),
    /// Metrics cannot be had there.
    Metrics {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The socket that should have been inherited cannot be used.
    Inherited {
        /// Which option named it.
        option: &'static str,
        /// Its number.
        number: u16,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The sockets that should have been handed out are not there.
    Door {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The key or the port cannot be used.
    Transport(TransportError),
    /// The session did not start.
    Session(SessionError),
    /// The display cannot be used.
    Display(CaptureError),
    /// No threads or timers.
    Runtime(io::Error),
    /// Nobody reads standard output.
    Announcement(io::Error),
}

impl AppError {
    /// The process's exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::StateDirectory { .. } | Self::Files(_) | Self::Token(_) | Self::Gate(_) => {
                exit::STATE
            }
            Self::Metrics { .. }
            | Self::Inherited { .. }
            | Self::Door { .. }
            | Self::Transport(TransportError::Bind { .. } | TransportError::Socket { .. }) => {
                exit::LISTEN
            }
            Self::Transport(_) => exit::STATE,
            Self::Session(SessionError::CommandNotFound { .. }) => exit::NOT_FOUND,
            Self::Session(SessionError::CommandNotRunnable { .. }) => exit::NOT_EXECUTABLE,
            Self::Session(SessionError::NoCommand | SessionError::ImpossibleSize { .. }) => {
                exit::USAGE
            }
            Self::Session(SessionError::NoDirectory { .. } | SessionError::Write { .. }) => {
                exit::STATE
            }
            Self::Session(_) | Self::Display(_) => exit::DISPLAY,
            Self::Runtime(_) | Self::Announcement(_) => exit::INTERNAL,
        }
    }

    fn cause(&self) -> &(dyn Error + 'static) {
        match self {
            Self::StateDirectory { source, .. }
            | Self::Metrics { source, .. }
            | Self::Inherited { source, .. }
            | Self::Door { source, .. }
            | Self::Runtime(source)
            | Self::Announcement(source) => source,
            Self::Files(error) => error,
            Self::Token(error) => error,
            Self::Gate(error) => error,
            Self::Transport(error) => error,
            Self::Session(error) => error,
            Self::Display(error) => error,
        }
    }
}

impl fmt::Display for AppError {
    /// One line: the error and all that caused it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StateDirectory { path, .. } => {
                write!(
                    f,
                    "cannot create the state directory {} (--state-dir): ",
                    path.display()
                )?;
            }
            Self::Metrics { address, .. } => {
                write!(f, "cannot listen on {address} (--metrics): ")?;
            }
            Self::Inherited { option, number, .. } => {
                write!(f, "cannot serve the inherited socket {number} ({option}): ")?;
            }
            Self::Door { path, .. } => {
                write!(
                    f,
                    "cannot serve the sockets from {} (--sockets-from): ",
                    path.display()
                )?;
            }
            Self::Runtime(_) => f.write_str("cannot start threads: ")?,
            Self::Announcement(_) => f.write_str("cannot write to standard output: ")?,
            _ => {}
        }
        let mut error = self.cause();
        write!(f, "{error}")?;
        while let Some(cause) = error.source() {
            write!(f, ": {cause}")?;
            error = cause;
        }
        Ok(())
    }
}

impl Error for AppError {}

impl From<FilesError> for AppError {
    fn from(error: FilesError) -> Self {
        Self::Files(error)
    }
}

impl From<TokenError> for AppError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<GateError> for AppError {
    fn from(error: GateError) -> Self {
        Self::Gate(error)
    }
}

impl From<TransportError> for AppError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<SessionError> for AppError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<CaptureError> for AppError {
    fn from(error: CaptureError) -> Self {
        Self::Display(error)
    }
}
