//! The warm pool: sessions that are started before anybody asks for them, so that whoever does is
//! served at once. Pure: what there is and the time go in, what is to be done comes out.
//!
//! * [`demand`]: how many are wanted, by how many were asked for and how long they take to start.
//! * [`breaker`]: starts that fail one after the other are not repeated without a pause.
//! * [`plan`]: what is started and what is ended.
//!
//! A member is a session like any other, without an owner. It gets one once and never comes back:
//! nobody gets what somebody else has used.

pub mod breaker;
pub mod demand;
pub mod plan;

use serde::{Deserialize, Serialize};

use breaker::Breaker;
use demand::Demand;

/// What is remembered of an application's pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// What was asked for.
    pub demand: Demand,
    /// What failed.
    pub breaker: Breaker,
}
