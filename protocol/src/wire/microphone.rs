//! What a viewer's microphone hears, in QUIC datagrams: the way of [sound](super::sound), back.

use super::WireError;
use super::datagram::DatagramKind;
use super::sound::SoundPacket;

/// A piece of what a viewer's microphone hears. Its [`captured`](SoundPacket::captured) is on a
/// clock of the viewer's, and its number one of this connection's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicrophonePacket<'a>(pub SoundPacket<'a>);

impl<'a> MicrophonePacket<'a> {
    /// Appends the datagram to `out`, its kind included.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.0.write_as(DatagramKind::Microphone, out);
    }

    /// Reads a datagram; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`WireError`] if it is a malformed packet of a microphone.
    pub fn read(datagram: &'a [u8]) -> Result<Option<Self>, WireError> {
        Ok(SoundPacket::read_as(DatagramKind::Microphone, datagram)?.map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SoundSeq;
    use crate::limits::MAX_SOUND_BYTES;
    use crate::units::Timestamp;
    use crate::wire::sound::{Outlook, PacketDuration};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packets_round_trip_and_are_nothing_else(
            seq: u64,
            captured: u64,
            pauses: bool,
            opus in proptest::collection::vec(any::<u8>(), 1..=MAX_SOUND_BYTES),
        ) {
            let packet = MicrophonePacket(SoundPacket {
                seq: SoundSeq(seq),
                captured: Timestamp(captured),
                duration: PacketDuration::Ms10,
                outlook: if pauses { Outlook::Pauses } else { Outlook::Continues },
                opus: &opus,
            });
            let mut out = Vec::new();
            packet.write(&mut out);
            prop_assert_eq!(MicrophonePacket::read(&out), Ok(Some(packet)));
            prop_assert_eq!(SoundPacket::read(&out), Ok(None));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = MicrophonePacket::read(&bytes);
        }
    }

    #[test]
    fn what_is_too_long_or_too_short_is_refused() {
        assert_eq!(MicrophonePacket::read(&[1, 0, 1, 1, 7]), Ok(None));
        assert!(MicrophonePacket::read(&[]).is_err());
        assert!(MicrophonePacket::read(&[4, 0, 1, 1]).is_err());
        let long = [&[4, 0, 1, 1][..], &[7; MAX_SOUND_BYTES + 1]].concat();
        assert!(MicrophonePacket::read(&long).is_err());
    }
}
