//! The session's sound, recorded once and sent to all viewers that want to hear it; the other way,
//! its [`microphone`].
//!
//! Nothing is recorded while nobody listens; while nothing plays, the session's device sleeps and
//! the recording thread with it.

pub mod microphone;
mod recording;
mod retry;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::SoundWish;
use hackstream_sound::pulse::Closer;
use hackstream_transport::Connection;
use tracing::{debug, warn};

use crate::clock::Clock;

/// What the session's device is called.
pub const SINK: &str = "hackstream";

/// The same as something to record from.
const SOURCE: &str = "hackstream.monitor";

/// Sends the session's sound. Dropping it ends that.
pub struct Broadcast {
    shared: Arc<Shared>,
}

/// What the recording thread shares with whoever comes and goes.
struct Shared {
    audience: Mutex<Audience>,
    /// Signalled when somebody comes, and at the end.
    changed: Condvar,
    /// When somebody last heard something, in microseconds on the clock; 0 if nobody ever did.
    heard_at: AtomicU64,
}

#[derive(Default)]
struct Audience {
    listeners: BTreeMap<ViewerId, Connection>,
    /// How often somebody came.
    arrivals: u64,
    ended: bool,
    /// Ends the recording that is under way.
    closer: Option<Closer>,
}

impl Broadcast {
    /// Begins to wait for listeners of the sound server behind `socket`; packets are stamped by
    /// `clock`.
    #[must_use]
    pub fn start(socket: PathBuf, clock: Clock) -> Self {
        let shared = Arc::new(Shared {
            audience: Mutex::default(),
            changed: Condvar::new(),
            heard_at: AtomicU64::new(0),
        });
        let recording = Arc::clone(&shared);
        let thread = thread::Builder::new().name("sound".to_owned());
        let spawned = thread.spawn(move || recording::run(&recording, &socket, clock));
        if let Err(error) = spawned {
            warn!(%error, "no sound: a thread cannot be started");
        }
        Self { shared }
    }

    /// A viewer wants to hear the session, or not any more.
    pub fn wish(&self, id: ViewerId, connection: &Connection, wish: SoundWish) {
        debug!(%id, ?wish, "sound");
        match wish {
            SoundWish::Play => {
                let mut audience = self.shared.lock();
                if audience.listeners.insert(id, connection.clone()).is_none() {
                    audience.arrivals += 1;
                    self.shared.changed.notify_all();
                }
            }
            SoundWish::Mute => self.leave(id),
        }
    }

    /// When somebody last heard something.
    #[must_use]
    pub fn last_heard(&self) -> Option<Timestamp> {
        let at = self.shared.heard_at.load(Ordering::Relaxed);
        (at > 0).then_some(Timestamp(at))
    }

    /// A viewer is gone, or wants to hear nothing.
    pub fn leave(&self, id: ViewerId) {
        // A recording without listeners ends with the next sound; until then it costs nothing.
        self.shared.lock().listeners.remove(&id);
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        let mut audience = self.shared.lock();
        audience.ended = true;
        audience.listeners.clear();
        if let Some(closer) = &audience.closer {
            closer.close();
        }
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a listener; how often somebody has come by now, or `None` at the end.
    fn wait_for_listener(&self) -> Option<u64> {
        self.wait(|audience| audience.listeners.is_empty())
    }

    /// Waits until somebody has come for more than the `seen`th time; `None` at the end.
    fn wait_for_newcomer(&self, seen: u64) -> Option<u64> {
        self.wait(|audience| audience.arrivals == seen)
    }

    /// Waits as long as `is_waiting` holds; how often somebody has come, or `None` at the end.
    fn wait(&self, is_waiting: impl Fn(&Audience) -> bool) -> Option<u64> {
        let audience = self.changed.wait_while(self.lock(), |audience| {
            !audience.ended && is_waiting(audience)
        });
        let audience = audience.unwrap_or_else(PoisonError::into_inner);
        (!audience.ended).then_some(audience.arrivals)
    }

    /// Waits until then, whoever comes and goes; not beyond the end.
    fn rest_until(&self, instant: Instant) {
        let pause = instant.saturating_duration_since(Instant::now());
        let rested = self
            .changed
            .wait_timeout_while(self.lock(), pause, |audience| !audience.ended);
        drop(rested);
    }

    /// Names what ends the recording; false if it is to end at once.
    fn begin(&self, closer: Closer) -> bool {
        let mut audience = self.lock();
        audience.closer = Some(closer);
        !audience.ended
    }

    /// Whether anybody listens.
    fn is_heard(&self) -> bool {
        !self.lock().listeners.is_empty()
    }

    /// Sends a packet of what sounds now to all who listen. One whose link is full loses its oldest
    /// instead.
    fn send(&self, packet: &Bytes, now: Timestamp) {
        self.heard_at.store(now.0, Ordering::Relaxed);
        for connection in self.lock().listeners.values() {
            // A connection that has ended leaves by itself.
            let _ = connection.send_datagram(packet.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn shared() -> Arc<Shared> {
        Arc::new(Shared {
            audience: Mutex::default(),
            changed: Condvar::new(),
            heard_at: AtomicU64::new(0),
        })
    }

    fn come(shared: &Shared) {
        shared.lock().arrivals += 1;
        shared.changed.notify_all();
    }

    #[test]
    fn nobody_who_comes_cuts_a_rest_short() {
        let shared = shared();
        let restless = Arc::clone(&shared);
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let coming = thread::spawn(move || {
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                come(&restless);
                thread::yield_now();
            }
        });
        let until = Instant::now() + Duration::from_millis(100);
        shared.rest_until(until);
        assert!(Instant::now() >= until);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        coming.join().unwrap();
    }

    #[test]
    fn who_came_before_the_wait_is_not_missed() {
        let shared = shared();
        let seen = shared.lock().arrivals;
        come(&shared);
        assert_eq!(shared.wait_for_newcomer(seen), Some(1));
        shared.lock().ended = true;
        assert_eq!(shared.wait_for_newcomer(1), None);
        shared.rest_until(Instant::now() + Duration::from_secs(3600));
    }
}
