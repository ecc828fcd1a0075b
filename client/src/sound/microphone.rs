//! The person's microphone: open only while a program of the session records.
//!
//! A viewer whose person allows it offers to speak. When the server asks for it, a thread opens the
//! device and sends what it hears; when the server asks no more, or the connection ends, device,
//! encoder and thread are gone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::{MicrophoneDemand, MicrophoneOffer};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_sound::packets::Packets;
use hackstream_sound::pulse::Closer;
use hackstream_sound::{PIECE_VALUES, SoundError, input};
use hackstream_transport::Connection;
use tokio::sync::Notify;

use super::retry::Retry;
use crate::config::MicrophoneUse;
use crate::locked::locked;

/// Encoding needs more than decoding, libraries of the system about as much.
const STACK_BYTES: usize = 512 << 10;

/// The person's microphone. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Microphone(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// Signalled when the server asks for something else.
    changed: Condvar,
    /// Signalled when the server is to be told something else.
    offers: Notify,
}

#[derive(Default)]
struct State {
    consent: Consent,
    /// The connection whose server wants to hear the person, and its number.
    wanted: Option<(u64, Connection)>,
    recorder: Recorder,
}

/// What the person allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Consent {
    /// Nothing: whatever a server asks for.
    #[default]
    Refused,
    Given,
    /// To speak, but there is nothing to speak into. That is not tried again.
    Useless,
}

/// The thread that records.
#[derive(Default)]
enum Recorder {
    #[default]
    None,
    /// It runs; what ends its wait for the device, once there is one that waits.
    Running(Option<Closer>),
}

/// One connection's hold on the microphone. Dropping it closes the microphone.
pub(crate) struct Lease {
    microphone: Microphone,
    number: u64,
    connection: Connection,
}

impl Microphone {
    /// Does from now on what the command line says.
    pub(crate) fn configure(&self, allowed: MicrophoneUse) {
        self.0.lock().consent = match allowed {
            MicrophoneUse::Never => Consent::Refused,
            MicrophoneUse::WhenAsked => Consent::Given,
        };
    }

    /// A server told for the first time whether it takes microphones.
    pub(crate) fn greeted(&self, is_taken: bool) {
        if !is_taken && self.0.lock().consent == Consent::Given {
            eprintln!(
                "hackstream-view: the session takes no microphone: its server was started without \
                 --enable microphone"
            );
        }
    }

    /// What the server is to be told.
    pub(crate) fn offer(&self) -> MicrophoneOffer {
        match self.0.lock().consent {
            Consent::Given => MicrophoneOffer::Ready,
            Consent::Refused | Consent::Useless => MicrophoneOffer::Withdrawn,
        }
    }

    /// Waits until the server is to be told something else. May be cancelled.
    pub(crate) async fn next_offer(&self) -> MicrophoneOffer {
        self.0.offers.notified().await;
        self.offer()
    }

    /// Lets the server of connection `number` ask for the microphone.
    pub(crate) fn lease(&self, number: u64, connection: Connection) -> Lease {
        Lease {
            microphone: self.clone(),
            number,
            connection,
        }
    }

    fn start_recorder(&self) {
        let inner = Arc::clone(&self.0);
        let thread = thread::Builder::new()
            .name("microphone".into())
            .stack_size(STACK_BYTES);
        if let Err(error) = thread.spawn(move || run(&inner)) {
            self.0.fail(&error);
        }
    }
}

impl Lease {
    /// The server asks for the microphone, or not any more.
    pub(crate) fn demand(&self, demand: MicrophoneDemand) {
        match demand {
            MicrophoneDemand::Rest => self.release(),
            MicrophoneDemand::Speak => self.open(),
        }
    }

    fn open(&self) {
        let mut state = self.microphone.0.lock();
        if state.consent != Consent::Given || state.is_wanted_by(self.number) {
            return;
        }
        state.wanted = Some((self.number, self.connection.clone()));
        match &state.recorder {
            // It goes on with the new connection.
            Recorder::Running(closer) => {
                if let Some(closer) = closer {
                    closer.close();
                }
                self.microphone.0.changed.notify_all();
            }
            Recorder::None => {
                state.recorder = Recorder::Running(None);
                drop(state);
                self.microphone.start_recorder();
            }
        }
    }

