//! What a session allows, and when it ends by itself.

use serde::{Deserialize, Serialize};

use crate::launch::Quality;
use crate::time::Seconds;

/// What viewers may do with a session. The default allows no more than copying text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Pasting into the session.
    pub clipboard_in: bool,
    /// Copying out of it.
    pub clipboard_out: bool,
    /// Files in both directions.
    pub files: bool,
    /// Hearing its sound.
    pub sound: bool,
    /// Speaking into it.
    pub microphone: bool,
    /// The node's graphics hardware.
    pub gpu: bool,
    /// Where its programs may connect to.
    pub egress: Egress,
    /// The best quality that it gives.
    pub quality_cap: Quality,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            clipboard_in: true,
            clipboard_out: true,
            files: false,
            sound: true,
            microphone: false,
            gpu: false,
            egress: Egress::Internet,
            quality_cap: Quality::High,
        }
    }
}

/// Where a session's programs may connect to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Egress {
    /// Nowhere.
    #[default]
    None,
    /// Public addresses; not the host, not private networks.
    Internet,
}

/// When a session ends by itself; 0 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Timers {
    /// So long after the last key, click or paste, while a viewer is connected.
    pub idle: Seconds,
    /// So long after the last viewer left.
    pub disconnect: Seconds,
    /// So long after it was ready, whatever happens.
    pub max_duration: Seconds,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            idle: Seconds::minutes(30),
            disconnect: Seconds::minutes(15),
            max_duration: Seconds::hours(12),
        }
    }
}
