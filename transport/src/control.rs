//! Control messages: length, then message, compressed if that helps.

use core::marker::PhantomData;

use hackstream_protocol::limits::{MAX_CONTROL_BYTES, MAX_HELLO_BYTES};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::control::{ServerMessage, ViewerMessage};
use quinn::{RecvStream, SendStream};
use tokio::task::consume_budget;

use crate::TransportError;

/// Bit of the length that says that the message is compressed with zstd.
const COMPRESSED: u32 = 1 << 31;
/// Smaller messages are not worth compressing.
const COMPRESS_ABOVE: usize = 512;
const COMPRESSION_LEVEL: i32 = 3;
const LENGTH_BYTES: usize = 4;

/// What travels on a control stream in one direction.
pub trait ControlMessage: Sized + Send {
    /// Appends the message to `out`.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads a message; `None` if its kind is unknown.
    ///
    /// # Errors
    /// [`WireError`] if it is malformed.
    fn read(bytes: &[u8]) -> Result<Option<Self>, WireError>;
}

impl ControlMessage for ViewerMessage {
    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }

    fn read(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        Self::read(bytes)
    }
}

impl ControlMessage for ServerMessage {
    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }

    fn read(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        Self::read(bytes)
    }
}

/// Sends control messages.
pub struct ControlWriter<M> {
    stream: SendStream,
    messages: PhantomData<fn(M)>,
}

impl<M: ControlMessage> ControlWriter<M> {
    pub(crate) const fn new(stream: SendStream) -> Self {
        let messages = PhantomData;
        Self { stream, messages }
    }

    /// Sends a message; returns when QUIC has taken it.
    ///
    /// # Errors
    /// [`TransportError::TooLarge`], [`TransportError::Closed`], or [`TransportError::StreamCut`]
    /// if the peer reads no more.
    pub async fn send(&mut self, message: &M) -> Result<(), TransportError> {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        Ok(self.stream.write_all(&pack(&bytes)?).await?)
    }

    /// Sends a message that is most likely compressed already, without trying to make it smaller;
    /// otherwise as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_plain(&mut self, message: &M) -> Result<(), TransportError> {
        let mut bytes = vec![0; LENGTH_BYTES];
        message.write(&mut bytes);
        let length = bytes.len() - LENGTH_BYTES;
        check_length(length)?;
        bytes[..LENGTH_BYTES].copy_from_slice(&(length as u32).to_le_bytes());
        Ok(self.stream.write_all(&bytes).await?)
    }

    /// Says that no more messages follow. Dropping the writer does the same.
    pub fn finish(mut self) {
        // It can only fail because the stream is over already.
        let _ = self.stream.finish();
    }
}

/// Receives control messages.
pub struct ControlReader<M> {
    stream: RecvStream,
    /// What arrived of the current message, its length included.
    partial: Vec<u8>,
    messages: PhantomData<fn() -> M>,
}

impl<M: ControlMessage> ControlReader<M> {
    pub(crate) const fn new(stream: RecvStream) -> Self {
        Self {
            stream,
            partial: Vec::new(),
            messages: PhantomData,
        }
    }

    /// The next message of a known kind; `None` at the end of the stream. May be cancelled.
    ///
    /// # Errors
    /// [`TransportError::Wire`] or [`TransportError::BadCompression`] if the peer sent something
    /// malformed, [`TransportError::StreamCut`], [`TransportError::Closed`].
    pub async fn receive(&mut self) -> Result<Option<M>, TransportError> {
        self.receive_within(MAX_CONTROL_BYTES).await
    }

    /// The same for the first message of a peer that has not been let in: it may not be larger than
    /// [`MAX_HELLO_BYTES`].
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub async fn receive_greeting(&mut self) -> Result<Option<M>, TransportError> {
        self.receive_within(MAX_HELLO_BYTES).await
    }

    async fn receive_within(&mut self, limit: usize) -> Result<Option<M>, TransportError> {
        loop {
            let missing = missing(&self.partial, limit)?;
            if missing == 0 {
                let message = M::read(&unpack(&self.partial, limit)?);
                self.partial.clear();
                // A flood, which may all be here already, must not hold up other connections.
                consume_budget().await;
                match message? {
                    Some(message) => return Ok(Some(message)),
                    None => continue,
                }
            }
            match self.stream.read_chunk(missing, true).await? {
                Some(chunk) => self.partial.extend_from_slice(&chunk.bytes),
                None if self.partial.is_empty() => return Ok(None),
                None => return Err(TransportError::StreamCut),
            }
        }
    }
}

