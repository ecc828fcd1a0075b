//! What a node tells of itself and its sessions: every few seconds, and when something changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audit::AuditState;
use crate::id::{ClaimId, SessionId, UserId};
use crate::session::StopCause;
use crate::time::UnixMillis;

/// All that a node has. What is missing in `sessions` does not exist on the node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The node agent's version.
    pub version: String,
    /// The number of the last job that the node took up. A session whose boot it has not taken up
    /// yet is not missing.
    pub last_seq: u64,
    /// What the machine has and what is left.
    pub capacity: Capacity,
    /// Whether limits on memory, CPU and processes are kept. A host without cgroup v2 says no.
    pub limits_enforced: bool,
    /// Why it can start no session now, if so: one line for the administrator.
    #[serde(default)]
    pub problem: Option<String>,
    /// The applications that the node's configuration allows.
    pub apps: Vec<String>,
    /// What it runs, and what ended until the hub has heard of it once.
    pub sessions: Vec<NodeSession>,
    /// Number of the last row of the audit log that the node remembers; none if it knows none.
    #[serde(default)]
    pub seen: Option<u64>,
}

/// The hub has taken a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportAnswer {
    /// The hub's clock.
    pub now: UnixMillis,
    /// Ended sessions that the node need not report again.
    pub forget: Vec<SessionId>,
    /// The audit log at this moment: the node is one of its witnesses.
    #[serde(default)]
    pub audit: Option<AuditState>,
}

/// What a machine has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capacity {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of memory that sessions may use in all: without the system's reserve.
    pub memory_allocatable: u64,
    /// Thousandths of a CPU.
    pub cpu_millis: u64,
    /// Thousandths of a CPU that sessions may use in all.
    pub cpu_allocatable: u64,
    /// Sessions that may run at once.
    pub max_sessions: u32,
}

/// A session as the node sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeSession {
    /// Which.
    pub session: SessionId,
    /// Whose, as the node was told; brings the hub's memory back after a restore.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// By which claim it got its owner.
    #[serde(default)]
    pub claim: Option<ClaimId>,
    /// Where it is in its life.
    pub state: NodeSessionState,
    /// What it is doing while it starts.
    #[serde(default)]
    pub phase: Option<StartPhase>,
    /// Since when it is in this state and phase.
    pub since: UnixMillis,
    /// SHA-256 of the session's public key (SubjectPublicKeyInfo), 64 hex digits.
    #[serde(default)]
    pub server_spki: Option<String>,
    /// Where viewers reach it.
    #[serde(default)]
    pub address: Option<Address>,
    /// Viewers connected now.
    #[serde(default)]
    pub viewers: u32,
    /// When somebody last did something.
    #[serde(default)]
    pub last_input: Option<UnixMillis>,
    /// When a viewer was last connected.
    #[serde(default)]
    pub last_viewer: Option<UnixMillis>,
    /// How long its start took, as far as it is over.
    #[serde(default)]
    pub start: StartTimes,
    /// How many milliseconds ago its first frame was sent.
    #[serde(default)]
    pub first_frame_ago_ms: Option<u64>,
    /// When it will end by itself, and why.
    #[serde(default)]
    pub stops_at: Option<UnixMillis>,
    /// Why it will end, ends or has ended.
    #[serde(default)]
    pub stop_cause: Option<StopCause>,
    /// How its application ended.
    #[serde(default)]
    pub exit: Option<Exit>,
    /// For a person: why it failed.
    #[serde(default)]
    pub detail: Option<String>,
    /// What it uses.
    #[serde(default)]
    pub usage: Usage,
    /// What it was started with.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Where a session is in its life, as the node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeSessionState {
    /// Being started.
    Starting,
    /// The first frame is there; viewers can connect.
    Ready,
    /// Being ended.
    Stopping,
    /// Nothing of it is left.
    Ended,
    /// It could not be started, or it broke; nothing of it is left.
    Failed,
}

/// What a starting session is doing. In this order; some pass unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StartPhase {
    /// Namespaces, limits, folders.
    Sandbox,
    /// The display and the streaming server.
    Display,
    /// The application.
    Application,
    /// It runs and has shown nothing yet.
    FirstFrame,
}

/// How long the steps of a start took, one after the other, in milliseconds; those that are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartTimes {
    /// Namespaces, limits, folders, network.
    #[serde(default)]
    pub sandbox_ms: Option<u64>,
    /// The display and the streaming server, until viewers could come.
    #[serde(default)]
    pub display_ms: Option<u64>,
    /// Until the first viewer had come: since viewers could come, or since a warm one had its owner.
    #[serde(default)]
    pub viewer_ms: Option<u64>,
    /// From then until its first frame was sent.
    #[serde(default)]
    pub first_frame_ms: Option<u64>,
}

/// Where viewers reach a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Address {
    /// A name or an address.
    pub host: String,
    /// A UDP port.
    pub port: u16,
    /// The name to ask for in TLS.
    pub sni: String,
}

/// How an application ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with this code.
    Code(u8),
    /// By this signal.
    Signal(u8),
}

/// What a session uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Milliseconds of CPU time in its life.
    pub cpu_ms: u64,
}
