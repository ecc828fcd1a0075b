//! What a node shall do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ClaimId, JobId, NodeId, SessionId, UserId};
use crate::launch::{ProfileMode, Quality, Resources};
use crate::policy::{Policy, Timers};
use crate::session::StopCause;
use crate::time::{Seconds, UnixMillis};

/// The answer to a node that asks what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobList {
    /// By rising `seq`; empty when the wait was over.
    pub jobs: Vec<JobEnvelope>,
}

/// What the payload of a [`JobEnvelope`] is, as its signature has it.
pub const JOB_TYPE: &str = "application/vnd.hackstream.job.v1+json";

/// A job as it is handed to a node: the bytes that were signed are the bytes that are carried out.
///
/// `id` and `seq` are not signed. They name what cannot be trusted yet; of what is done they have to be
/// those of the payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobEnvelope {
    /// Names it in the result.
    pub id: JobId,
    /// Its place among the jobs of the node.
    pub seq: u64,
    /// A [`Job`] as JSON, at most [`crate::limits::MAX_JOB_BYTES`].
    pub payload: String,
    /// The hub's signature of the payload as a [`JOB_TYPE`]: which key, 16 hexadecimal digits, `.` and
    /// an Ed25519 signature in base64url.
    pub signature: String,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Names it in the result.
    pub id: JobId,
    /// For whom it is; a node refuses what is for another.
    pub node: NodeId,
    /// Rises with every job of a node.
    pub seq: u64,
    /// When the hub decided it.
    pub issued_at: UnixMillis,
    /// From then on, and [`crate::limits::MAX_CLOCK_SKEW`] for the clocks, the node refuses it: nobody
    /// waits for it any more.
    pub not_after: UnixMillis,
    /// What to do.
    #[serde(flatten)]
    pub kind: JobKind,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobKind {
    /// Start a session. Done when it runs or failed; progress is in the reports.
    Boot(Box<Boot>),
    /// End a session. Done when nothing of it is left; also where there never was one.
    Stop(Stop),
    /// A warm session gets its owner.
    Claim(Box<Claim>),
    /// Send a session's log to the hub, from `after` on, until the hub wants no more.
    SendLog(SendLog),
    /// What a newer hub knows: the node says that it does not.
    #[serde(other)]
    Unknown,
}

/// A session to be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Boot {
    /// Which; the node starts it once, however often it is told.
    pub session: SessionId,
    /// Whose; `None` for one that waits warm for an owner.
    pub owner: Option<UserId>,
    /// The application's name. Which command that is, the node's own configuration says.
    pub app: String,
    /// What a browser opens.
    pub url: Option<String>,
    /// What remains afterwards.
    pub profile: ProfileMode,
    /// Size of the screen; `None`: the node's default.
    pub screen: Option<Screen>,
    /// How much of the link the picture may take.
    pub quality: Quality,
    /// What it may use.
    pub resources: Resources,
    /// What viewers may do with it.
    pub policy: Policy,
    /// When it ends by itself; kept by the node, also while the hub is away.
    pub timers: Timers,
    /// The keys by which the hub signs connect tickets, by their names: Ed25519, 64 hex digits.
    pub ticket_keys: BTreeMap<String, String>,
    /// Kept with the session on the node, so that it can say what it runs.
    pub labels: BTreeMap<String, String>,
}

/// A screen's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Pixels across, at most [`crate::limits::MAX_SCREEN_SIDE`].
    pub width: u16,
    /// Pixels down, likewise.
    pub height: u16,
}

/// A session to be ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stop {
    /// Which.
    pub session: SessionId,
    /// What its programs may take for ending themselves, before they are killed.
    pub grace: Seconds,
    /// Why; shown to its viewers.
    pub cause: StopCause,
}

/// A warm session's owner and their wishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// Which session.
    pub session: SessionId,
    /// Tells a repeated message from a second claim, which the node refuses.
    pub claim: ClaimId,
    /// Whose it is from now on.
    pub owner: UserId,
    /// What a browser opens.
    pub url: Option<String>,
    /// Size of the screen.
    pub screen: Option<Screen>,
    /// How much of the link the picture may take.
    pub quality: Quality,
    /// What viewers may do with it.
    pub policy: Policy,
    /// When it ends by itself.
    pub timers: Timers,
}

/// A log to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendLog {
    /// Of which session.
    pub session: SessionId,
    /// Bytes of it to skip: 0 sends all that is kept.
    pub after: u64,
}

/// How a job went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobResult {
    /// How it went.
    pub outcome: JobOutcome,
    /// Why it was refused, where it was.
    #[serde(default)]
    pub reason: Option<RefusalReason>,
    /// For a person; at most [`crate::limits::MAX_NODE_TEXT_BYTES`].
    #[serde(default)]
    pub detail: Option<String>,
}

/// How a job went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobOutcome {
    /// As asked, now or before.
    Done,
    /// It was tried and failed.
    Failed,
    /// The node does not do such a thing: beyond its ceiling, for another node, too late, unknown.
    Refused,
}

/// Why a node refuses a job. The names stay the same between versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// It is not signed with the hub's key, or was changed afterwards.
    BadSignature,
    /// It is signed with a key that the node does not know.
    UnknownKey,
    /// It is signed, and is no job, or another than the one that it was sent as.
    Malformed,
    /// It is another node's.
    OtherNode,
    /// The node has had it, or a later one, before.
    Replayed,
    /// It was made later than now, by more than clocks may differ.
    TooEarly,
    /// It came too late.
    Expired,
    /// The node does not know such jobs.
    UnknownKind,
    /// The node's configuration does not allow the application, or what it is to open.
    NotAllowed,
    /// It wants more than the node's configuration allows.
    OverCeiling,
    /// The session is somebody's already, or another than the one that was asked for.
    Conflict,
    /// What a newer node knows.
    #[serde(other)]
    Unknown,
}

impl RefusalReason {
    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::UnknownKey => "unknown_key",
            Self::Malformed => "malformed",
            Self::OtherNode => "other_node",
            Self::Replayed => "replayed",
            Self::TooEarly => "too_early",
            Self::Expired => "expired",
            Self::UnknownKind => "unknown_kind",
            Self::NotAllowed => "not_allowed",
            Self::OverCeiling => "over_ceiling",
            Self::Conflict => "conflict",
            Self::Unknown => "unknown",
        }
    }
}
