//! An end of the session that is foreseen, unless somebody does something.

use core::time::Duration;

use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// When the session will end by itself, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComingEnd {
    /// Why.
    pub cause: EndCause,
    /// How long from now, in whole seconds.
    pub within: Duration,
}

/// Why a session ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// Nobody has done anything for long. Input keeps it.
    Idle,
    /// It has run for as long as it may. Nothing keeps it.
    MaxDuration,
    /// A reason that this version does not know.
    Other(u64),
}

impl EndCause {
    const fn number(self) -> u64 {
        match self {
            Self::Idle => 1,
            Self::MaxDuration => 2,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: u64) -> Self {
        match number {
            1 => Self::Idle,
            2 => Self::MaxDuration,
            number => Self::Other(number),
        }
    }
}

/// The message of this `kind`: without fields if no end is foreseen any more.
pub(super) fn write(end: Option<ComingEnd>, out: &mut Vec<u8>, kind: u64) {
    let mut message = FieldWriter::new(out, kind);
    if let Some(end) = end {
        message
            .number(1, end.cause.number())
            .number(2, end.within.as_secs());
    }
}

pub(super) fn read(mut fields: Fields<'_>) -> Result<Option<ComingEnd>, WireError> {
    let (mut cause, mut within) = (None, Duration::ZERO);
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => cause = Some(EndCause::from_number(field.number()?)),
            2 => within = Duration::from_secs(field.number()?),
            _ => {}
        }
    }
    Ok(cause.map(|cause| ComingEnd { cause, within }))
}
