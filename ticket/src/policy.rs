//! What a ticket's holder may do.

use std::fmt;

use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::{Reader, Writer};
use hackstream_protocol::wire::control::Quality;

/// What a viewer may do with a session, within what the session itself allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether it may act.
    pub seat: Seat,
    /// What it does not get.
    pub disabled: Features,
    /// The most that it is sent, headers and repetitions included; `None` for whatever the path
    /// carries.
    pub max_bitrate: Option<Bitrate>,
    /// The best quality that it gets, in the order low, auto, high.
    pub quality: Quality,
}

impl Policy {
    /// Everything that the session allows.
    pub const EVERYTHING: Self = Self {
        seat: Seat::Control,
        disabled: Features::NONE,
        max_bitrate: None,
        quality: Quality::High,
    };
}

/// Whether a viewer may act in the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// Watch and hear.
    View,
    /// Act as well.
    Control,
}

/// Something that a session has and a viewer may be kept from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// What the viewer copies can be pasted in the session.
    ClipboardIn,
    /// What the session copies can be pasted at the viewer.
    ClipboardOut,
    /// Files, both ways.
    Files,
    /// The session's sound.
    Audio,
    /// The viewer's microphone.
    Microphone,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ClipboardIn,
        Self::ClipboardOut,
        Self::Files,
        Self::Audio,
        Self::Microphone,
    ];

    const fn bit(self) -> u64 {
        match self {
            Self::ClipboardIn => 1,
            Self::ClipboardOut => 1 << 1,
            Self::Files => 1 << 2,
            Self::Audio => 1 << 3,
            Self::Microphone => 1 << 4,
        }
    }
}

/// A set of features. It may hold some that this version does not know: those it does not have.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Features(u64);

impl Features {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | feature.bit())
    }

    /// Whether it holds this one.
    #[must_use]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        features.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Feature::ALL.into_iter().filter(|one| self.contains(*one));
        f.debug_set().entries(known).finish()
    }
}

const VIEW: u64 = 1;
const CONTROL: u64 = 2;
/// What stands for no limit.
const UNLIMITED: u64 = 0;
/// The least limit, which a limit of nothing is taken for: it must not become none.
const LEAST: u64 = 1;

impl Policy {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_varint(match self.seat {
            Seat::View => VIEW,
            Seat::Control => CONTROL,
        });
        out.put_varint(self.disabled.0);
        out.put_varint(self.max_bitrate.map_or(UNLIMITED, |rate| rate.0.max(LEAST)));
        out.put_varint(match self.quality {
            Quality::Low => 1,
            Quality::Auto => 2,
            Quality::High => 3,
        });
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let seat = match reader.varint()? {
            VIEW => Seat::View,
            CONTROL => Seat::Control,
            other => return Err(WireError::meaningless("seat", other)),
        };
        let disabled = Features(reader.varint()?);
        let rate = reader.varint()?;
        let quality = match reader.varint()? {
            1 => Quality::Low,
            2 => Quality::Auto,
            3 => Quality::High,
            other => return Err(WireError::meaningless("quality", other)),
        };
        Ok(Self {
            seat,
            disabled,
            max_bitrate: (rate != UNLIMITED).then_some(Bitrate(rate)),
            quality,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_nothing_is_no_permission_for_everything() {
        let policy = Policy {
            max_bitrate: Some(Bitrate(0)),
            ..Policy::EVERYTHING
        };
        let mut bytes = Vec::new();
        policy.write(&mut bytes);
        let read = Policy::read(&mut Reader::new(&bytes)).unwrap();
        assert_eq!(read.max_bitrate, Some(Bitrate(LEAST)));
    }
}
