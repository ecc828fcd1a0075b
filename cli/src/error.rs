//! Why a command was not done, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use hackstream_control_api::problem::{Code, Problem};
use hackstream_ticket::KeyHash;

use crate::advice;
use crate::config::address::HubAddress;

/// What stands about exit codes in the help of both programs.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done; launch, connect: the viewer was closed
  1    the hub refused, or something else failed; doctor, audit verify: something is wrong
  2    the command line is wrong, or nothing says which hub to ask
  3    the hub cannot be reached
  4    not logged in, or name and password are wrong
  5    the hub's key is not the expected one, or nobody vouches for it
  6    there is no session: quota used up, no room, no such application, or it did not start
  7    the viewer cannot be started, or failed
  8    the configuration, the keyring or another file of one's own cannot be used
  9    done; but the hub's audit log is not the one that this machine has seen
  130  ended with Ctrl-C";

/// The exit code of what was done with a hub whose audit log contradicts what was seen of it.
pub const ALARM: u8 = 9;

/// Why a command was not done. The text is for a person: what, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line is wrong, or something is missing that nobody can be asked for.
    #[error("{0}")]
    Usage(String),
    /// The hub did not answer.
    #[error(
        "cannot reach the hub at {hub}: {reason}. Check the address, that hackstreamd runs there, and \
         that nothing on the way blocks it; `hackstream doctor` looks closer"
    )]
    Unreachable {
        /// Where it should be.
        hub: HubAddress,
        /// What went wrong.
        reason: String,
    },
    /// Nobody vouches for the hub's key, or it is another than before.
    #[error("{}", advice::untrusted(hub, shown, *expected))]
    Untrusted {
        /// Which hub.
        hub: HubAddress,
        /// The key that it shows.
        shown: KeyHash,
        /// The key that it should have.
        expected: Option<KeyHash>,
    },
    /// The hub does not know the person, and nobody can be asked.
    #[error("{0}")]
    NotLoggedIn(String),
    /// The hub refused.
    #[error("{}", advice::text(.0))]
    Refused(Box<Problem>),
    /// The hub answered something that this version does not understand.
    #[error(
        "the hub at {hub} answered something else than expected: {what}. Use `hackstream` and \
         hackstreamd of the same version, and check that the address is that of a hub"
    )]
    NotUnderstood {
        /// Which hub.
        hub: HubAddress,
        /// What is wrong.
        what: String,
    },
    /// A session did not come to life.
    #[error("{0}")]
    NoSession(String),
    /// The viewer could not be started, or failed.
    #[error("{0}")]
    Viewer(String),
    /// A file of one's own.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// What was tried, such as "cannot write".
        what: &'static str,
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of one's own holds something else than it should.
    #[error("{} makes no sense: {reason}. Mend it, or remove it and run `hackstream configure`", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The tokens have to be in the keyring, and cannot.
    #[error(
        "the tokens are to be kept in the system's keyring, and {0}. Mend that, or run `hackstream \
         config set tokens auto`, which uses a file where the keyring cannot"
    )]
    Keyring(String),
    /// Reading from a person or writing to them failed.
    #[error("cannot use the terminal: {0}")]
    Terminal(#[from] io::Error),
    /// Something else that is told elsewhere.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// The exit code; [`EXIT_CODES`] tells a person.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotUnderstood { .. } | Self::Terminal(_) | Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable { .. } => 3,
            Self::NotLoggedIn(_) => 4,
            Self::Untrusted { .. } => 5,
            Self::NoSession(_) => 6,
            Self::Viewer(_) => 7,
            Self::File { .. } | Self::Damaged { .. } | Self::Keyring(_) => 8,
            Self::Refused(problem) => code_of(problem.code),
        }
    }

    /// Whether it is only that nobody reads the output any more.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Terminal(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The problem, if the hub refused.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}

const fn code_of(code: Code) -> u8 {
    match code {
        Code::Unauthenticated
        | Code::TokenExpired
        | Code::TokenReused
        | Code::LoginFailed
        | Code::Throttled => 4,
        Code::QuotaExceeded
        | Code::NoCapacity
        | Code::NoNode
        | Code::UnknownApp
        | Code::PolicyDenied => 6,
        _ => 1,
    }
}
