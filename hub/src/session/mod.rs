//! Sessions: their life, whether somebody may have one, where it runs, and what its start takes. Pure;
//! the transactions that use it are in [`crate::deeds`].

pub mod life;
pub mod placement;
pub mod quota;
pub mod start;
