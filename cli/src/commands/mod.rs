//! What `hackstream` does: one file for a command, with its arguments.

pub mod apps;
pub mod audit;
pub mod configure;
pub mod connect;
pub mod devices;
pub mod doctor;
pub mod launch;
pub mod list;
pub mod login;
pub mod logs;
pub mod sessions;
pub mod setting;
pub mod stop;