    fn release(&self) {
        let mut state = self.microphone.0.lock();
        if !state.is_wanted_by(self.number) {
            return;
        }
        state.wanted = None;
        if let Recorder::Running(Some(closer)) = &state.recorder {
            closer.close();
        }
        self.microphone.0.changed.notify_all();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.release();
    }
}

impl State {
    fn is_wanted_by(&self, number: u64) -> bool {
        matches!(self.wanted, Some((wanted, _)) if wanted == number)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Who wants to hear the person; if nobody does, the recorder counts as ended.
    fn wanted(&self) -> Option<(u64, Connection)> {
        let mut state = self.lock();
        if state.wanted.is_none() {
            state.recorder = Recorder::None;
        }
        state.wanted.clone()
    }

    fn is_wanted_by(&self, number: u64) -> bool {
        self.lock().is_wanted_by(number)
    }

    /// Names what ends the recording for `number`; false if it is to end at once.
    fn begin(&self, number: u64, closer: Option<Closer>) -> bool {
        let mut state = self.lock();
        state.recorder = Recorder::Running(closer);
        state.is_wanted_by(number)
    }

    /// Waits as long as the pause while `number` wants to hear the person.
    fn rest(&self, pause: Duration, number: u64) {
        let rested = self
            .changed
            .wait_timeout_while(self.lock(), pause, |state| state.is_wanted_by(number));
        drop(rested);
    }

    /// There is no microphone: the server is told, the person as well, and that was it.
    fn fail(&self, error: &dyn std::fmt::Display) {
        let mut state = self.lock();
        state.consent = Consent::Useless;
        state.wanted = None;
        state.recorder = Recorder::None;
        self.offers.notify_one();
        eprintln!("hackstream-view: no microphone: {error}");
    }
}

/// Records until nobody wants to hear the person.
fn run(inner: &Inner) {
    let (mut retry, mut seq) = (Retry::default(), SoundSeq(0));
    while let Some((number, connection)) = inner.wanted() {
        let Err(error) = record(inner, number, &connection, &mut retry, &mut seq) else {
            continue;
        };
        match retry.pause() {
            Some(pause) => inner.rest(pause, number),
            None => return inner.fail(&error),
        }
    }
}

/// Records for one connection; returns once it is not wanted there any more.
fn record(
    inner: &Inner,
    number: u64,
    connection: &Connection,
    retry: &mut Retry,
    seq: &mut SoundSeq,
) -> Result<(), SoundError> {
    let mut packets = Packets::of_microphone(*seq)?;
    let mut input = input::open()?;
    retry.opened();
    if !inner.begin(number, input.closer()?) {
        return Ok(());
    }
    let epoch = Instant::now();
    let mut send = |piece: &[i16; PIECE_VALUES]| {
        let now = Timestamp::at(epoch.elapsed());
        // A piece that cannot be encoded is a missing one.
        if let Ok(Some(packet)) = packets.next(piece, now) {
            *seq = packet.seq;
            let mut bytes = Vec::with_capacity(packet.opus.len() + 24);
            MicrophonePacket(packet).write(&mut bytes);
            // A connection that has ended gives its lease back by itself.
            let _ = connection.send_datagram(bytes.into());
        }
    };
    while inner.is_wanted_by(number) {
        match input.next(&mut send) {
            Err(error) if inner.is_wanted_by(number) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_allows_it_and_can_offers_to_speak() {
        let microphone = Microphone::default();
        assert_eq!(microphone.offer(), MicrophoneOffer::Withdrawn);
        microphone.configure(MicrophoneUse::WhenAsked);
        assert_eq!(microphone.offer(), MicrophoneOffer::Ready);
        microphone.0.fail(&"there is none");
        assert_eq!(microphone.offer(), MicrophoneOffer::Withdrawn);
        microphone.configure(MicrophoneUse::Never);
        assert_eq!(microphone.offer(), MicrophoneOffer::Withdrawn);
    }
}
