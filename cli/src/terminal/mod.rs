//! What a person sees and types.

pub mod ask;
pub mod interrupt;
pub mod named;
pub mod out;
pub mod progress;
pub mod size;
pub mod span;
pub mod table;
pub mod when;
