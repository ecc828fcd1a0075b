//! Exit codes. A command that was started passes its own on; ours stay out of its way.

/// The command line is wrong.
pub const USAGE: u8 = 2;
/// `open-link`: no viewer takes links.
pub const UNAVAILABLE: u8 = 69;
/// Something failed that should not.
pub const INTERNAL: u8 = 70;
/// The display, Xvfb or the window manager cannot be used.
pub const DISPLAY: u8 = 71;
/// The port cannot be listened on.
pub const LISTEN: u8 = 72;
/// The state directory, the key or the token file cannot be used.
pub const STATE: u8 = 73;
/// The command cannot be executed, as shells say it.
pub const NOT_EXECUTABLE: u8 = 126;
/// The command was not found, as shells say it.
pub const NOT_FOUND: u8 = 127;
