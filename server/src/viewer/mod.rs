//! One viewer from its first packet to its last.
//!
//! [`attend`] is its visit: [`admission`] decides whether it may come in, [`quality`] what it gets,
//! [`input`] plays its keys and pointer, `cursor` tells it of the session's pointer, `speech`
//! takes what its person says. [`pump`] sends
//! it frames from a thread of its own, woken by its [`inbox`], as far as the path has room.
//! [`registry`] knows who is there, [`sizing`] how large the screen is to be; [`tickets`] lets those
//! come back whose connection was lost, by the [`pass`] that each connection holds.

pub mod admission;
pub mod attend;
mod cursor;
pub mod inbox;
pub mod input;
pub mod pass;
pub mod pump;
pub mod quality;
pub mod registry;
pub mod sizing;
mod speech;
pub mod tickets;
