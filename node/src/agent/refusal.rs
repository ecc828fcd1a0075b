//! Why a job was not done, for the hub and for a person.

use hackstream_control_api::node::{JobOutcome, JobResult, RefusalReason};

use super::telling;

/// How a job went.
pub(super) type Outcome = Result<(), Refusal>;

/// Why a job was not done, with a word for a person.
pub(super) enum Refusal {
    /// The node does not do such a thing.
    Refused(RefusalReason, String),
    /// It was tried and failed.
    Failed(String),
}

/// What the hub is told.
pub(super) fn result_of(outcome: Outcome) -> JobResult {
    let (outcome, reason, detail) = match outcome {
        Ok(()) => (JobOutcome::Done, None, None),
        Err(Refusal::Refused(reason, why)) => (JobOutcome::Refused, Some(reason), Some(why)),
        Err(Refusal::Failed(why)) => (JobOutcome::Failed, None, Some(why)),
    };
    JobResult {
        outcome,
        reason,
        // It may hold what a session wrote.
        detail: detail.as_deref().map(telling::shortened),
    }
}

/// A reason for a person.
const fn spoken(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::BadSignature => "the job is not as the hub signed it",
        RefusalReason::UnknownKey => {
            "the job is signed with a key that this node does not know; enroll the node anew"
        }
        RefusalReason::Malformed => "the job cannot be read",
        RefusalReason::OtherNode => "the job is for another node",
        RefusalReason::Replayed => "the node has had this job, or a later one",
        RefusalReason::TooEarly => "the job is of the future; set the clocks of hub and node",
        RefusalReason::Expired => "the job came too late",
        RefusalReason::UnknownKind => "this node is too old for such a job",
        RefusalReason::NotAllowed => "this node does not allow the application",
        RefusalReason::OverCeiling => "the session would have more than this node allows",
        RefusalReason::Conflict => "the session is another one",
        RefusalReason::Unknown => "this node does not do that",
    }
}

pub(super) fn taken_already() -> Refusal {
    let why = "the session is somebody's already".to_owned();
    Refusal::Refused(RefusalReason::Conflict, why)
}

pub(super) fn not_allowed(why: impl Into<String>) -> Refusal {
    Refusal::Refused(RefusalReason::NotAllowed, why.into())
}

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Refusal {
    /// That of a job which was not begun.
    pub(super) fn from_reason(reason: RefusalReason) -> Self {
        Self::Refused(reason, spoken(reason).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hub_hears_why_and_a_person_in_words() {
        let result = result_of(Err(Refusal::from_reason(RefusalReason::Replayed)));
        assert_eq!(result.outcome, JobOutcome::Refused);
        assert_eq!(result.reason, Some(RefusalReason::Replayed));
        assert!(
            result
                .detail
                .is_some_and(|detail| detail.contains("had this job"))
        );
        let failed = result_of(Err(Refusal::Failed("x\u{1b}".repeat(1000))));
        assert_eq!((failed.outcome, failed.reason), (JobOutcome::Failed, None));
        assert!(failed.detail.is_some_and(|detail| detail.len() <= 200));
        assert_eq!(result_of(Ok(())).outcome, JobOutcome::Done);
    }
}
