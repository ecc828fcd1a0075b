//! What the person asked for ([`raw`]) and what the program will do ([`checked`]).

pub mod access;
pub mod checked;
pub mod files;
pub mod raw;
