//! The process of one session and its viewers.
//!
//! [`app`] starts everything in order and ends it in reverse; [`session`] keeps the X server, the
//! window manager and the command; [`viewer`] serves those who watch; [`sound`] lets them hear;
//! [`status`] tells an operator how it goes; [`entrypoint`] makes a container of it all.
//! [`files`] are what they give and get, [`desktop`] what their desktops do for the session. [`pages`]
//! stands between a session and an application in which others open pages.

pub mod app;
pub mod clock;
pub mod config;
pub mod desktop;
pub mod entrypoint;
pub mod files;
mod log_quota;
pub mod pages;
pub mod secret;
pub mod session;
pub mod sound;
pub mod status;
pub mod token;
pub mod viewer;
