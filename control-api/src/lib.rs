//! What the programs of the control plane say to each other.
//!
//! [`node`] is what hub and nodes exchange; everything else is the REST API that people's programs
//! use. Only types and their checks: no sockets, no clocks, no randomness.
//!
//! Requests of people's programs refuse unknown fields, so that a misspelt limit is not taken for no
//! limit. Hub and nodes skip them, so that they can be updated one after the other.

#![forbid(unsafe_code)]

pub mod account;
pub mod app;
pub mod audit;
pub mod enroll;
pub mod fleet;
pub mod health;
pub mod id;
pub mod launch;
pub mod limits;
pub mod login;
pub mod node;
pub mod policy;
pub mod pool;
pub mod problem;
pub mod quota;
pub mod session;
pub mod time;
pub mod ulid;
