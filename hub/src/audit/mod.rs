//! The audit log: a chain of hashes, written in the transactions that it tells of, and signed.

pub(crate) mod checkpoints;
pub(crate) mod log;
pub mod notary;
pub mod plan;
mod verify;

use hackstream_audit::chain;

pub use checkpoints::state;
pub use log::{Actor, Record, append, head, list};
pub use notary::Notary;
pub use verify::{Check, verify};
