//! The audit log: a chain of hashes, written in the transactions that it tells of.

pub mod chain;
mod log;

pub use log::{Actor, Record, append, head, list, verify};
