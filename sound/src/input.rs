//! What a person speaks into.

use crate::alsa::AlsaRecorder;
use crate::pulse::{Closer, PulseRecorder};
use crate::{PIECE_VALUES, SoundError};

/// A device that records, at its own pace.
pub trait Input: Send {
    /// Waits for sound and gives all whole pieces of it to `take`.
    ///
    /// # Errors
    /// [`SoundError`] if the device is gone or was closed.
    fn next(&mut self, take: &mut dyn FnMut(&[i16; PIECE_VALUES])) -> Result<(), SoundError>;

    /// What makes [`next`](Self::next) fail from another thread; `None` for a device that never
    /// waits longer than for a piece.
    ///
    /// # Errors
    /// [`SoundError::Gone`] if the system gives no more descriptors.
    fn closer(&self) -> Result<Option<Closer>, SoundError>;
}

/// Opens the microphone that the person chose: with PulseAudio or PipeWire, and only where neither
/// runs with ALSA, whose default device may lead back to them.
///
/// # Errors
/// [`SoundError`] of the last one tried.
pub fn open() -> Result<Box<dyn Input>, SoundError> {
    match PulseRecorder::open_microphone() {
        Ok(recorder) => Ok(Box::new(recorder)),
        Err(SoundError::NoServer(_)) => Ok(Box::new(AlsaRecorder::open()?)),
        Err(error) => Err(error),
    }
}
