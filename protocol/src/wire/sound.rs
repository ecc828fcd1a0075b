//! Sound, in QUIC datagrams: what is late is of no use, so nothing is ever sent again.

use core::time::Duration;

use super::WireError;
use super::bytes::{Reader, Writer};
use super::datagram::DatagramKind;
use crate::ids::SoundSeq;
use crate::limits::MAX_SOUND_BYTES;
use crate::units::Timestamp;

/// Samples a second and channel. Opus's own rate; whatever a device has is converted at the device.
pub const SAMPLE_RATE: u32 = 48_000;

/// Channels, interleaved: left, right.
pub const CHANNELS: usize = 2;

/// How long a packet plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketDuration {
    /// 10 ms: 480 samples of each channel.
    Ms10,
    /// 20 ms: 960 samples of each channel.
    Ms20,
}

impl PacketDuration {
    /// The same as a span of time.
    #[must_use]
    pub const fn time(self) -> Duration {
        match self {
            Self::Ms10 => Duration::from_millis(10),
            Self::Ms20 => Duration::from_millis(20),
        }
    }

    /// Samples of each channel.
    #[must_use]
    pub const fn samples(self) -> usize {
        match self {
            Self::Ms10 => SAMPLE_RATE as usize / 100,
            Self::Ms20 => SAMPLE_RATE as usize / 50,
        }
    }
}

/// What comes after a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// The next one, at once.
    Continues,
    /// Silence, for which no packets are sent.
    Pauses,
}

/// A piece of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundPacket<'a> {
    /// Its number; one more from packet to packet, also over pauses.
    pub seq: SoundSeq,
    /// When its first sample was played in the session, on the clock that
    /// [frames](super::frame::FrameHeader::captured) are stamped with.
    pub captured: Timestamp,
    /// How long it plays.
    pub duration: PacketDuration,
    /// What comes after it.
    pub outlook: Outlook,
    /// One Opus packet of at most [`MAX_SOUND_BYTES`].
    pub opus: &'a [u8],
}

mod flag {
    pub(super) const PAUSES: u8 = 1;
    pub(super) const MS20: u8 = 2;
}

impl<'a> SoundPacket<'a> {
    /// Appends the datagram to `out`, its kind included.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_as(DatagramKind::Sound, out);
    }

    /// Reads a datagram; `None` if this version does not know its kind.
    ///
    /// # Errors
    /// [`WireError`] if it is a malformed packet of sound.
    pub fn read(datagram: &'a [u8]) -> Result<Option<Self>, WireError> {
        Self::read_as(DatagramKind::Sound, datagram)
    }

    pub(super) fn write_as(&self, kind: DatagramKind, out: &mut Vec<u8>) {
        let pauses = match self.outlook {
            Outlook::Continues => 0,
            Outlook::Pauses => flag::PAUSES,
        };
        let long = match self.duration {
            PacketDuration::Ms10 => 0,
            PacketDuration::Ms20 => flag::MS20,
        };
        out.put_u8(kind as u8);
        out.put_u8(pauses | long);
        out.put_varint(self.seq.0);
        out.put_varint(self.captured.0);
        out.raw(self.opus);
    }

    pub(super) fn read_as(
        kind: DatagramKind,
        datagram: &'a [u8],
    ) -> Result<Option<Self>, WireError> {
        let mut reader = Reader::new(datagram);
        if reader.u8()? != kind as u8 {
            return Ok(None);
        }
        let flags = reader.u8()?;
        if flags & !(flag::PAUSES | flag::MS20) != 0 {
            return Err(WireError::meaningless("sound flags", u64::from(flags)));
        }
        let duration = match flags & flag::MS20 {
            0 => PacketDuration::Ms10,
            _ => PacketDuration::Ms20,
        };
        let outlook = match flags & flag::PAUSES {
            0 => Outlook::Continues,
            _ => Outlook::Pauses,
        };
        let seq = SoundSeq(reader.varint()?);
        let captured = Timestamp(reader.varint()?);
        let opus = reader.rest();
        match opus.len() {
            0 => Err(WireError::Truncated),
            len if len > MAX_SOUND_BYTES => Err(WireError::OverLimit {
                what: "sound packet",
                value: len as u64,
                max: MAX_SOUND_BYTES as u64,
            }),
            _ => Ok(Some(Self {
                seq,
                captured,
                duration,
                outlook,
                opus,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packets_round_trip(
            seq: u64,
            captured: u64,
            long: bool,
            pauses: bool,
            opus in proptest::collection::vec(any::<u8>(), 1..=MAX_SOUND_BYTES),
        ) {
            let packet = SoundPacket {
                seq: SoundSeq(seq),
                captured: Timestamp(captured),
                duration: if long { PacketDuration::Ms20 } else { PacketDuration::Ms10 },
                outlook: if pauses { Outlook::Pauses } else { Outlook::Continues },
                opus: &opus,
            };
            let mut out = Vec::new();
            packet.write(&mut out);
            prop_assert_eq!(SoundPacket::read(&out), Ok(Some(packet)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = SoundPacket::read(&bytes);
        }
    }

    #[test]
    fn unknown_kinds_are_passed_over_and_nonsense_is_refused() {
        assert_eq!(SoundPacket::read(&[99, 1, 2]), Ok(None));
        assert!(SoundPacket::read(&[]).is_err());
        assert!(SoundPacket::read(&[1, 4, 1, 1, 7]).is_err(), "flags");
        assert!(SoundPacket::read(&[1, 0, 1, 1]).is_err(), "nothing to play");
        let long = [&[1, 0, 1, 1][..], &[7; MAX_SOUND_BYTES + 1]].concat();
        assert!(SoundPacket::read(&long).is_err(), "too long");
    }
}
