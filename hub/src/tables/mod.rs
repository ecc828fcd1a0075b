//! Rows that several deeds read and write.

pub mod events;
pub mod jobs;
pub mod nodes;
pub mod pools;
pub mod sessions;
pub mod settings;
pub mod users;
