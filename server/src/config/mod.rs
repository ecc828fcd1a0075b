//! What the person asked for ([`raw`]) and what the program will do ([`checked`]).

pub mod checked;
pub mod raw;
