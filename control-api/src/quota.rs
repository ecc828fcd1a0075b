//! How much somebody may use.

use serde::{Deserialize, Serialize};

use crate::policy::Timers;

/// A quota. The most specific one that says something counts: that of the user, of the role, the
/// default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Sessions at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sessions: Option<u32>,
    /// Thousandths of a CPU for each session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_limit: Option<u64>,
    /// Bytes of memory for each session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mem_limit: Option<u64>,
    /// Processes and threads of each session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids: Option<u64>,
    /// When sessions end by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers: Option<Timers>,
}

/// What counts for the one who asks, and how much of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuotaUse {
    /// What counts.
    pub limit: EffectiveQuota,
    /// Sessions that count now.
    pub sessions: u32,
}

/// A quota in which everything has been decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EffectiveQuota {
    /// Sessions at once.
    pub max_sessions: u32,
    /// Thousandths of a CPU for each session.
    pub cpu_limit: u64,
    /// Bytes of memory for each session.
    pub mem_limit: u64,
    /// Processes and threads of each session.
    pub pids: u64,
    /// When sessions end by themselves.
    pub timers: Timers,
}
