//! The viewer of HackStream: one small window that shows and steers a remote session.
//!
//! Three threads: the front ([`headless`] or the window) hands the person's input to the network; the
//! network keeps a connection to the session; the decoder applies frames to the picture and, where the
//! window system allows it, presents what changed; elsewhere the window does. They share the newest
//! state and never queue up pictures. The clipboard has a thread of its own; so has sound while there is
//! some, and a screenshot of the menu while it is written.

mod clipboard;
mod coming_end;
pub mod config;
mod cursor;
mod desktop;
pub mod error;
mod files;
mod fits;
pub mod headless;
mod input;
mod known_hosts;
mod locked;
mod picture;
mod present;
mod question;
mod screenshot;
mod session;
mod shared;
mod sound;
mod stats;
pub mod trust;
#[cfg(feature = "v4l2")]
mod v4l2;
mod x_display;

pub use known_hosts::KnownHostsError;

use config::{Options, Output};
use error::ViewError;

/// Shows the session until the person or the session ends it.
///
/// # Errors
/// [`ViewError`]: why it ended otherwise.
pub fn run(options: Options) -> Result<(), ViewError> {
    match options.output {
        Output::Window { .. } => present::window::run(options),
        #[cfg(feature = "console")]
        Output::Console => present::console::run(options),
        Output::Headless => headless::run(options),
    }
}
