//! One viewer from its first packet to its last.
//!
//! [`attend`] is its visit: [`admission`] decides whether it may come in, [`quality`] what it gets,
//! [`input`] plays its keys and pointer, `cursor` tells it of the session's pointer. [`pump`] sends it frames from a thread of its own, woken by
//! its [`inbox`], as [`room`] allows. [`registry`] knows who is there.

pub mod admission;
pub mod attend;
mod cursor;
pub mod inbox;
pub mod input;
pub mod pump;
pub mod quality;
pub mod registry;
pub mod room;
