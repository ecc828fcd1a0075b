//! Who would speak, and when the session listens.

use super::values::only_field;
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// Whether a viewer would speak when it is asked to. Until it says so, it would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicrophoneOffer {
    /// It has a microphone, and the person allows its use.
    Ready,
    /// It has none, or not any more.
    Withdrawn,
}

impl MicrophoneOffer {
    pub(super) fn write(self, out: &mut Vec<u8>, kind: u64) {
        FieldWriter::new(out, kind).number(1, u64::from(self == Self::Ready));
    }

    pub(super) fn read(fields: Fields<'_>) -> Result<Self, WireError> {
        only_field(fields, "microphone", |field| match field.number()? {
            0 => Ok(Self::Withdrawn),
            _ => Ok(Self::Ready),
        })
    }
}

/// Whether a program of the session listens to the viewers' microphones. Until the server says so,
/// none does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MicrophoneDemand {
    /// One does: what the microphone hears is to be sent.
    Speak,
    /// None does: the microphone is to be closed.
    #[default]
    Rest,
}

impl MicrophoneDemand {
    pub(super) fn write(self, out: &mut Vec<u8>, kind: u64) {
        FieldWriter::new(out, kind).number(1, u64::from(self == Self::Speak));
    }

    pub(super) fn read(fields: Fields<'_>) -> Result<Self, WireError> {
        only_field(fields, "microphone", |field| match field.number()? {
            0 => Ok(Self::Rest),
            _ => Ok(Self::Speak),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::control::{ServerMessage, ViewerMessage};

    #[test]
    fn offers_and_demands_round_trip() {
        for offer in [MicrophoneOffer::Ready, MicrophoneOffer::Withdrawn] {
            let message = ViewerMessage::Microphone(offer);
            let mut out = Vec::new();
            message.write(&mut out);
            assert_eq!(ViewerMessage::read(&out), Ok(Some(message)));
        }
        for demand in [MicrophoneDemand::Speak, MicrophoneDemand::Rest] {
            let message = ServerMessage::Microphone(demand);
            let mut out = Vec::new();
            message.write(&mut out);
            assert_eq!(ServerMessage::read(&out), Ok(Some(message)));
        }
    }

    #[test]
    fn one_that_says_nothing_is_refused() {
        assert!(ViewerMessage::read(&[44]).is_err());
        assert!(ServerMessage::read(&[30]).is_err());
    }
}
