//! The thread that records, encodes and sends.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::sound::SoundPacket;
use hackstream_sound::packets::Packets;
use hackstream_sound::pulse::PulseRecorder;
use hackstream_sound::{PIECE_VALUES, SoundError};
use tracing::{debug, warn};

use super::{SOURCE, Shared};
use crate::clock::Clock;

/// After a failure: the first pause, and the one after which trying is of no use; each is twice the
/// one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Records whenever somebody listens, until the end.
pub(super) fn run(shared: &Shared, socket: &Path, clock: Clock) {
    let mut seq = SoundSeq(0);
    let mut pause = FIRST_PAUSE;
    while shared.wait_for_listener() {
        match record(shared, socket, clock, &mut seq) {
            Ok(()) => {
                pause = FIRST_PAUSE;
                continue;
            }
            Err(Failure { error, heard: true }) => {
                debug!(%error, "recording was interrupted");
                pause = FIRST_PAUSE;
            }
            Err(Failure {
                error,
                heard: false,
            }) => {
                warn!(%error, "the session cannot be recorded");
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if pause < LONGEST_PAUSE {
            shared.rest(Some(pause));
        } else {
            warn!("the session stays silent until another viewer comes");
            shared.rest(None);
            pause = FIRST_PAUSE;
        }
    }
}

/// Why a recording ended, and whether there was one.
struct Failure {
    error: SoundError,
    heard: bool,
}

impl From<SoundError> for Failure {
    fn from(error: SoundError) -> Self {
        let heard = false;
        Self { error, heard }
    }
}

/// Records until nobody listens.
fn record(shared: &Shared, socket: &Path, clock: Clock, seq: &mut SoundSeq) -> Result<(), Failure> {
    let mut recorder = PulseRecorder::open(socket, SOURCE)?;
    let mut sender = Sender::new(shared, seq)?;
    if !shared.begin(recorder.closer()?) {
        return Ok(());
    }
    debug!("recording");
    while shared.is_heard() {
        let recorded = recorder.next(|piece| sender.send(piece, clock.now()));
        recorded.map_err(|error| Failure { error, heard: true })?;
    }
    debug!("nobody listens");
    Ok(())
}

/// Makes packets of pieces.
struct Sender<'a> {
    shared: &'a Shared,
    seq: &'a mut SoundSeq,
    packets: Packets,
}

impl<'a> Sender<'a> {
    fn new(shared: &'a Shared, seq: &'a mut SoundSeq) -> Result<Self, SoundError> {
        Ok(Self {
            shared,
            packets: Packets::of_programs(*seq)?,
            seq,
        })
    }

    fn send(&mut self, piece: &[i16; PIECE_VALUES], now: Timestamp) {
        match self.packets.next(piece, now) {
            Ok(Some(packet)) => {
                *self.seq = packet.seq;
                self.shared.send(&bytes_of(&packet));
            }
            Ok(None) => {}
            Err(error) => warn!(%error, "a piece of sound cannot be encoded"),
        }
    }
}

fn bytes_of(packet: &SoundPacket<'_>) -> Bytes {
    let mut bytes = Vec::with_capacity(packet.opus.len() + 24);
    packet.write(&mut bytes);
    bytes.into()
}
