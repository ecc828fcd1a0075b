//! Where pixels are read from.

pub(crate) mod mapped;
mod raw;
pub(crate) mod shared;
mod xwd;
