//! Recorded pieces become packets.

use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::sound::SoundPacket;

use crate::gate::{Gate, Verdict};
use crate::opus::{BITRATE, Encoder};
use crate::timeline::Timeline;
use crate::{PIECE, PIECE_VALUES, SoundError};

/// Stamps, numbers and encodes pieces, and leaves silent ones out.
pub struct Packets {
    seq: SoundSeq,
    encoder: Encoder,
    gate: Gate,
    timeline: Timeline,
}

impl Packets {
    /// Of what programs play. The first packet has the number after `last`.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Opus`].
    pub fn of_programs(last: SoundSeq) -> Result<Self, SoundError> {
        let encoder = Encoder::new(BITRATE)?;
        Ok(Self::new(last, encoder, Gate::of_programs()))
    }

    /// Of what a microphone hears. The first packet has the number after `last`.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Opus`].
    pub fn of_microphone(last: SoundSeq) -> Result<Self, SoundError> {
        let encoder = Encoder::of_speech()?;
        Ok(Self::new(last, encoder, Gate::of_microphone()))
    }

    fn new(seq: SoundSeq, encoder: Encoder, gate: Gate) -> Self {
        let timeline = Timeline::default();
        Self {
            seq,
            encoder,
            gate,
            timeline,
        }
    }

    /// The packet of a piece whose recording ended at `now`; `None` if it is not worth one.
    ///
    /// # Errors
    /// [`SoundError::Opus`].
    pub fn next(
        &mut self,
        piece: &[i16; PIECE_VALUES],
        now: Timestamp,
    ) -> Result<Option<SoundPacket<'_>>, SoundError> {
        let captured = self.timeline.stamp(now, PIECE.time());
        let Verdict::Send(outlook) = self.gate.judge(piece) else {
            return Ok(None);
        };
        let opus = self.encoder.encode(piece)?;
        self.seq = self.seq.next();
        Ok(Some(SoundPacket {
            seq: self.seq,
            captured,
            duration: PIECE,
            outlook,
            opus,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::wire::sound::Outlook;

    #[test]
    fn packets_are_numbered_one_by_one_and_silence_has_none() {
        let mut packets = Packets::of_microphone(SoundSeq(7)).unwrap();
        let (silence, sound) = ([0; PIECE_VALUES], [1000; PIECE_VALUES]);
        let mut at = |i: u64, piece: &[i16; PIECE_VALUES]| {
            let now = Timestamp(1_000_000 + i * 10_000);
            let packet = packets.next(piece, now).unwrap();
            packet.map(|packet| (packet.seq.0, packet.outlook, packet.captured.0))
        };
        assert_eq!(at(0, &silence), None);
        assert_eq!(at(1, &sound), Some((8, Outlook::Continues, 1_000_000)));
        assert_eq!(at(2, &sound), Some((9, Outlook::Continues, 1_010_000)));
        let after: Vec<_> = (3..100).filter_map(|i| at(i, &silence)).collect();
        let (last, outlook, _) = *after.last().unwrap();
        assert_eq!((last, outlook), (9 + after.len() as u64, Outlook::Pauses));
        assert!(after.len() < 30);
    }
}
