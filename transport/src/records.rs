//! Input and feedback: small records that follow one another on a stream.

use hackstream_protocol::limits::MAX_RECORD_BYTES;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_protocol::wire::input::InputEvent;
use quinn::{RecvStream, SendStream};

use crate::TransportError;

/// Bytes buffered: the start of a record, and what arrived with it.
const BUFFER_BYTES: usize = 8 * MAX_RECORD_BYTES;

/// Writes records.
pub struct RecordWriter {
    stream: SendStream,
}

impl RecordWriter {
    pub(crate) const fn new(stream: SendStream) -> Self {
        Self { stream }
    }

    /// Sends whole records.
    ///
    /// # Errors
    /// [`TransportError::Closed`], or [`TransportError::StreamCut`] if the peer reads no more.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        Ok(self.stream.write_all(bytes).await?)
    }
}

/// Reads records.
pub struct RecordReader {
    stream: RecvStream,
    buffer: Buffer,
}

impl RecordReader {
    pub(crate) fn new(stream: RecvStream) -> Self {
        let buffer = Buffer::default();
        Self { stream, buffer }
    }

    /// The next input event; `None` at the end of the stream. May be cancelled.
    ///
    /// # Errors
    /// [`TransportError::Wire`] if the peer sent something malformed,
    /// [`TransportError::StreamCut`], [`TransportError::Closed`].
    pub async fn input(&mut self) -> Result<Option<InputEvent>, TransportError> {
        self.record(InputEvent::read).await
    }

    /// The next feedback; `None` at the end of the stream. May be cancelled.
    ///
    /// # Errors
    /// As [`input`](Self::input).
    pub async fn feedback(&mut self) -> Result<Option<Feedback>, TransportError> {
        self.record(Feedback::read).await
    }

    async fn record<T>(&mut self, parse: Parse<T>) -> Result<Option<T>, TransportError> {
        loop {
            if let Some(record) = self.buffer.next(parse)? {
                return Ok(Some(record));
            }
            match self.stream.read(self.buffer.free()).await? {
                Some(count) => self.buffer.end += count,
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(TransportError::StreamCut),
            }
        }
    }
}

type Parse<T> = fn(&mut Reader<'_>) -> Result<T, WireError>;

/// What arrived and was not parsed yet: `bytes[start..end]`.
struct Buffer {
    bytes: [u8; BUFFER_BYTES],
    start: usize,
    end: usize,
}

impl Default for Buffer {
    fn default() -> Self {
        Self {
            bytes: [0; BUFFER_BYTES],
            start: 0,
            end: 0,
        }
    }
}

impl Buffer {
    const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The next record; `None` if more bytes are needed.
    fn next<T>(&mut self, parse: Parse<T>) -> Result<Option<T>, WireError> {
        let waiting = &self.bytes[self.start..self.end];
        let mut reader = Reader::new(waiting);
        match parse(&mut reader) {
            Ok(record) => {
                self.start = self.end - reader.remaining();
                Ok(Some(record))
            }
            Err(WireError::Truncated) if waiting.len() < MAX_RECORD_BYTES => Ok(None),
            Err(WireError::Truncated) => Err(WireError::OverLimit {
                what: "record size",
                value: waiting.len() as u64,
                max: MAX_RECORD_BYTES as u64,
            }),
            Err(error) => Err(error),
        }
    }

    /// Where the next bytes go; never empty, because what waits is less than a record.
    fn free(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        &mut self.bytes[self.end..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Point;

    fn motions(count: i32) -> (Vec<InputEvent>, Vec<u8>) {
        let events: Vec<InputEvent> = (0..count)
            .map(|i| InputEvent::PointerMotion(Point::new(i, 300 - i % 300)))
            .collect();
        let mut bytes = Vec::new();
        events.iter().for_each(|event| event.write(&mut bytes));
        (events, bytes)
    }

    #[test]
    fn records_come_out_whole_however_they_arrive() {
        let (events, bytes) = motions(1000);
        for size in [1, 3, 100, 400] {
            let mut buffer = Buffer::default();
            let mut read = Vec::new();
            for piece in bytes.chunks(size) {
                buffer.free()[..piece.len()].copy_from_slice(piece);
                buffer.end += piece.len();
                while let Some(event) = buffer.next(InputEvent::read).unwrap() {
                    read.push(event);
                }
            }
            assert_eq!(read, events, "in pieces of {size}");
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn a_record_that_never_ends_is_refused() {
        let never = |_: &mut Reader<'_>| Err::<(), _>(WireError::Truncated);
        let mut buffer = Buffer {
            end: MAX_RECORD_BYTES - 1,
            ..Buffer::default()
        };
        assert_eq!(buffer.next(never), Ok(None));
        buffer.end = MAX_RECORD_BYTES;
        assert!(buffer.next(never).is_err());
    }
}
