//! What the viewer says about the frames it received.

use core::time::Duration;

use super::WireError;
use super::bytes::{Reader, Writer};
use crate::ids::FrameId;
use crate::units::micros;

/// A record on the feedback stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// A frame was applied to the viewer's picture.
    Applied(FrameReport),
    /// The viewer cannot go on from what it has; it needs the whole picture.
    Lost,
}

/// How one frame fared at the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameReport {
    /// Which frame.
    pub id: FrameId,
    /// From the arrival of its last byte until decoding began.
    pub held: Duration,
    /// Time decoding took.
    pub decoding: Duration,
    /// Time the last presentation before this report took.
    pub presenting: Duration,
}

mod kind {
    pub(super) const APPLIED: u8 = 1;
    pub(super) const LOST: u8 = 2;
}

impl Feedback {
    /// Appends the record to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Applied(report) => {
                out.put_u8(kind::APPLIED);
                out.put_varint(report.id.0);
                for duration in [report.held, report.decoding, report.presenting] {
                    out.put_varint(micros(duration));
                }
            }
            Self::Lost => out.put_u8(kind::LOST),
        }
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// [`WireError::Truncated`] if more bytes are needed; any other error is final.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.u8()? {
            kind::APPLIED => {
                let id = FrameId(reader.varint()?);
                let mut duration = || reader.varint().map(Duration::from_micros);
                Ok(Self::Applied(FrameReport {
                    id,
                    held: duration()?,
                    decoding: duration()?,
                    presenting: duration()?,
                }))
            }
            kind::LOST => Ok(Self::Lost),
            other => Err(WireError::meaningless("feedback record", u64::from(other))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn records_round_trip(id: u64, held: u32, decoding: u32, presenting: u32) {
            let micros = |n: u32| Duration::from_micros(u64::from(n));
            let report = Feedback::Applied(FrameReport {
                id: FrameId(id),
                held: micros(held),
                decoding: micros(decoding),
                presenting: micros(presenting),
            });
            let mut out = Vec::new();
            report.write(&mut out);
            Feedback::Lost.write(&mut out);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(Feedback::read(&mut reader).unwrap(), report);
            prop_assert_eq!(Feedback::read(&mut reader).unwrap(), Feedback::Lost);
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while Feedback::read(&mut reader).is_ok() {}
        }
    }
}
