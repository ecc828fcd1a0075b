//! The node agent of the control plane: it starts sessions, ends them, and leaves nothing behind.
//!
//! The [`agent`] asks the hub what to do. A [`driver`] knows how to run a session; [`local`](driver::local) puts each into namespaces of its
//! own, [`docker`](driver::docker) into a container. What a session is, a [`spec`] says; where it is in its life, a [`record`]. Both are files in
//! the session's [`folder`], so that the agent can be restarted, or killed, while sessions go on: it
//! takes up again what it finds.

pub mod agent;
pub mod ceiling;
pub mod cli;
pub mod clock;
pub mod config;
pub mod driver;
pub mod enroll;
pub mod error;
pub mod files;
pub mod folder;
pub mod identity;
pub mod record;
pub mod spec;

pub use error::NodeError;
