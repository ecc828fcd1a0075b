//! Frames: each on a stream of its own.

use std::sync::Arc;

use bytes::Bytes;
use hackstream_protocol::limits::MAX_FRAME_BYTES;
use hackstream_protocol::rate::Pace;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_protocol::wire::{StreamKind, WireError};
use quinn::RecvStream;

use crate::TransportError;
use crate::lane::Lane;
use crate::path::PathState;

const KIND: &[u8] = &[StreamKind::Frame as u8];

/// Pieces taken from the stream at once.
const PIECES: usize = 16;

/// Sends `frame` after the byte that says what it is: at once, or in the `lane` if its slices are to
/// be spaced on this `path`. What goes before others is never spaced.
pub(crate) async fn send(
    quic: &quinn::Connection,
    (lane, path): (&Lane, &Arc<PathState>),
    frame: Bytes,
    priority: i32,
) -> Result<(), TransportError> {
    if frame.len() > MAX_FRAME_BYTES {
        return Err(TransportError::TooLarge {
            what: "a frame",
            bytes: frame.len(),
            max: MAX_FRAME_BYTES,
        });
    }
    let mut stream = quic.open_uni().await?;
    if priority != 0 {
        let result = stream.set_priority(priority);
        result.map_err(|_| TransportError::StreamCut)?;
    }
    if priority == 0 && Pace::divides(frame.len(), path.capacity()) {
        stream.write_chunk(Bytes::from_static(KIND)).await?;
        return if lane.take(stream, frame, path) {
            Ok(())
        } else {
            Err(TransportError::StreamCut)
        };
    }
    let mut pieces = [Bytes::from_static(KIND), frame];
    stream.write_all_chunks(&mut pieces).await?;
    stream.finish().map_err(|_| TransportError::StreamCut)
}

/// A frame that is arriving.
///
/// Frames must be read side by side: they share one window of flow control, and the one that is
/// read first may be the one that the server sends last.
pub struct FrameReader {
    stream: RecvStream,
}

impl FrameReader {
    pub(crate) const fn new(stream: RecvStream) -> Self {
        Self { stream }
    }

    /// Reads the whole frame: its header and its payload.
    ///
    /// # Errors
    /// [`TransportError::Wire`] if the frame is malformed or larger than [`MAX_FRAME_BYTES`],
    /// [`TransportError::StreamCut`], [`TransportError::Closed`].
    pub async fn read(mut self) -> Result<(FrameHeader, Vec<u8>), TransportError> {
        let mut bytes = Vec::new();
        let mut pieces = [const { Bytes::new() }; PIECES];
        while let Some(count) = self.stream.read_chunks(&mut pieces).await? {
            for piece in pieces.iter_mut().take(count) {
                // Copied at once: a small piece keeps the memory of its whole datagram.
                bytes.extend_from_slice(&core::mem::take(piece));
            }
            // One more for the byte that says what it is.
            if bytes.len() > MAX_FRAME_BYTES + 1 {
                return Err(too_large(bytes.len()));
            }
        }
        parse(bytes)
    }
}

fn too_large(bytes: usize) -> TransportError {
    let over = WireError::OverLimit {
        what: "frame size",
        value: bytes as u64,
        max: MAX_FRAME_BYTES as u64,
    };
    over.into()
}

/// Splits a frame into header and payload.
fn parse(mut bytes: Vec<u8>) -> Result<(FrameHeader, Vec<u8>), TransportError> {
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
