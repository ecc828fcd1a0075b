//! Whether the hub works.

use serde::{Deserialize, Serialize};

/// Whether the hub works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Whether it can do what it is for.
    pub ok: bool,
    /// Whether its store can be written.
    pub store: bool,
    /// Nodes that report and take sessions.
    pub nodes: u32,
}
