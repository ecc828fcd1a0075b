//! The system calls of V4L2. Everything public here is safe to call.

mod abi;
mod buffers;
mod memory;
mod node;

pub(super) use abi::{Format, kind};
pub(super) use buffers::{Buffers, Taken};
pub(super) use node::Node;
