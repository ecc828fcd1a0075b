//! Playing and recording through ALSA: for machines without a sound server. libasound is loaded on first use.

mod raw;

use std::time::Duration;

use hackstream_protocol::wire::sound::{CHANNELS, SAMPLE_RATE};

use crate::input::Input;
use crate::output::{DEVICE, Output, time_of};
use crate::pulse::Closer;
use crate::{PIECE_VALUES, SoundError};
use raw::Direction;

/// "Broken pipe": the device ran dry, or over. "Stream pipe": the machine slept.
const RAN_DRY: i32 = -32;
const SLEPT: i32 = -86;

/// ALSA's default device for playing.
pub struct AlsaPlayer {
    device: raw::Device,
}

impl AlsaPlayer {
    /// Opens it.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Alsa`].
    pub fn open() -> Result<Self, SoundError> {
        let device = raw::Device::open(Direction::Playback, CHANNELS as u32, SAMPLE_RATE, DEVICE)?;
        Ok(Self { device })
    }
}

impl Output for AlsaPlayer {
    fn capacity(&self) -> Duration {
        DEVICE
    }

    fn buffered(&mut self) -> Result<Duration, SoundError> {
        // A device that ran dry holds nothing; the next write starts it anew.
        let samples = self.device.delay().unwrap_or(0);
        Ok(time_of(samples * CHANNELS))
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), SoundError> {
        let mut rest = samples;
        while !rest.is_empty() {
            match self.device.write(rest) {
                Ok(written) => rest = rest.get(written * CHANNELS..).unwrap_or_default(),
                Err(code @ (RAN_DRY | SLEPT)) => self.device.recover(code)?,
                Err(code) => {
                    return Err(SoundError::Alsa {
                        what: "playing",
                        code,
                    });
                }
            }
        }
        Ok(())
    }
}

/// ALSA's default device for recording.
pub struct AlsaRecorder {
    device: raw::Device,
    piece: [i16; PIECE_VALUES],
}

impl AlsaRecorder {
    /// Opens it and begins to record.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Alsa`].
    pub fn open() -> Result<Self, SoundError> {
        let mut device =
            raw::Device::open(Direction::Capture, CHANNELS as u32, SAMPLE_RATE, DEVICE)?;
        device.start()?;
        let piece = [0; PIECE_VALUES];
        Ok(Self { device, piece })
    }
}

impl Input for AlsaRecorder {
    fn next(&mut self, take: &mut dyn FnMut(&[i16; PIECE_VALUES])) -> Result<(), SoundError> {
        let mut filled = 0;
        while filled < PIECE_VALUES {
            match self.device.read(&mut self.piece[filled..]) {
                Ok(0) => {
                    let (what, code) = ("recording nothing", 0);
                    return Err(SoundError::Alsa { what, code });
                }
                Ok(read) => filled += read * CHANNELS,
                Err(code @ (RAN_DRY | SLEPT)) => {
                    self.device.recover(code)?;
                    self.device.start()?;
                    // What came before the interruption does not belong to what comes after it.
                    filled = 0;
                }
                Err(code) => {
                    let what = "recording";
                    return Err(SoundError::Alsa { what, code });
                }
            }
        }
        take(&self.piece);
        Ok(())
    }

    fn closer(&self) -> Result<Option<Closer>, SoundError> {
        Ok(None)
    }
}
