//! The session's microphone: what viewers say, played into a device from which programs record.
//!
//! While no viewer would speak, nothing runs. While one would, a thread hears of the programs that
//! record and sleeps in between; only while one records are viewers asked to speak, and only who
//! does costs a thread and a stream. PulseAudio mixes them.

mod listening;
mod voice;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{MicrophoneDemand, MicrophoneOffer};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_sound::pulse::Closer;
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::clock::Clock;
use voice::Voice;

/// The device that voices are played on.
pub const SINK: &str = "hackstream-microphone";

/// What programs record from: the same, but no monitor, which browsers do not offer.
pub const SOURCE: &str = "microphone";

/// The microphone of a session. Dropping it ends it.
pub struct Microphone {
    shared: Arc<Shared>,
}

/// What the listening thread shares with whoever comes and goes.
struct Shared {
    socket: PathBuf,
    clock: Clock,
    speakers: Mutex<Speakers>,
    /// Signalled when somebody offers to speak, and at the end.
    changed: Condvar,
    /// What programs want; changed only while the speakers are locked.
    demand: watch::Sender<MicrophoneDemand>,
}

#[derive(Default)]
struct Speakers {
    /// Who would speak, and what plays those who did since a program began to record.
    present: BTreeMap<ViewerId, Option<Voice>>,
    /// What plays those who withdrew since: who changes their mind often does not start more.
    silent: BTreeMap<ViewerId, Voice>,
    /// How often somebody came.
    arrivals: u64,
    /// Ends the listening that is under way.
    closer: Option<Closer>,
    ended: bool,
}

impl Microphone {
    /// Begins to wait for speakers in the session of the sound server behind `socket`.
    #[must_use]
    pub fn start(socket: PathBuf, clock: Clock) -> Self {
        let shared = Arc::new(Shared {
            socket,
            clock,
            speakers: Mutex::default(),
            changed: Condvar::new(),
            demand: watch::Sender::default(),
        });
        let listening = Arc::clone(&shared);
        let thread = thread::Builder::new().name("microphone".to_owned());
        if let Err(error) = thread.spawn(move || listening::run(&listening)) {
            warn!(%error, "no microphone: a thread cannot be started");
        }
        Self { shared }
    }

    /// What programs want, now and whenever it changes.
    #[must_use]
    pub fn demand(&self) -> watch::Receiver<MicrophoneDemand> {
        self.shared.demand.subscribe()
    }

    /// A viewer would speak, or not any more.
    pub fn offer(&self, id: ViewerId, offer: MicrophoneOffer) {
        debug!(%id, ?offer, "microphone");
        match offer {
            MicrophoneOffer::Withdrawn => self.shared.lock().withdraw(id),
            MicrophoneOffer::Ready => {
                let mut speakers = self.shared.lock();
                let voice = speakers.silent.remove(&id);
                if let Entry::Vacant(place) = speakers.present.entry(id) {
                    place.insert(voice);
                    speakers.arrivals += 1;
                    self.shared.changed.notify_all();
                }
            }
        }
    }

    /// A viewer says something. What nobody asked for is dropped.
    pub fn take(&self, id: ViewerId, packet: &MicrophonePacket<'_>) {
        let shared = &self.shared;
        let mut speakers = shared.lock();
        if *shared.demand.borrow() != MicrophoneDemand::Speak {
            return;
        }
        if let Some(voice) = speakers.present.get_mut(&id) {
            let voice = voice.get_or_insert_with(|| Voice::start(&shared.socket, shared.clock));
            voice.take(&packet.0);
        }
    }

    /// A viewer is gone.
    pub fn leave(&self, id: ViewerId) {
        let mut speakers = self.shared.lock();
        speakers.withdraw(id);
        speakers.silent.remove(&id);
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        let mut speakers = self.shared.lock();
        speakers.ended = true;
        speakers.present.clear();
        speakers.silent.clear();
        speakers.stop_listening();
        self.shared.changed.notify_all();
    }
}

impl Speakers {
    fn withdraw(&mut self, id: ViewerId) {
        if let Some(Some(voice)) = self.present.remove(&id) {
            self.silent.insert(id, voice);
        }
        if self.present.is_empty() {
            self.stop_listening();
        }
    }

    fn stop_listening(&mut self) {
        if let Some(closer) = self.closer.take() {
            closer.close();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Speakers> {
        self.speakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody would speak; how often somebody has come by now, or `None` at the end.
    fn wait_for_speaker(&self) -> Option<u64> {
        self.wait(|speakers| speakers.present.is_empty())
    }

    /// Waits until somebody has come for more than the `seen`th time; `None` at the end.
    fn wait_for_newcomer(&self, seen: u64) -> Option<u64> {
        self.wait(|speakers| speakers.arrivals == seen)
    }

    fn wait(&self, is_waiting: impl Fn(&Speakers) -> bool) -> Option<u64> {
        let speakers = self.changed.wait_while(self.lock(), |speakers| {
            !speakers.ended && is_waiting(speakers)
        });
        let speakers = speakers.unwrap_or_else(PoisonError::into_inner);
        (!speakers.ended).then_some(speakers.arrivals)
    }

    /// Rests so long, whoever comes and goes; not beyond the end.
    fn rest(&self, pause: Duration) {
        let rested = self
            .changed
            .wait_timeout_while(self.lock(), pause, |speakers| !speakers.ended);
        drop(rested);
    }

    /// Names what ends the listening; false if it is to end at once.
    fn begin(&self, closer: Closer) -> bool {
        let mut speakers = self.lock();
        let is_wanted = !speakers.present.is_empty() && !speakers.ended;
        speakers.closer = is_wanted.then_some(closer);
        is_wanted
    }

    /// Whether the listening goes on, rather than having been ended by us.
    fn is_listening(&self) -> bool {
        self.lock().closer.is_some()
    }

    /// Programs want this from now on.
    fn set_demand(&self, demand: MicrophoneDemand) {
        let mut speakers = self.lock();
        self.demand.send_if_modified(|old| {
            let is_new = *old != demand;
            *old = demand;
            is_new
        });
        if demand == MicrophoneDemand::Rest {
            speakers.silent.clear();
            speakers
                .present
                .values_mut()
                .for_each(|voice| *voice = None);
        }
    }
}
