//! The process of one session and its viewers.

pub mod session;
