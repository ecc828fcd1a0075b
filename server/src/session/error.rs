//! Why a session did not start.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use hackstream_capture::CaptureError;
use hackstream_protocol::geometry::Size;

use super::Outcome;

/// Why a session did not start. Whatever had been started has ended again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The wanted sizes contradict each other or are too large.
    #[error("a screen of {size} that can grow to {largest} is not possible")]
    ImpossibleSize {
        /// First size of the screen.
        size: Size,
        /// Largest size it should be able to have.
        largest: Size,
    },
    /// No place for the session's files.
    #[error("cannot create the session's directory in any of {tried:?}")]
    NoDirectory {
        /// The directories tried.
        tried: Vec<PathBuf>,
        /// Why the last one failed.
        source: io::Error,
    },
    /// A file of the session could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program that the session needs is not installed.
    #[error("the program {program} is missing: install the package {package}")]
    MissingProgram {
        /// Name of the program.
        program: &'static str,
        /// The Debian package that contains it.
        package: &'static str,
    },
    /// The X server did not start; its own words are on the standard error stream.
    #[error("the X server did not start{}", .outcome.map(|o| format!(": {o}")).unwrap_or_default())]
    DisplayFailed {
        /// How it ended, if it did.
        outcome: Option<Outcome>,
    },
    /// The display that was started cannot be used.
    #[error("cannot use the session's display")]
    Display(#[from] CaptureError),
    /// There is no such command.
    #[error(
        "there is no command {}: install it, or give its path",
        .command.to_string_lossy()
    )]
    CommandNotFound {
        /// The command, without its arguments.
        command: OsString,
    },
    /// The command cannot be run.
    #[error("cannot run {}", .command.to_string_lossy())]
    CommandNotRunnable {
        /// The command, without its arguments.
        command: OsString,
        /// What the system said.
        source: io::Error,
    },
    /// No command was given.
    #[error("no command was given")]
    NoCommand,
    /// The session's own supervisor could not be started or does not answer.
    #[error("the supervisor of the session failed")]
    Supervisor(#[source] io::Error),
}
