//! What stands in front of every frame.
//!
//! A frame travels on a unidirectional stream of its own, so that a lost packet of one frame does
//! not hold up another: [`StreamKind::Frame`](super::StreamKind::Frame), this header, and then the
//! payload that `hackstream-codec` defines, up to the end of the stream.

use core::time::Duration;

use super::WireError;
use super::bytes::{Reader, Writer};
use crate::ids::{FrameId, InputSeq};
use crate::units::{Timestamp, micros};

/// Bits of the header's flag byte.
mod flag {
    pub(super) const UPDATE_COMPLETE: u8 = 1;
    pub(super) const ALL: u8 = UPDATE_COMPLETE;
}

/// Where a frame stands among the others, and what its making cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The frame's number; counts up by one from frame to frame.
    pub id: FrameId,
    /// The frame may be applied once this one and all before it have been. [`FrameId`] 0 means
    /// that it depends on nothing. Always less than `id`.
    pub after: FrameId,
    /// Whether the picture is consistent once this frame is applied. Frames of one update that was
    /// cut into pieces have it only on the last piece.
    pub update_complete: bool,
    /// Number of the last input event that the server had begun to inject when it read the pixels.
    pub input: InputSeq,
    /// When the pixels were read, on the server's clock.
    pub captured: Timestamp,
    /// From the first damage in this frame until its pixels were read: time spent waiting for the
    /// congestion window.
    pub waited: Duration,
    /// Time spent on reading and encoding.
    pub encoding: Duration,
}

impl FrameHeader {
    /// Appends the header to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_u8(if self.update_complete {
            flag::UPDATE_COMPLETE
        } else {
            0
        });
        out.put_varint(self.id.0);
        let distance = if self.after.0 == 0 {
            0
        } else {
            self.id.0 - self.after.0
        };
        out.put_varint(distance);
        out.put_varint(self.input.0);
        out.put_varint(self.captured.0);
        out.put_varint(micros(self.waited));
        out.put_varint(micros(self.encoding));
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`WireError`] if it is cut short, has unknown flags, or depends on itself or a later frame.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let flags = reader.u8()?;
        if flags & !flag::ALL != 0 {
            return Err(WireError::meaningless("frame flags", u64::from(flags)));
        }
        let id = reader.varint()?;
        if id == 0 {
            return Err(WireError::meaningless("frame id", 0));
        }
        let distance = reader.varint()?;
        if distance >= id {
            return Err(WireError::meaningless("frame dependency", distance));
        }
        let after = if distance == 0 { 0 } else { id - distance };
        Ok(Self {
            id: FrameId(id),
            after: FrameId(after),
            update_complete: flags & flag::UPDATE_COMPLETE != 0,
            input: InputSeq(reader.varint()?),
            captured: Timestamp(reader.varint()?),
            waited: Duration::from_micros(reader.varint()?),
            encoding: Duration::from_micros(reader.varint()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn headers_round_trip(
            id in 1u64.., back in 0u64.., complete: bool, input: u64, captured: u64,
            waited in 0u64..1 << 40, encoding in 0u64..1 << 40,
        ) {
            let header = FrameHeader {
                id: FrameId(id),
                after: FrameId(if back >= id { 0 } else { back }),
                update_complete: complete,
                input: InputSeq(input),
                captured: Timestamp(captured),
                waited: Duration::from_micros(waited),
                encoding: Duration::from_micros(encoding),
            };
            let mut out = Vec::new();
            header.write(&mut out);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(FrameHeader::read(&mut reader).unwrap(), header);
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Ok(header) = FrameHeader::read(&mut Reader::new(&bytes)) {
                prop_assert!(header.after < header.id);
            }
        }
    }
}