/// A message as it travels.
fn pack(message: &[u8]) -> Result<Vec<u8>, TransportError> {
    check_length(message.len())?;
    let compressed = (message.len() > COMPRESS_ABOVE)
        .then(|| zstd::bulk::compress(message, COMPRESSION_LEVEL).ok())
        .flatten()
        .filter(|compressed| compressed.len() < message.len());
    let (flag, body) = match &compressed {
        Some(compressed) => (COMPRESSED, compressed.as_slice()),
        None => (0, message),
    };
    let length = body.len() as u32 | flag;
    Ok([&length.to_le_bytes(), body].concat())
}

const fn check_length(bytes: usize) -> Result<(), TransportError> {
    if bytes > MAX_CONTROL_BYTES {
        return Err(TransportError::TooLarge {
            what: "a control message",
            bytes,
            max: MAX_CONTROL_BYTES,
        });
    }
    Ok(())
}

/// Length of the body, and whether it is compressed; `None` if the length has not arrived.
fn length(partial: &[u8], limit: usize) -> Result<Option<(usize, bool)>, WireError> {
    let Some(bytes) = partial.first_chunk::<LENGTH_BYTES>() else {
        return Ok(None);
    };
    let field = u32::from_le_bytes(*bytes);
    let length = (field & !COMPRESSED) as usize;
    if length > limit {
        return Err(WireError::OverLimit {
            what: "control message size",
            value: length as u64,
            max: limit as u64,
        });
    }
    Ok(Some((length, field & COMPRESSED != 0)))
}

/// Bytes to read before the next step.
fn missing(partial: &[u8], limit: usize) -> Result<usize, WireError> {
    Ok(match length(partial, limit)? {
        None => LENGTH_BYTES - partial.len(),
        Some((length, _)) => LENGTH_BYTES + length - partial.len(),
    })
}

/// The message in a complete `partial`. The size that a compressed message claims for itself is
/// not believed: it is unpacked into a buffer of `limit` bytes, the largest size allowed.
fn unpack(partial: &[u8], limit: usize) -> Result<Vec<u8>, TransportError> {
    let body = partial.get(LENGTH_BYTES..).unwrap_or_default();
    match length(partial, limit)? {
        Some((_, true)) => {
            zstd::bulk::decompress(body, limit).map_err(|_| TransportError::BadCompression)
        }
        _ => Ok(body.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_all_sizes_round_trip() {
        for size in [0, 1, 512, 513, 100_000, MAX_CONTROL_BYTES] {
            let message: Vec<u8> = (0..size).map(|i| (i % 7) as u8).collect();
            let packed = pack(&message).unwrap();
            assert_eq!(missing(&packed, MAX_CONTROL_BYTES), Ok(0));
            assert_eq!(unpack(&packed, MAX_CONTROL_BYTES).unwrap(), message);
            assert_eq!(packed.len() < size, size > COMPRESS_ABOVE, "{size}");
        }
    }

    #[test]
    fn what_does_not_shrink_is_sent_as_it_is() {
        let mut state = 1u32;
        let noise: Vec<u8> = (0..5000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        assert_eq!(pack(&noise).unwrap().len(), noise.len() + LENGTH_BYTES);
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_the_message_arrives() {
        let over = (MAX_CONTROL_BYTES as u32 + 1).to_le_bytes();
        assert!(missing(&over, MAX_CONTROL_BYTES).is_err());
        assert!(missing(&u32::MAX.to_le_bytes(), MAX_CONTROL_BYTES).is_err());
        assert!(pack(&vec![0; MAX_CONTROL_BYTES + 1]).is_err());
    }

    #[test]
    fn a_small_message_cannot_unpack_to_a_huge_one() {
        for limit in [MAX_HELLO_BYTES, MAX_CONTROL_BYTES] {
            let packed_zeros = |size| {
                let body = zstd::bulk::compress(&vec![0; size], 3).unwrap();
                let length = body.len() as u32 | COMPRESSED;
                [&length.to_le_bytes(), body.as_slice()].concat()
            };
            assert_eq!(unpack(&packed_zeros(limit), limit).unwrap().len(), limit);
            assert!(matches!(
                unpack(&packed_zeros(limit + 1), limit),
                Err(TransportError::BadCompression)
            ));
        }
    }
}
