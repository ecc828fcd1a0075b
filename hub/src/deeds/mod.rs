//! What the hub does: each deed is one transaction, with its row of the audit log in it.
//!
//! Rows are locked in one order, so that no two wait for each other: users, nodes, sessions, and at
//! the end what `audit` writes.

pub mod admin;
pub mod connect;
pub mod devices;
pub mod enroll;
pub mod fleet;
pub mod job_result;
pub mod launch;
pub mod login;
pub mod logs;
pub mod pool;
pub mod refresh;
pub mod report;
pub mod service;
pub mod stop;
pub mod upkeep;
pub mod who;
