//! What can go wrong with sound. None of it may end a session.

use std::io;

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SoundError {
    /// A library is not installed.
    #[error("cannot load {name} ({reason}): install the package {package}")]
    Library {
        /// Its file.
        name: &'static str,
        /// What Debian calls it.
        package: &'static str,
        /// The loader's words.
        reason: String,
    },
    /// Opus refused.
    #[error("Opus failed: error {0}")]
    Opus(i32),
    /// There is no sound server.
    #[error("no PulseAudio or PipeWire answers: {0}")]
    NoServer(#[source] io::Error),
    /// The sound server refused, or says what makes no sense.
    #[error("the sound server: {0}")]
    Server(String),
    /// The machine has a sound server and no microphone.
    #[error(
        "the sound server has no microphone; choose one there, or name a source in PULSE_SOURCE"
    )]
    NoMicrophone,
    /// The sound server is gone.
    #[error("the sound server is gone: {0}")]
    Gone(#[source] io::Error),
    /// A device cannot be used.
    #[error("ALSA: {what}: error {code}")]
    Alsa {
        /// What was tried.
        what: &'static str,
        /// The system's error number, negative.
        code: i32,
    },
}
