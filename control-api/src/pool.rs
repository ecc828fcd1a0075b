//! Sessions that wait warm: started before anybody asks for them.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// How many sessions of an application wait warm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PoolSize {
    /// So many in any case.
    pub min: u32,
    /// No more than so many, however many are asked for; at most
    /// [`MAX_POOL`](crate::limits::MAX_POOL).
    pub max: u32,
}

/// An application's warm sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoolStatus {
    /// Of which application.
    pub app: String,
    /// How many there are to be.
    pub size: PoolSize,
    /// Whether none are started, and those that waited were ended.
    pub paused: bool,
    /// How many there are to be now, by what was asked for lately.
    pub wanted: u32,
    /// That wait for an owner.
    pub ready: u32,
    /// That are being started.
    pub starting: u32,
    /// Starts that failed, one after the other.
    pub failures: u32,
    /// After failures, or while people need the room: nothing is started before then.
    pub held_until: Option<UnixMillis>,
}
