//! QUIC datagrams: what is of no use when it is late, and what is sent for the second time.

use super::WireError;
use super::bytes::{Reader, Writer};
use super::input::InputEvent;
use crate::ids::InputSeq;
use crate::limits::MAX_REPEATED_INPUT_BYTES;

/// The first byte of a datagram: what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DatagramKind {
    /// Server to viewer: a [`SoundPacket`](super::sound::SoundPacket) of what the session plays.
    Sound = 1,
    /// Viewer to server: [`RepeatedInput`].
    Input = 2,
    /// Server to viewer: a [`FrameParity`](super::parity::FrameParity).
    Frame = 3,
    /// Viewer to server: a [`MicrophonePacket`](super::microphone::MicrophonePacket).
    Microphone = 4,
}

impl DatagramKind {
    /// What is in `datagram`; `None` if it is empty or this version does not know.
    #[must_use]
    pub const fn of(datagram: &[u8]) -> Option<Self> {
        match datagram.first() {
            Some(1) => Some(Self::Sound),
            Some(2) => Some(Self::Input),
            Some(3) => Some(Self::Frame),
            Some(4) => Some(Self::Microphone),
            _ => None,
        }
    }
}

/// Input events that follow one another and were sent on the input stream as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedInput {
    /// Number of the first event, at least 1.
    pub first: InputSeq,
    /// The events; their records take at most [`MAX_REPEATED_INPUT_BYTES`].
    pub events: Vec<InputEvent>,
}

impl RepeatedInput {
    /// Appends the datagram to `out`, its kind included.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_u8(DatagramKind::Input as u8);
        out.put_varint(self.first.0);
        self.events.iter().for_each(|event| event.write(out));
    }

    /// Reads a datagram; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`WireError`] if it is malformed or too long.
    pub fn read(datagram: &[u8]) -> Result<Option<Self>, WireError> {
        if DatagramKind::of(datagram) != Some(DatagramKind::Input) {
            return Ok(None);
        }
        let mut reader = Reader::new(&datagram[1..]);
        let first = InputSeq(reader.varint()?);
        if first.0 == 0 {
            return Err(WireError::meaningless("number of an input event", 0));
        }
        within(
            "repeated input",
            reader.remaining(),
            MAX_REPEATED_INPUT_BYTES,
        )?;
        let mut events = Vec::new();
        while !reader.is_empty() {
            events.push(InputEvent::read(&mut reader)?);
        }
        Ok(Some(Self { first, events }))
    }
}

const fn within(what: &'static str, bytes: usize, max: usize) -> Result<(), WireError> {
    if bytes > max {
        return Err(WireError::OverLimit {
            what,
            value: bytes as u64,
            max: max as u64,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::input::{KeyCode, Transition};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn input_round_trips(
            first in 1u64..,
            codes in proptest::collection::vec(0..=KeyCode::MAX, 0..100),
        ) {
            let press = |&code: &u16| InputEvent::Key(KeyCode(code), Transition::Press);
            let events = codes.iter().map(press).collect();
            let repeated = RepeatedInput { first: InputSeq(first), events };
            let mut out = Vec::new();
            repeated.write(&mut out);
            prop_assert_eq!(RepeatedInput::read(&out), Ok(Some(repeated)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(mut bytes: Vec<u8>) {
            for kind in 0..5 {
                bytes.insert(0, kind);
                let _ = RepeatedInput::read(&bytes);
            }
        }
    }

    #[test]
    fn other_kinds_are_passed_over_and_nonsense_is_refused() {
        assert_eq!(RepeatedInput::read(&[]), Ok(None));
        assert_eq!(RepeatedInput::read(&[3, 1]), Ok(None));
        assert!(RepeatedInput::read(&[2, 0, 7]).is_err(), "no event is 0");
        assert!(RepeatedInput::read(&[2, 1, 99]).is_err(), "a record");
        assert!(RepeatedInput::read(&[2, 1, 1]).is_err(), "cut short");
        let long = [&[2, 1][..], &[7; MAX_REPEATED_INPUT_BYTES + 1]].concat();
        assert!(RepeatedInput::read(&long).is_err(), "too long");
    }
}
