//! The thread that plays what the session sends.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hackstream_protocol::units::Timestamp;
use hackstream_sound::jitter::{Step, Transit};
use hackstream_sound::player::{self, Supply};
use hackstream_sound::{SoundError, output};

use super::retry::Retry;
use super::{Inner, Player, Wish};

/// After so long a silence the device is given back.
const SILENCE: Duration = Duration::from_secs(10);

/// Plays until it has been silent for a while, or cannot.
pub(super) fn run(inner: &Inner) {
    let mut retry = Retry::default();
    loop {
        let failed = match play(inner, &mut retry) {
            Ok(()) => return,
            Err(error) => error,
        };
        match retry.pause() {
            Some(pause) => std::thread::sleep(pause),
            None => {
                inner.finish(Player::Failed);
                eprintln!("hackstream-view: no sound: {failed}");
                return;
            }
        }
    }
}

/// Plays on one device.
fn play(inner: &Inner, retry: &mut Retry) -> Result<(), SoundError> {
    let output = output::open()?;
    retry.opened();
    player::play(inner, output)
}

impl Supply for Inner {
    fn opened(&self, capacity: Duration) {
        self.desk().jitter.set_device(capacity);
    }

    /// What to play next, as soon as there is something; `None` after a long silence.
    fn next(&self, buffered: Duration) -> Option<Step> {
        let begun = self.now();
        let mut desk = self.desk();
        loop {
            let now = self.now();
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
            let waited = self.changed.wait_timeout(desk, wait);
            let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            desk = again;
            if timeout.timed_out() && desk.jitter.is_idle() {
                desk.player = Player::Idle;
                desk.heard = None;
                self.playing.store(false, Ordering::Relaxed);
                return None;
            }
            if desk.wish != Wish::Audible {
                desk.heard = None;
            }
        }
    }

    fn volume(&self) -> u16 {
        self.volume.load(Ordering::Relaxed)
    }
}

fn transit(step: &Step, heard: Timestamp) -> Option<Transit> {
    match step {
        Step::Play { captured, .. } => Some(Transit::between(*captured, heard)),
        _ => None,
    }
}
