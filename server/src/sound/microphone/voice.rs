//! What one viewer says, played by a thread of its own.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use hackstream_protocol::wire::sound::SoundPacket;
use hackstream_sound::jitter::{Jitter, Step};
use hackstream_sound::player::{self, Supply};
use hackstream_sound::pulse::PulsePlayer;
use tracing::debug;

use super::SINK;
use crate::clock::Clock;

/// What the device is thought to hold until it says so.
const DEVICE: Duration = Duration::from_millis(30);

/// A viewer's voice in the session. Dropping it ends it.
pub(super) struct Voice(Arc<Inner>);

struct Inner {
    desk: Mutex<Desk>,
    /// Signalled when a packet comes, and at the end.
    changed: Condvar,
    clock: Clock,
}

/// What whoever takes packets and the thread that plays them share.
struct Desk {
    jitter: Jitter,
    ended: bool,
}

impl Voice {
    /// Begins to play on the sound server behind `socket`. One that fails is silent: if its viewer
    /// could be heard again, programs have to begin to record again as well.
    pub(super) fn start(socket: &Path, clock: Clock) -> Self {
        let jitter = Jitter::new(DEVICE);
        let desk = Desk {
            jitter,
            ended: false,
        };
        let inner = Arc::new(Inner {
            desk: Mutex::new(desk),
            changed: Condvar::new(),
            clock,
        });
        let (supply, socket) = (Arc::clone(&inner), socket.to_owned());
        let play = move || {
            let played = PulsePlayer::open_on(&socket, SINK, "A viewer")
                .and_then(|output| player::play(supply.as_ref(), Box::new(output)));
            if let Err(error) = played {
                debug!(%error, "a viewer cannot be heard");
            }
            supply.lock().ended = true;
        };
        let thread = thread::Builder::new().name("voice".to_owned());
        if let Err(error) = thread.spawn(play) {
            debug!(%error, "a viewer cannot be heard: no thread");
            inner.lock().ended = true;
        }
        Self(inner)
    }

    /// Takes a packet that has just arrived.
    pub(super) fn take(&self, packet: &SoundPacket<'_>) {
        let mut desk = self.0.lock();
        if !desk.ended {
            desk.jitter.push(packet, self.0.clock.now());
            self.0.changed.notify_all();
        }
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supply for Inner {
    fn opened(&self, capacity: Duration) {
        self.lock().jitter.set_device(capacity);
    }

    fn next(&self, buffered: Duration) -> Option<Step> {
        let begun = self.clock.now();
        let mut desk = self.lock();
        while !desk.ended {
            let now = self.clock.now();
            // What the device still held is being played while this waits.
            let left = buffered.saturating_sub(now.since(begun));
            let wait = match desk.jitter.pop(now.after(left)) {
                Step::Wait(wait) => wait,
                step => return Some(step),
            };
            desk = match wait {
                Some(wait) => {
                    let waited = self.changed.wait_timeout(desk, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(desk);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        None
    }
}
