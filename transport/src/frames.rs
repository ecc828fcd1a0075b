//! Frames: each on a stream of its own.

use std::sync::Arc;

use bytes::Bytes;
use hackstream_protocol::ids::StreamIndex;
use hackstream_protocol::limits::MAX_FRAME_BYTES;
use hackstream_protocol::rate::Pace;
use hackstream_protocol::repeat::FrameAssembly;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_protocol::wire::{StreamKind, WireError};
use quinn::RecvStream;

use crate::TransportError;
use crate::lane::Lane;
use crate::parities::{Parities, ParitiesOfFrame};
use crate::path::PathState;
use crate::turns::Turns;

const KIND: &[u8] = &[StreamKind::Frame as u8];

/// Sends `frame` after the byte that says what it is: at once, or in the `lane` if its slices are to
/// be spaced on this `path`. What goes before others is never spaced. Returns which stream it is on.
pub(crate) async fn send(
    quic: &quinn::Connection,
    (lane, turns, path): (&Lane, &Turns, &Arc<PathState>),
    frame: Bytes,
    priority: i32,
) -> Result<StreamIndex, TransportError> {
    if frame.len() > MAX_FRAME_BYTES {
        return Err(TransportError::TooLarge {
            what: "a frame",
            bytes: frame.len(),
            max: MAX_FRAME_BYTES,
        });
    }
    let mut stream = quic.open_uni().await?;
    let turn = stream.set_priority(turns.next(priority > 0));
    turn.map_err(|_| TransportError::StreamCut)?;
    if priority == 0 && Pace::divides(frame.len(), path.capacity()) {
        stream.write_chunk(Bytes::from_static(KIND)).await?;
        let index = StreamIndex(stream.id().index());
        return if lane.take(stream, frame, path) {
            Ok(index)
        } else {
            Err(TransportError::StreamCut)
        };
    }
    let mut pieces = [Bytes::from_static(KIND), frame];
    stream.write_all_chunks(&mut pieces).await?;
    stream.finish().map_err(|_| TransportError::StreamCut)?;
    Ok(StreamIndex(stream.id().index()))
}

/// A frame that is arriving.
///
/// Frames must be read side by side: they share one window of flow control, and the one that is
/// read first may be the one that the server sends last.
pub struct FrameReader {
    stream: RecvStream,
    parities: ParitiesOfFrame,
}

impl FrameReader {
    pub(crate) fn new(stream: RecvStream, parities: &Arc<Parities>) -> Self {
        let parities = parities.of(StreamIndex(stream.id().index()));
        Self { stream, parities }
    }

    /// Reads the whole frame: its header and its payload. It does not wait for what was lost and
    /// follows from the rest and what was [sent twice](crate::Connection::sent_twice).
    ///
    /// # Errors
    /// [`TransportError::Wire`] if the frame is malformed or larger than [`MAX_FRAME_BYTES`],
    /// [`TransportError::StreamCut`], [`TransportError::Closed`].
    pub async fn read(mut self) -> Result<(FrameHeader, Vec<u8>), TransportError> {
        let mut frame = FrameAssembly::default();
        while !self.parities.rebuild(&mut frame) {
            tokio::select! {
                biased;
                // Copied at once: a small piece keeps the memory of its whole datagram.
                piece = self.stream.read_chunk(usize::MAX, false) => match piece? {
                    Some(piece) => frame.add(piece.offset, &piece.bytes)?,
                    None => break,
                },
                () = self.parities.arrived() => {}
            }
        }
        parse(frame.into_bytes())
    }
}

/// Splits a frame into header and payload.
pub(crate) fn parse(mut bytes: Vec<u8>) -> Result<(FrameHeader, Vec<u8>), TransportError> {
    let mut reader = Reader::new(&bytes);
    let kind = reader.u8()?;
    if kind != StreamKind::Frame as u8 {
        return Err(WireError::meaningless("stream kind", u64::from(kind)).into());
    }
    let header = FrameHeader::read(&mut reader)?;
    let payload_at = bytes.len() - reader.remaining();
    bytes.drain(..payload_at);
    Ok((header, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use hackstream_protocol::ids::{FrameId, InputSeq};
    use hackstream_protocol::units::Timestamp;

    fn frame(payload: &[u8]) -> (FrameHeader, Vec<u8>) {
        let header = FrameHeader {
            id: FrameId(u64::MAX),
            after: FrameId(1),
            update_complete: true,
            input: InputSeq(u64::MAX),
            captured: Timestamp(u64::MAX),
            waited: Duration::from_micros(u64::MAX),
            encoding: Duration::from_micros(u64::MAX),
        };
        let mut bytes = vec![StreamKind::Frame as u8];
        header.write(&mut bytes);
        bytes.extend_from_slice(payload);
        (header, bytes)
    }

    #[test]
    fn a_frame_is_header_and_payload() {
        for payload in [&[][..], &[7; 200]] {
            let (header, bytes) = frame(payload);
            assert_eq!(parse(bytes).unwrap(), (header, payload.to_vec()));
        }
    }

    #[test]
    fn anything_cut_short_or_foreign_is_refused() {
        let (_, bytes) = frame(&[]);
        for len in 0..bytes.len() {
            assert!(parse(bytes[..len].to_vec()).is_err(), "{len}");
        }
        assert!(parse(vec![StreamKind::Input as u8, 1]).is_err());
    }
}
