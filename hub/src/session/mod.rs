//! Sessions: their life, whether somebody may have one, and where it runs. Pure; the transactions
//! that use it are in [`crate::deeds`].

pub mod life;
pub mod placement;
pub mod quota;
