//! What the hub does: each deed is one transaction, with its row of the audit log in it.

pub mod admin;
pub mod connect;
pub mod devices;
pub mod fleet;
pub mod launch;
pub mod login;
pub mod pool;
pub mod refresh;
pub mod report;
pub mod service;
pub mod stop;
pub mod upkeep;
pub mod who;
