//! How sessions are run. A driver starts and ends them; when they end by themselves is decided
//! elsewhere.

mod command;
pub mod docker;
mod ending;
pub mod local;
mod sockets;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::Usage;
use tracing::warn;

use crate::NodeError;
use crate::record::{Record, StopOrder};
use crate::spec::SessionSpec;

/// Runs sessions in one way. All of it may be asked again, after a restart as well: what was done
/// already is done.
pub trait Driver: Send + Sync {
    /// Starts a session. Returns once it is certain that it will be in the [list](Self::list) until
    /// it is forgotten, whatever becomes of it. One that runs already goes on.
    ///
    /// # Errors
    /// [`NodeError::Over`] if it ended before; others if it cannot be begun.
    fn boot(&self, spec: &SessionSpec) -> Result<(), NodeError>;

    /// Tells a session to end, and returns at once. One that has ended, or never was, is left alone.
    ///
    /// # Errors
    /// [`NodeError`] if it cannot be told.
    fn stop(&self, session: SessionId, order: StopOrder) -> Result<(), NodeError>;

    /// Ends a session by force. When this returns nothing of it runs.
    ///
    /// # Errors
    /// [`NodeError::Immortal`] if something does.
    fn kill(&self, session: SessionId) -> Result<(), NodeError>;

    /// All sessions: those that run, and those that ended and were not forgotten yet. This is the
    /// truth, whatever anybody remembers. One that cannot be looked after is in it as well, and changes
    /// nothing for the others.
    ///
    /// # Errors
    /// [`NodeError`] if there is no list at all.
    fn list(&self) -> Result<Vec<Seen>, NodeError>;

    /// One of the list, where that is possible without a look at the others.
    ///
    /// # Errors
    /// [`NodeError`] if nothing can be known.
    fn find(&self, session: SessionId) -> Result<Option<Seen>, NodeError> {
        let all = self.list()?.into_iter();
        Ok({ all }.find(|seen| seen.session() == session))
    }

    /// What a session uses.
    ///
    /// # Errors
    /// [`NodeError::Unknown`].
    fn usage(&self, session: SessionId) -> Result<Usage, NodeError>;

    /// Whether a session that [takes pages](SessionSpec::takes_pages) shows a window, so that it can be
    /// told what to open.
    fn is_loaded(&self, session: SessionId) -> bool;

    /// Has a session that [takes pages](SessionSpec::takes_pages) show one.
    ///
    /// # Errors
    /// [`NodeError::NoPage`] if it does not.
    fn open_page(&self, session: SessionId, page: &str) -> Result<(), NodeError>;

    /// A piece of a session's log: at most `most` bytes that begin `after` bytes of it, or later if
    /// those are kept no longer.
    ///
    /// # Errors
    /// [`NodeError::Unknown`], or others if it cannot be read.
    fn log(&self, session: SessionId, after: u64, most: usize) -> Result<LogPiece, NodeError>;

    /// Forgets a session that has ended, with its log.
    ///
    /// # Errors
    /// [`NodeError`] if something of it cannot be removed. One that runs is not forgotten.
    fn forget(&self, session: SessionId) -> Result<(), NodeError>;

    /// Whether limits on memory, processor and processes are kept.
    fn limits_enforced(&self) -> bool;

    /// Why no session can be started now, whoever asks, for the administrator; `None` if some can.
    fn problem(&self) -> Option<String> {
        None
    }
}

/// What was seen of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// It was found.
    Found(Box<Found>),
    /// It is there, and how it is cannot be known.
    Broken(Broken),
}

impl Seen {
    /// What a look at a session's files was worth.
    #[must_use]
    pub fn of(session: SessionId, looked: Result<Option<Found>, NodeError>) -> Option<Self> {
        match looked {
            Ok(found) => found.map(|found| Self::Found(Box::new(found))),
            Err(error) => {
                warn!(%session, %error, "cannot look after a session");
                let why = error.to_string();
                Some(Self::Broken(Broken { session, why }))
            }
        }
    }

    /// Which session.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        match self {
            Self::Found(found) => found.spec.session,
            Self::Broken(broken) => broken.session,
        }
    }

    /// The session, if it could be looked after.
    #[must_use]
    pub const fn found(&self) -> Option<&Found> {
        match self {
            Self::Found(found) => Some(found),
            Self::Broken(_) => None,
        }
    }

    /// Whether something of it runs, or may.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.found()
            .is_none_or(|found| !found.record.life.is_over())
    }
}

/// A session of which nobody knows how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub session: SessionId,
    /// Why, for a person.
    pub why: String,
}

/// A session that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it was to be.
    pub spec: SessionSpec,
    /// Where it is in its life.
    pub record: Record,
}

/// A piece of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPiece {
    /// Bytes of the log before it.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether nothing will follow them.
    pub is_last: bool,
}
