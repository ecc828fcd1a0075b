//! Who may act on the session, and who does.

use super::values::only_field;
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// What a viewer would like to do in the session. Whether it may is the server's to decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeatWish {
    /// Only watch, and leave control to others.
    Watch,
    /// Be in control, beside others who are.
    #[default]
    Control,
    /// Be in control alone: everybody else watches until this one lets go of it.
    ControlAlone,
}

impl SeatWish {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Watch => 1,
            Self::Control => 2,
            Self::ControlAlone => 3,
        }
    }

    pub(super) const fn from_number(value: u64) -> Result<Self, WireError> {
        match value {
            1 => Ok(Self::Watch),
            2 => Ok(Self::Control),
            3 => Ok(Self::ControlAlone),
            _ => Err(WireError::meaningless("seat", value)),
        }
    }

    pub(super) fn write(self, out: &mut Vec<u8>, kind: u64) {
        FieldWriter::new(out, kind).number(1, self.number());
    }

    pub(super) fn read(fields: Fields<'_>) -> Result<Self, WireError> {
        only_field(fields, "seat", |field| Self::from_number(field.number()?))
    }
}

/// What a viewer can do in the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing but watch, for as long as it stays.
    ViewOnly,
    /// Nothing now. It may ask for control.
    Watching,
    /// It is in control, and others may be as well.
    InControl,
    /// It is in control, and nobody else is.
    InControlAlone,
}

impl Standing {
    /// Whether what the person does reaches the session.
    #[must_use]
    pub const fn acts(self) -> bool {
        matches!(self, Self::InControl | Self::InControlAlone)
    }

    const fn number(self) -> u64 {
        match self {
            Self::ViewOnly => 1,
            Self::Watching => 2,
            Self::InControl => 3,
            Self::InControlAlone => 4,
        }
    }

    const fn from_number(value: u64) -> Result<Self, WireError> {
        match value {
            1 => Ok(Self::ViewOnly),
            2 => Ok(Self::Watching),
            3 => Ok(Self::InControl),
            4 => Ok(Self::InControlAlone),
            _ => Err(WireError::meaningless("standing", value)),
        }
    }
}

/// Who is there, as one viewer is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatReport {
    /// What this viewer can do.
    pub standing: Standing,
    /// Viewers of the session, this one included.
    pub viewers: u32,
    /// How many of them are in control.
    pub in_control: u32,
}

impl SeatReport {
    pub(super) fn write(self, out: &mut Vec<u8>, kind: u64) {
        FieldWriter::new(out, kind)
            .number(1, self.standing.number())
            .number(2, u64::from(self.viewers))
            .number(3, u64::from(self.in_control));
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, WireError> {
        let (mut standing, mut viewers, mut in_control) = (None, 1, 0);
        let count = |number| u32::try_from(number).map_err(|_| WireError::Overflow);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                1 => standing = Some(Standing::from_number(field.number()?)?),
                2 => viewers = count(field.number()?)?,
                3 => in_control = count(field.number()?)?,
                _ => {}
            }
        }
        Ok(Self {
            standing: standing.ok_or(WireError::Missing("standing"))?,
            viewers,
            in_control,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::control::{ServerMessage, ViewerMessage};

    #[test]
    fn wishes_and_reports_round_trip() {
        for wish in [SeatWish::Watch, SeatWish::Control, SeatWish::ControlAlone] {
            let message = ViewerMessage::Seat(wish);
            let mut out = Vec::new();
            message.write(&mut out);
            assert_eq!(ViewerMessage::read(&out), Ok(Some(message)));
        }
        for number in 1..=4 {
            let message = ServerMessage::Seats(SeatReport {
                standing: Standing::from_number(number).unwrap(),
                viewers: 300,
                in_control: 2,
            });
            let mut out = Vec::new();
            message.write(&mut out);
            assert_eq!(ServerMessage::read(&out), Ok(Some(message)));
        }
    }

    #[test]
    fn seats_that_nobody_knows_are_refused() {
        for number in [0, 4, u64::MAX] {
            assert!(SeatWish::from_number(number).is_err());
        }
        assert!(Standing::from_number(0).is_err() && Standing::from_number(5).is_err());
    }
}
