//! The thread that plays: packets out of the jitter buffer, through the decoder, to a device.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hackstream_protocol::units::Timestamp;
use hackstream_sound::jitter::{Step, Transit};
use hackstream_sound::opus::Decoder;
use hackstream_sound::output::{self, Output};
use hackstream_sound::resample::Resampler;
use hackstream_sound::{SoundError, level};

use super::{Inner, Player, Wish};

/// After so long a silence the device is given back.
const SILENCE: Duration = Duration::from_secs(10);

/// A device that is gone is looked for again after these pauses, one after the other.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A device that played for so long was all right: its loss is a new one.
const STEADY: Duration = Duration::from_secs(30);

/// Plays until it has been silent for a while, or cannot.
pub(super) fn run(inner: &Inner) {
    let mut pauses = PAUSES.iter();
    let mut has_played = false;
    loop {
        let begun = Instant::now();
        let failed = match play(inner, &mut has_played) {
            Ok(()) => return,
            Err(error) => error,
        };
        if begun.elapsed() >= STEADY {
            pauses = PAUSES.iter();
        }
        // A sound server that restarts takes a moment; a machine that never had one stays without.
        match pauses.next().filter(|_| has_played) {
            Some(pause) => std::thread::sleep(*pause),
            None => {
                inner.finish(Player::Failed);
                eprintln!("hackstream-view: no sound: {failed}");
                return;
            }
        }
    }
}

/// Plays on one device.
fn play(inner: &Inner, has_played: &mut bool) -> Result<(), SoundError> {
    let mut voice = Voice {
        decoder: Decoder::new()?,
        output: output::open()?,
        resampler: Resampler::default(),
        samples: Vec::new(),
    };
    inner.desk().jitter.set_device(voice.output.capacity());
    *has_played = true;
    loop {
        let buffered = voice.output.buffered()?;
        let Some(step) = next(inner, buffered) else {
            return Ok(());
        };
        let percent = inner.volume.load(Ordering::Relaxed);
        voice.perform(&step, percent)?;
    }
}

/// What to play next, as soon as there is something; `None` after a long silence.
fn next(inner: &Inner, buffered: Duration) -> Option<Step> {
    let begun = inner.now();
    let mut desk = inner.desk();
    loop {
        let now = inner.now();
        // What the device still held is being played while this waits.
        let left = buffered.saturating_sub(now.since(begun));
        let heard = now.after(left);
        let pictures = desk.pictures.transit(now);
        desk.jitter.follow(pictures);
        let wait = match desk.jitter.pop(heard) {
            Step::Wait(wait) => wait.unwrap_or(SILENCE),
            step => {
                desk.heard = transit(&step, heard).or(desk.heard);
                return Some(step);
            }
        };
        let waited = inner.changed.wait_timeout(desk, wait);
        let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        desk = again;
        if timeout.timed_out() && desk.jitter.is_idle() {
            desk.player = Player::Idle;
            desk.heard = None;
            inner.playing.store(false, Ordering::Relaxed);
            return None;
        }
        if desk.wish != Wish::Audible {
            desk.heard = None;
        }
    }
}

fn transit(step: &Step, heard: Timestamp) -> Option<Transit> {
    match step {
        Step::Play { captured, .. } => Some(Transit::between(*captured, heard)),
        _ => None,
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
