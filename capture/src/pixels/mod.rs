//! Where pixels are read from.

pub(crate) mod mapped;
mod raw;
pub(crate) mod shared;
mod xwd;

/// Clears the byte of a word that belongs to no colour.
const COLOUR_MASK: u32 = 0x00ff_ffff;
