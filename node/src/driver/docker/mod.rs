//! Sessions in containers of an engine on this machine: Docker, from 20.10 on.
//!
//! The [`engine`] keeps a session's container while the agent is gone; the agent finds it by its labels and
//! by the session's folder. What a container is, [`container`] says, from the specification alone; which
//! calls its programs may make, [`seccomp`]. No port is published: the container has a network of its
//! own with nothing in it, and its server is handed, at a door that is opened once, a UDP socket of the
//! machine's. A way to the internet is made from outside, as for sessions of the local driver. What the
//! session writes goes from the engine's log into a transcript, which is read in the same way as theirs.

mod begin;
mod calls;
pub mod container;
mod door;
mod driver;
pub mod engine;
mod farewell;
mod given;
mod health;
mod network;
pub mod seccomp;
mod tend;
mod transcript;

pub use driver::{DockerDriver, Places};
