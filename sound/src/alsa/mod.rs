//! Playing through ALSA: for machines without a sound server. libasound is loaded on first use.

mod raw;

use std::time::Duration;

use hackstream_protocol::wire::sound::{CHANNELS, SAMPLE_RATE};

use crate::SoundError;
use crate::output::{DEVICE, Output, time_of};

/// "Broken pipe": the device ran dry. "Stream pipe": the machine slept.
const RAN_DRY: i32 = -32;
const SLEPT: i32 = -86;

/// ALSA's default device.
pub struct AlsaPlayer {
    device: raw::Device,
}

impl AlsaPlayer {
    /// Opens it.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Alsa`].
    pub fn open() -> Result<Self, SoundError> {
        let device = raw::Device::open(CHANNELS as u32, SAMPLE_RATE, DEVICE)?;
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
