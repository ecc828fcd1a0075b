//! What a session is to be.

use std::collections::BTreeMap;

use hackstream_control_api::id::{NodeId, SessionId, UserId};
use hackstream_control_api::launch::Resources;
use hackstream_control_api::node::Screen;
use hackstream_control_api::policy::{Egress, Policy, Timers};
use serde::{Deserialize, Serialize};

/// What a session is to be: all that a driver needs to know, and what is to be said of it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionSpec {
    /// Which.
    pub session: SessionId,
    /// The node that it is on, as tickets name it.
    pub node: NodeId,
    /// Whose; `None` while it waits warm.
    pub owner: Option<UserId>,
    /// The application's name.
    pub app: String,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Whether pages are opened in it while it runs: of those that wait warm for an owner.
    #[serde(default)]
    pub takes_pages: bool,
    /// Variables for it beside the usual ones.
    pub environment: BTreeMap<String, String>,
    /// Whether its programs may make user namespaces: browsers need them for a sandbox of their own.
    pub own_sandbox: bool,
    /// Size of the screen; `None`: the server's usual one.
    pub screen: Option<Screen>,
    /// What it may use.
    pub resources: Resources,
    /// What viewers may do with it.
    pub policy: Policy,
    /// Where its programs may connect to.
    pub egress: Egress,
    /// When it ends by itself.
    pub timers: Timers,
    /// The control plane's public keys, one on each line, as `hackstream-server --ticket-key` reads
    /// them.
    pub ticket_keys: String,
    /// Kept for whoever asks.
    pub labels: BTreeMap<String, String>,
}
