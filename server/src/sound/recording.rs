//! The thread that records, encodes and sends.

use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::sound::SoundPacket;
use hackstream_sound::packets::Packets;
use hackstream_sound::pulse::PulseRecorder;
use hackstream_sound::{PIECE_VALUES, SoundError};
use tracing::{debug, warn};

use super::retry::{End, Next, Retry};
use super::{SOURCE, Shared};
use crate::clock::Clock;
use crate::log_quota::LogQuota;

/// Records whenever somebody listens, until the end.
pub(super) fn run(shared: &Shared, socket: &Path, clock: Clock) {
    let mut seq = SoundSeq(0);
    let mut retry = Retry::new();
    let mut quota = LogQuota::new(Instant::now());
    // Counted before the try: who comes during it is worth another.
    while let Some(seen) = shared.wait_for_listener() {
        let end = match record(shared, socket, clock, &mut seq) {
            Ok(()) => End::Worked,
            Err(Failure { error, heard: true }) => {
                debug!(%error, "recording was interrupted");
                End::Worked
            }
            Err(Failure {
                error,
                heard: false,
            }) => {
                if quota.allows(Instant::now()) {
                    warn!(%error, "the session cannot be recorded");
                }
                End::Failed
            }
        };
        match retry.ended(end) {
            Next::After(pause) => shared.rest_until(Instant::now() + pause),
            Next::WithNewcomer(pause) => {
                let until = Instant::now() + pause;
                if quota.allows(Instant::now()) {
                    warn!("the session stays silent until another viewer comes");
                }
                // `None`: the loop sees the end.
                let _ = shared.wait_for_newcomer(seen);
                shared.rest_until(until);
            }
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
    /// Pieces that could not be encoded.
    failures: u64,
}

impl<'a> Sender<'a> {
    fn new(shared: &'a Shared, seq: &'a mut SoundSeq) -> Result<Self, SoundError> {
        Ok(Self {
            shared,
            packets: Packets::of_programs(*seq)?,
            seq,
            failures: 0,
        })
    }

    fn send(&mut self, piece: &[i16; PIECE_VALUES], now: Timestamp) {
        match self.packets.next(piece, now) {
            Ok(Some(packet)) => {
                *self.seq = packet.seq;
                self.shared.send(&bytes_of(&packet), now);
            }
            Ok(None) => {}
            Err(error) => {
                self.failures += 1;
                if self.failures == 1 {
                    warn!(%error, "a piece of sound cannot be encoded");
                }
            }
        }
    }
}

fn bytes_of(packet: &SoundPacket<'_>) -> Bytes {
    let mut bytes = Vec::with_capacity(packet.opus.len() + 24);
    packet.write(&mut bytes);
    bytes.into()
}
