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
    /// The first that is not as it should be.
    pub first_bad_seq: Option<u64>,
    /// What is wrong with it.
    pub reason: Option<String>,
    /// The hash of the last row.
    pub head: String,
}
