//! What the person asked for ([`raw`]) and what the program will do ([`checked`]).

pub mod access;
pub mod checked;
mod desktop;
pub mod files;
pub mod raw;
