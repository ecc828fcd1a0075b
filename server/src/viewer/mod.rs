//! One viewer from its first packet to its last.
//!
//! [`admission`] decides who may come in, [`pump`] sends frames from a thread of its own,
//! [`attend`] handles what the viewer sends, [`input`] plays its keys and pointer, [`registry`]
//! knows who is there.

pub mod admission;
pub mod attend;
pub mod inbox;
pub mod input;
pub mod pump;
pub mod quality;
pub mod registry;
pub mod room;
