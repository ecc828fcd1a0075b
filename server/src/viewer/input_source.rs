//! A viewer's input as it comes: on its stream, and where packets get lost in datagrams as well.

use hackstream_protocol::session::input_order::InputOrder;
use hackstream_protocol::wire::datagram::RepeatedInput;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{Connection, RecordReader, TransportError};

/// The events in their order, each once.
pub(super) struct InputSource<'a> {
    connection: &'a Connection,
    stream: RecordReader,
    order: InputOrder,
}

impl<'a> InputSource<'a> {
    /// The events on `stream`, of `connection`.
    pub(super) fn new(connection: &'a Connection, stream: RecordReader) -> Self {
        Self {
            connection,
            stream,
            order: InputOrder::default(),
        }
    }

    /// The next event; `None` at the end of the stream. May be cancelled.
    ///
    /// # Errors
    /// [`TransportError`] if the connection or the stream breaks, or brings something malformed.
    pub(super) async fn next(&mut self) -> Result<Option<InputEvent>, TransportError> {
        loop {
            if let Some(event) = self.order.pop() {
                return Ok(Some(event));
            }
            tokio::select! {
                biased;
                event = self.stream.input() => match event? {
                    Some(event) => self.order.stream(event),
                    None => return Ok(None),
                },
                datagram = self.connection.receive_datagram() => {
                    if let Some(repeated) = RepeatedInput::read(&datagram?)? {
                        self.order.repeat(&repeated);
                    }
                }
            }
        }
    }
}
