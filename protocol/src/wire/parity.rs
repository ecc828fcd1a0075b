//! What rebuilds a lost packet of a frame: the exclusive or of the others, in QUIC datagrams.
//!
//! A frame's stream is cut into blocks. The parity of a block with a *stride* of `s` are `s` bytes, of
//! which the i-th is the exclusive or of the block's bytes i, i + s, i + 2s …: whatever is missing, if
//! it is one run of at most `s` bytes, follows from the rest, wherever packets begin and end. The
//! parity of a block that is no longer than its stride is the block itself.

use super::WireError;
use super::bytes::{Reader, Writer};
use super::datagram::DatagramKind;
use crate::ids::StreamIndex;
use crate::limits::{MAX_FRAME_BYTES, MAX_PARITY_BYTES};

/// A piece of the parity of a block of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameParity {
    /// The stream that the frame is on.
    pub stream: StreamIndex,
    /// Bytes on that stream, the one that says what it is included; at least 1.
    pub total: usize,
    /// Where the block begins on the stream.
    pub from: usize,
    /// Where it ends; after `from`, at most `total`.
    pub to: usize,
    /// Bytes of the block's parity, at most [`MAX_PARITY_BYTES`] and the block's length.
    pub stride: usize,
    /// Where in the parity this piece begins.
    pub at: usize,
    /// The piece, at least one byte; it ends within the stride.
    pub bytes: Vec<u8>,
}

impl FrameParity {
    /// Bytes that precede the piece in a datagram, at most.
    pub const MAX_HEAD_BYTES: usize = 1 + 5 + 3 * 3 + 2 * 2;

    /// Appends the datagram to `out`, its kind included.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_u8(DatagramKind::Frame as u8);
        out.put_varint(self.stream.0);
        for number in [self.total, self.from, self.to, self.stride, self.at] {
            out.put_varint(number as u64);
        }
        out.raw(&self.bytes);
    }

    /// Reads a datagram; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`WireError`] if it is malformed, or makes no sense.
    pub fn read(datagram: &[u8]) -> Result<Option<Self>, WireError> {
        if DatagramKind::of(datagram) != Some(DatagramKind::Frame) {
            return Ok(None);
        }
        let mut reader = Reader::new(&datagram[1..]);
        let stream = StreamIndex(reader.varint()?);
        // One more for the byte that says what it is.
        let total = reader.length("size of a frame", MAX_FRAME_BYTES + 1)?;
        let from = reader.length("start of a block", total)?;
        let to = reader.length("end of a block", total)?;
        let block = to.checked_sub(from).filter(|&block| block > 0);
        let block = block.ok_or(WireError::meaningless("end of a block", to as u64))?;
        let stride = reader.length("stride", MAX_PARITY_BYTES.min(block))?;
        let at = reader.length("place in a parity", stride)?;
        let bytes = reader.rest();
        if bytes.is_empty() {
            return Err(WireError::Truncated);
        }
        if bytes.len() > stride - at {
            return Err(WireError::OverLimit {
                what: "piece of a parity",
                value: bytes.len() as u64,
                max: (stride - at) as u64,
            });
        }
        let bytes = bytes.to_vec();
        Ok(Some(Self {
            stream,
            total,
            from,
            to,
            stride,
            at,
            bytes,
        }))
    }

    /// All bytes of the stream, if this is all of them.
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        let is_whole = self.to - self.from == self.total && self.bytes.len() == self.total;
        is_whole.then_some(&self.bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn parity() -> impl Strategy<Value = FrameParity> {
        let block = (any::<u64>(), 1..=MAX_FRAME_BYTES + 1)
            .prop_flat_map(|(stream, total)| (Just(stream), Just(total), 0..total))
            .prop_flat_map(|(stream, total, from)| (Just((stream, total, from)), from + 1..=total));
        let place = block.prop_flat_map(|(stream, to)| {
            let most = MAX_PARITY_BYTES.min(to - stream.2);
            (Just((stream, to)), 1..=most)
        });
        let piece = place.prop_flat_map(|(block, stride)| (Just((block, stride)), 0..stride));
        piece.prop_flat_map(|((((stream, total, from), to), stride), at)| {
            proptest::collection::vec(any::<u8>(), 1..=stride - at).prop_map(move |bytes| {
                FrameParity {
                    stream: StreamIndex(stream),
                    total,
                    from,
                    to,
                    stride,
                    at,
                    bytes,
                }
            })
        })
    }

    proptest! {
        #[test]
        fn pieces_round_trip(parity in parity()) {
            let mut out = Vec::new();
            parity.write(&mut out);
            prop_assert_eq!(FrameParity::read(&out), Ok(Some(parity)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = FrameParity::read(&[&[3][..], &bytes].concat());
        }
    }

    #[test]
    fn other_kinds_are_passed_over_and_nonsense_is_refused() {
        let read = |bytes: &[u8]| FrameParity::read(bytes);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[2, 1]), Ok(None));
        assert!(matches!(read(&[3, 0, 9, 0, 9, 4, 0, 1]), Ok(Some(_))));
        assert!(read(&[3, 0, 9, 0, 9, 4, 0]).is_err(), "nothing in it");
        assert!(read(&[3, 0, 9, 9, 9, 0, 0, 1]).is_err(), "an empty block");
        assert!(read(&[3, 0, 9, 5, 4, 1, 0, 1]).is_err(), "backwards");
        assert!(read(&[3, 0, 9, 0, 10, 4, 0, 1]).is_err(), "past the end");
        assert!(
            read(&[3, 0, 9, 0, 3, 4, 0, 1]).is_err(),
            "a stride too long"
        );
        assert!(read(&[3, 0, 9, 0, 9, 4, 4, 1]).is_err(), "past the stride");
        assert!(read(&[3, 0, 9, 0, 9, 4, 3, 1, 1]).is_err(), "too long");
    }
}
