//! Sessions as people see them.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, SessionId, UserId};
use crate::launch::{ProfileMode, Quality};
use crate::node::{Exit, StartPhase};
use crate::time::{Seconds, UnixMillis};

/// Where a session is in its life.
///
/// `pending → provisioning → ready → claimed → running → stopping → stopped`, or `failed` or `lost`
/// instead of the last. One that was started for somebody goes from `provisioning` to `claimed`;
/// `ready` is one that waits warm for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Accepted; no node has it yet.
    Pending,
    /// A node starts it.
    Provisioning,
    /// Warm, and nobody's.
    Ready,
    /// Somebody's, ready for the first viewer.
    Claimed,
    /// A viewer was connected, or is.
    Running,
    /// Being ended.
    Stopping,
    /// Ended.
    Stopped,
    /// Could not be started, or broke.
    Failed,
    /// Its node has been silent for too long. It comes back with its node.
    Lost,
}

impl SessionState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Provisioning,
        Self::Ready,
        Self::Claimed,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
        Self::Lost,
    ];

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Stopped | Self::Failed)
    }

    /// Whether it counts against quotas: it may hold, or come to hold, a node's memory.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Stopped | Self::Failed | Self::Lost)
    }

    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Claimed => "claimed",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Why a session ends or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// Its owner said so.
    User,
    /// An administrator said so.
    Admin,
    /// Its owner was disabled.
    UserDisabled,
    /// No input for too long.
    Idle,
    /// No viewer for too long.
    Disconnected,
    /// It ran as long as it may.
    MaxDuration,
    /// Its application ended.
    ApplicationEnded,
    /// It could not be started.
    StartFailed,
    /// It broke, or was killed for its memory.
    Crashed,
    /// Its node no longer has it.
    NodeLost,
    /// Its node was taken out for good.
    NodeRemoved,
    /// It was warm, and is not needed.
    PoolShrink,
    /// What a newer program knows.
    #[serde(other)]
    Unknown,
}

impl StopCause {
    /// All that are known.
    pub const ALL: [Self; 13] = [
        Self::User,
        Self::Admin,
        Self::UserDisabled,
        Self::Idle,
        Self::Disconnected,
        Self::MaxDuration,
        Self::ApplicationEnded,
        Self::StartFailed,
        Self::Crashed,
        Self::NodeLost,
        Self::NodeRemoved,
        Self::PoolShrink,
        Self::Unknown,
    ];

    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::UserDisabled => "user_disabled",
            Self::Idle => "idle",
            Self::Disconnected => "disconnected",
            Self::MaxDuration => "max_duration",
            Self::ApplicationEnded => "application_ended",
            Self::StartFailed => "start_failed",
            Self::Crashed => "crashed",
            Self::NodeLost => "node_lost",
            Self::NodeRemoved => "node_removed",
            Self::PoolShrink => "pool_shrink",
            Self::Unknown => "unknown",
        }
    }

    /// The cause of that name, `Unknown` for any other text.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|cause| cause.name() == name);
        found.unwrap_or(Self::Unknown)
    }
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Which.
    pub session_id: SessionId,
    /// Whose; nobody's while it waits warm.
    pub user_id: Option<UserId>,
    /// The application's name.
    pub app: String,
    /// Where it is in its life.
    pub state: SessionState,
    /// What it is doing while it starts.
    pub phase: Option<StartPhase>,
    /// For a person: why it is in this state.
    pub reason: Option<String>,
    /// Which node has it.
    pub node_id: Option<NodeId>,
    /// What remains afterwards.
    pub profile: ProfileMode,
    /// How much of the link the picture may take.
    pub quality: Quality,
    /// Whether it was warm when it was asked for.
    pub pool_hit: bool,
    /// When it was asked for.
    pub created_at: UnixMillis,
    /// When it was ready for viewers.
    pub ready_at: Option<UnixMillis>,
    /// When its first viewer was sent the first frame.
    #[serde(default)]
    pub first_frame_at: Option<UnixMillis>,
    /// Viewers connected now.
    pub viewers: u32,
    /// When somebody last did something.
    pub last_input_at: Option<UnixMillis>,
    /// When a viewer was last connected.
    pub last_viewer_at: Option<UnixMillis>,
    /// When it will end by itself.
    pub stops_at: Option<UnixMillis>,
    /// Why it will end then, ends or ended.
    pub stop_cause: Option<StopCause>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// How its application ended.
    pub exit: Option<Exit>,
}

/// The answer to a wish for a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Launched {
    /// Which session.
    pub session_id: SessionId,
    /// Where it is in its life. Its events tell what follows.
    pub state: SessionState,
    /// How to connect, where that is possible at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Connect>,
}

/// A wish to connect to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectRequest {
    /// SHA-256 of the viewer's public key (SubjectPublicKeyInfo), 64 hex digits.
    pub client_key: String,
}

/// How to connect to a session, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connect {
    /// A name or an address.
    pub host: String,
    /// A UDP port.
    pub port: u16,
    /// The name to ask for in TLS.
    pub sni: String,
    /// SHA-256 of the session's public key (SubjectPublicKeyInfo), 64 hex digits: no other is
    /// accepted.
    pub server_spki: String,
    /// The ticket: good for one connection, with the key it was asked for with.
    pub token: String,
    /// Until when a connection can be started with it.
    pub expires_at: UnixMillis,
    /// The protocol to ask for in TLS.
    pub alpn: String,
}

/// A wish to end a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// What its programs may take for ending themselves; 5 s if nothing is said, at most 60 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Seconds>,
}

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionEvent {
    /// Rises within the session; the id of the server-sent event.
    pub seq: u64,
    /// When.
    pub at: UnixMillis,
    /// Its state from then on.
    pub state: SessionState,
    /// What it is doing while it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<StartPhase>,
    /// For a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_cause: Option<StopCause>,
}
