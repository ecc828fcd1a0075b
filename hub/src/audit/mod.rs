//! The audit log: a chain of hashes, written in the transactions that it tells of.

pub mod chain;
pub(crate) mod log;
mod verify;

pub use log::{Actor, Record, append, head, list};
pub use verify::{Check, verify};
