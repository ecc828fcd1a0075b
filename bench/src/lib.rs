//! `hackstream-bench`: how long a key takes to become pixels, and what it costs, next to peers.
//!
//! A stimulus (an X client on the remote display) answers keys with drawing and then changes two
//! markers at opposite corners; a probe on the viewer's display injects the keys and waits for
//! both markers. Server and viewer live in two network namespaces joined by one link; without root
//! they meet on this machine's loopback.

mod applications;
mod cell;
pub mod cli;
mod clock;
mod company;
mod compare;
mod display;
mod document;
mod interrupt;
mod manager;
mod mapping;
mod markdown;
mod measure;
mod network;
mod peers;
mod plots;
mod probe;
mod process;
mod random;
mod remote;
mod report;
mod results;
mod rig;
mod routes;
mod scene;
mod split;
mod stimulus;
mod units;
mod witness;
mod workspace;
