//! What sound is played on.

use std::time::Duration;

use hackstream_protocol::wire::sound::{CHANNELS, SAMPLE_RATE};

use crate::alsa::AlsaPlayer;
use crate::pulse::PulsePlayer;
use crate::{PIECE, SoundError};

/// What a device is asked to hold: three pieces. One is being played, one is ready, one is on its
/// way; a weak machine is late by one of them now and then.
pub(crate) const DEVICE: Duration = Duration::from_millis(3 * PIECE.time().as_millis() as u64);

/// A device that plays what it is given, at its own pace.
pub trait Output: Send {
    /// What it holds when it is full.
    fn capacity(&self) -> Duration;

    /// What it holds now: so long until what it is given next is heard.
    ///
    /// # Errors
    /// [`SoundError`] if the device is gone.
    fn buffered(&mut self) -> Result<Duration, SoundError>;

    /// Plays interleaved samples after what it holds. Waits until there is room.
    ///
    /// # Errors
    /// [`SoundError`] if the device is gone.
    fn write(&mut self, samples: &[i16]) -> Result<(), SoundError>;
}

/// Opens what there is: PulseAudio or PipeWire, else ALSA's default device.
///
/// # Errors
/// [`SoundError`] of the last one tried.
pub fn open() -> Result<Box<dyn Output>, SoundError> {
    match PulsePlayer::open() {
        Ok(player) => Ok(Box::new(player)),
        Err(_) => Ok(Box::new(AlsaPlayer::open()?)),
    }
}

/// The time that so many values of all channels play.
pub(crate) fn time_of(values: usize) -> Duration {
    Duration::from_micros((values / CHANNELS) as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
}
