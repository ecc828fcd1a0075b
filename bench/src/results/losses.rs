//! What an emulated link did to the packets of one cell.

use serde::Deserialize;

/// Both directions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct LinkLosses {
    /// From server to viewer.
    pub(crate) down: WayLosses,
    pub(crate) up: WayLosses,
}

/// One direction.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct WayLosses {
    /// All that were sent into it.
    pub(crate) packets: u64,
    pub(crate) dropped_by_queue: u64,
    pub(crate) lost_on_the_way: u64,
    pub(crate) longest_queue_wait_ms: f64,
}
