//! Playing: from a jitter buffer, through the decoder, to a device.

use std::time::Duration;

use crate::SoundError;
use crate::jitter::Step;
use crate::level;
use crate::opus::Decoder;
use crate::output::Output;
use crate::resample::Resampler;

/// Where a player gets from what to play: a jitter buffer, shared with whoever fills it.
pub trait Supply {
    /// A device was opened that holds sound for `capacity` when it is full.
    fn opened(&self, capacity: Duration);

    /// What to play next on a device that holds sound for `buffered` now; waits until there is
    /// something. `None`: the player is to end.
    fn next(&self, buffered: Duration) -> Option<Step>;

    /// How loud, in hundredths of the amplitude.
    fn volume(&self) -> u16 {
        100
    }
}

/// Plays what `supply` has on `output`, until it has no more.
///
/// # Errors
/// [`SoundError`] if Opus or the device fails.
pub fn play(supply: &impl Supply, output: Box<dyn Output>) -> Result<(), SoundError> {
    let mut voice = Voice {
        decoder: Decoder::new()?,
        output,
        resampler: Resampler::default(),
        samples: Vec::new(),
    };
    supply.opened(voice.output.capacity());
    loop {
        let buffered = voice.output.buffered()?;
        let Some(step) = supply.next(buffered) else {
            return Ok(());
        };
        voice.perform(&step, supply.volume())?;
    }
}

/// A device and what comes before it.
struct Voice {
    decoder: Decoder,
    output: Box<dyn Output>,
    resampler: Resampler,
    samples: Vec<i16>,
}

impl Voice {
    /// Does a step; waits until the device has room.
    fn perform(&mut self, step: &Step, percent: u16) -> Result<(), SoundError> {
        let (played, speed) = match step {
            Step::Play {
                opus,
                duration,
                speed,
                ..
            } => (self.decoder.decode(opus, *duration)?, *speed),
            Step::Conceal(duration) => (self.decoder.conceal(*duration)?, 0),
            Step::Wait(_) => return Ok(()),
        };
        level::apply(played, percent);
        self.samples.clear();
        self.resampler.run(played, speed, &mut self.samples);
        self.output.write(&self.samples)
    }
}
