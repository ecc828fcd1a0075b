//! Why something was not done: a problem to tell the asker, or the store's.

use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;

use crate::random::NoRandomness;
use crate::store::{Contention, StoreError};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// To be told as it is.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault {
    /// A problem of that kind, with what happened this time.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::Problem(Box::new(Problem::new(code).detail(detail)))
    }

    /// What to tell the asker. What the store says is for the log, not for them.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        const LATER: Seconds = Seconds(5);
        match self {
            Self::Problem(problem) => *problem,
            Self::Store(StoreError::Unavailable(_)) => {
                Problem::new(Code::StoreUnavailable).retry_after(LATER)
            }
            Self::Store(StoreError::Busy | StoreError::Locked(_) | StoreError::Contention(_)) => {
                Problem::new(Code::Busy).retry_after(Seconds(1))
            }
            Self::Store(error @ StoreError::ZeroByte) => {
                Problem::new(Code::Invalid).detail(error.to_string())
            }
            Self::Store(_) => Problem::new(Code::Internal),
        }
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

impl From<NoRandomness> for Fault {
    fn from(error: NoRandomness) -> Self {
        Self::Store(StoreError::Unavailable(error.to_string()))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Store(StoreError::Corrupt(error.to_string()))
    }
}

impl Contention for Fault {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
