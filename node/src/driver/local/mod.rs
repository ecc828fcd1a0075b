//! Sessions on this machine, each in namespaces of its own.
//!
//! Each session has a [`keeper`]: a process of ours that outlives the agent, starts the session in its
//! [`sandbox`] with a [`network`] of its own, behind a filter of calls ([`seccomp`]), writes its [`log`],
//! and ends it; warm ones are told through [`pages`] what to open. When the keeper dies, however that happens, the kernel ends the first process of the
//! session's PID namespace, and with that all others. What is left where somebody was killed before it
//! came to that is in the session's control group ([`groups`]) and ends with it; where the machine has
//! no such groups, and we are root, it is of the session's user and found by that. [`processes`] are
//! looked at from outside.
//!
//! If the agent is root, each session runs as a user of its own, who owns nothing on the machine.
//! Otherwise all run as the agent's user, and only the namespaces are between them.

mod burial;
mod driver;
pub mod groups;
pub mod keeper;
pub mod log;
pub mod network;
pub mod pages;
pub mod processes;
mod raw;
pub mod sandbox;
pub mod seccomp;
pub mod stage;

pub use driver::{LocalDriver, Places};
