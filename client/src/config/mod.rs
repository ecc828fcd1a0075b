//! What the person asked for: the command line as written (`raw`) and as understood.

mod address;
mod checked;
mod desktop;
mod files;
#[cfg(feature = "v4l2")]
mod hardware;
mod local_key;
mod raw;
mod scaling;
mod ticket;
mod token;

pub use address::ServerAddress;
pub use checked::{
    DEFAULT_HEADLESS_RECONNECT, LocalKeys, MicrophoneUse, Options, Output, Screenshot,
    SoundOptions, StatsForm, TrustPolicy,
};
pub use desktop::{DesktopOptions, LinkUse, NotificationUse};
pub use files::{AcceptFiles, AfterSending, FileOptions};
#[cfg(feature = "v4l2")]
pub use hardware::HardwareDecoder;
pub use local_key::LocalKey;
pub use scaling::Scaling;
pub use ticket::Ticket;
pub use token::Token;

use clap::{CommandFactory as _, Parser as _};

use crate::error::ViewError;

/// The command line that [`from_command_line`] reads: for its documentation.
#[must_use]
pub fn command() -> clap::Command {
    raw::Arguments::command()
}

/// Reads the command line and the environment.
///
/// Prints help or a usage error and leaves the process where clap does.
///
/// # Errors
/// [`ViewError::Usage`] if a value makes no sense or a file it names cannot be read.
pub fn from_command_line() -> Result<Options, ViewError> {
    checked::check(raw::Arguments::parse(), |name| std::env::var_os(name))
}
