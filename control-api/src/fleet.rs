//! Nodes as administrators see them.

use serde::{Deserialize, Serialize};

use crate::id::NodeId;
use crate::node::Capacity;
use crate::time::UnixMillis;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeStatus {
    /// Which.
    pub id: NodeId,
    /// What people call it.
    pub name: String,
    /// Whether it has reported lately; without, it gets nothing new.
    pub alive: bool,
    /// Whether it was taken out of service: what runs goes on, nothing new comes.
    pub cordoned: bool,
    /// When it last reported.
    pub last_report_at: Option<UnixMillis>,
    /// What it has.
    pub capacity: Capacity,
    /// Bytes of memory that its sessions have been promised.
    pub memory_promised: u64,
    /// Its sessions.
    pub sessions: u32,
    /// What it can run.
    pub apps: Vec<String>,
    /// Whether limits on memory, CPU and processes are kept.
    pub limits_enforced: bool,
    /// Why it can start no session now, if so.
    #[serde(default)]
    pub problem: Option<String>,
    /// Its agent's version.
    pub version: String,
}
