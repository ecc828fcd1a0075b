//! The audit log.

use serde::{Deserialize, Serialize};

use crate::id::{SessionId, UserId};
use crate::time::UnixMillis;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Rises by one with every row.
    pub seq: u64,
    /// When.
    pub ts: UnixMillis,
    /// Who: `user`, `node`, `hub`, `operator`, or `anonymous` before a login.
    pub actor_type: String,
    /// Which one.
    pub actor_id: Option<String>,
    /// What, such as `session.create`.
    pub action: String,
    /// To what kind of thing.
    pub target_type: Option<String>,
    /// To which.
    pub target_id: Option<String>,
    /// Whom it concerns: that user may read it.
    pub subject_user_id: Option<UserId>,
    /// Which session it belongs to.
    pub session_id: Option<SessionId>,
    /// `ok`, or a problem's code.
    pub outcome: String,
    /// More, as JSON in a text. Never what was typed, shown, copied or opened.
    pub meta: String,
    /// The hash of the row before, 64 hex digits.
    pub prev_hash: String,
    /// The hash of this row.
    pub hash: String,
}

/// What came of checking the whole log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerdict {
    /// Whether every row is as it was written, and none is missing before the last.
    pub ok: bool,
    /// Rows looked at.
    pub rows: u64,
    /// Rows up to this one are as they were when a checkpoint was made; 0 if there is none.
    #[serde(default)]
    pub witnessed: u64,
    /// The first that is known not to be as it should be.
    pub first_bad_seq: Option<u64>,
    /// What is wrong with it.
    pub reason: Option<String>,
    /// The hash of the last row.
    pub head: String,
}

/// A point of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checkpoint {
    /// Number of the last row; 0 before the first.
    pub seq: u64,
    /// Its hash, 64 hex digits.
    pub head: String,
}

/// A point of the audit log that the hub has signed, with a key that is not in its database.
///
/// Two that contradict each other prove that the log was changed, whoever shows them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedCheckpoint {
    /// Number of the last row; 0 before the first.
    pub seq: u64,
    /// Its hash, 64 hex digits.
    pub head: String,
    /// When it was signed.
    pub ts: UnixMillis,
    /// When the hub's operator last declared that the log was set back to a backup; 0 if never. From
    /// one declaration to the next the log only grows.
    pub restored_at: UnixMillis,
    /// The public key: Ed25519, 64 hex digits.
    pub key: String,
    /// The signature, 128 hex digits.
    pub signature: String,
}

/// How the audit log is at this moment, for whoever remembers it: a witness.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditState {
    /// Its end.
    pub end: Checkpoint,
    /// The last point that was signed; none only while the hub refuses to sign.
    #[serde(default)]
    pub signed: Option<SignedCheckpoint>,
    /// The row that the witness asked for, as it is now; none if it is not there (any more), or was not
    /// asked for.
    #[serde(default)]
    pub seen: Option<Checkpoint>,
}
