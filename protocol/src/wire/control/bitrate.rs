//! The most that a viewer wants to get.

use super::values::only_field;
use crate::units::Bitrate;
use crate::wire::WireError;
use crate::wire::fields::{Field, FieldWriter, Fields};

/// What stands for no limit.
const UNLIMITED: u64 = 0;

/// The most that a viewer wants to get, in bits per second with headers and repetitions; `None`
/// for whatever the path carries. What is below [`LEAST_CAP`](crate::rate::cap::LEAST_CAP) counts
/// as that.
pub(super) fn from_field(field: &Field<'_>) -> Result<Option<Bitrate>, WireError> {
    let rate = field.number()?;
    Ok((rate != UNLIMITED).then_some(Bitrate(rate)))
}

/// The message of this `kind`.
pub(super) fn write(limit: Option<Bitrate>, out: &mut Vec<u8>, kind: u64) {
    FieldWriter::new(out, kind).number(1, limit.map_or(UNLIMITED, |rate| rate.0));
}

pub(super) fn read(fields: Fields<'_>) -> Result<Option<Bitrate>, WireError> {
    only_field(fields, "max bitrate", from_field)
}
