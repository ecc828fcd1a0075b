//! What the person asked for: the command line as written (`raw`) and as understood.

mod checked;
mod raw;

pub use checked::{
    DEFAULT_HEADLESS_RECONNECT, MicrophoneUse, Options, Output, Screenshot, ServerAddress,
    SoundOptions, StatsForm, Token, TrustPolicy,
};

use clap::Parser as _;

use crate::error::ViewError;

/// Reads the command line and the environment.
///
/// Prints help or a usage error and leaves the process where clap does.
///
/// # Errors
/// [`ViewError::Usage`] if a value makes no sense or a file it names cannot be read.
pub fn from_command_line() -> Result<Options, ViewError> {
    checked::check(raw::Arguments::parse(), |name| std::env::var_os(name))
}
