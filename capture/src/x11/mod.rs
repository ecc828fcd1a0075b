//! What we say to an X server, one subject per file.

mod bell;
pub(crate) mod connect;
pub(crate) mod cookie;
pub(crate) mod cursor;
pub(crate) mod damage;
mod density;
pub(crate) mod first_window;
mod front;
pub(crate) mod held;
mod icon;
pub(crate) mod inject;
pub(crate) mod keymap;
pub(crate) mod resize;
pub(crate) mod screen_size;
pub(crate) mod typist;
pub(crate) mod warp;
pub(crate) mod watch;
pub(crate) mod window_manager;
