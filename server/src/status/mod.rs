//! What an operator can know of a running session.
//!
//! Everything is counted where it happens ([`Tally`]) and put together when somebody asks
//! ([`report`]): on the [`socket`] in the state directory, which `hackstream-server status` reads
//! ([`ask`]), and at the [`endpoint`] for Prometheus. Nothing here runs while nobody asks.

pub mod ask;
pub mod endpoint;
mod exposition;
mod heard;
mod memory;
pub mod report;
mod roll;
pub mod socket;
mod tally;
mod text;

pub use report::Facts;
pub use roll::{Listed, Roll};
pub use tally::{ENCODING_BOUNDS, Tally, Totals};
