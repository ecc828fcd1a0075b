//! The session's sound, recorded once and sent to all viewers that want to hear it; the other way,
//! its [`microphone`].
//!
//! Nothing is recorded while nobody listens; while nothing plays, the session's device sleeps and
//! the recording thread with it.

pub mod microphone;
mod recording;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use hackstream_protocol::ids::ViewerId;
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
}

#[derive(Default)]
struct Audience {
    listeners: BTreeMap<ViewerId, Connection>,
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
                audience.listeners.insert(id, connection.clone());
                self.shared.changed.notify_all();
            }
            SoundWish::Mute => self.leave(id),
        }
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

    /// Waits for a listener; false at the end.
    fn wait_for_listener(&self) -> bool {
        let mut audience = self.lock();
        while audience.listeners.is_empty() && !audience.ended {
            let waited = self.changed.wait(audience);
            audience = waited.unwrap_or_else(PoisonError::into_inner);
        }
        !audience.ended
    }

    /// Waits until somebody comes, or as long as the pause.
    fn rest(&self, pause: Option<Duration>) {
        let audience = self.lock();
        match pause {
            _ if audience.ended => {}
            Some(pause) => drop(self.changed.wait_timeout(audience, pause)),
            None => drop(self.changed.wait(audience)),
        }
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

    /// Sends a packet to all who listen. One whose link is full loses its oldest instead.
    fn send(&self, packet: &Bytes) {
        for connection in self.lock().listeners.values() {
            // A connection that has ended leaves by itself.
            let _ = connection.send_datagram(packet.clone());
        }
    }
}
