//! A viewer's input as it comes: on its stream, and where packets get lost in datagrams as well.

use hackstream_protocol::session::input_order::InputOrder;
use hackstream_protocol::wire::datagram::RepeatedInput;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{RecordReader, TransportError};
use tokio::sync::mpsc;

/// The events in their order, each once.
pub(super) struct InputSource {
    stream: RecordReader,
    repeats: mpsc::Receiver<RepeatedInput>,
    order: InputOrder,
}

impl InputSource {
    /// The events on `stream`, of which some come again as `repeats`.
    pub(super) fn new(stream: RecordReader, repeats: mpsc::Receiver<RepeatedInput>) -> Self {
        Self {
            stream,
            repeats,
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
                Some(repeated) = self.repeats.recv() => self.order.repeat(&repeated),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use hackstream_protocol::ids::InputSeq;
    use hackstream_protocol::wire::StreamKind;
    use hackstream_protocol::wire::input::{KeyCode, Transition};
    use hackstream_transport::{Connector, Identity, IncomingStream, Listener};

    fn press(code: u16) -> InputEvent {
        InputEvent::Key(KeyCode(code), Transition::Press)
    }

    fn repeated(first: u64, events: &[InputEvent]) -> RepeatedInput {
        RepeatedInput {
            first: InputSeq(first),
            events: events.to_vec(),
        }
    }

    /// A key's packet is lost, that is, its record comes last; meanwhile datagrams bring it.
    async fn lose_a_key() -> Result<(), TransportError> {
        let identity = Identity::generate()?;
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), &identity)?;
        let connector = Connector::new()?;
        let address = listener.local_addr()?;
        let (server, viewer) = tokio::join!(
            async { listener.accept().await.unwrap().handshake().await },
            connector.connect(address, "localhost"),
        );
        let ((server, _newcomer), viewer) = (server?, viewer?);
        let mut writer = viewer.open_records(StreamKind::Input).await?;
        let IncomingStream::Input(stream) = server.accept_stream().await? else {
            panic!("another stream");
        };
        let (repeats, again) = mpsc::channel(8);
        let mut source = InputSource::new(stream, again);
        for datagram in [
            repeated(2, &[press(2)]),
            repeated(1, &[press(1)]),
            repeated(1, &[press(1), press(2)]),
        ] {
            repeats.send(datagram).await.unwrap();
        }
        assert_eq!(source.next().await?, Some(press(1)));
        assert_eq!(source.next().await?, Some(press(2)));
        let mut records = Vec::new();
        (1..=3).for_each(|code| press(code).write(&mut records));
        writer.write(&records).await?;
        assert_eq!(source.next().await?, Some(press(3)));
        Ok(())
    }

    #[tokio::test]
    async fn a_lost_key_is_played_when_a_datagram_brings_it_and_only_once() {
        let lost = tokio::time::timeout(Duration::from_secs(30), lose_a_key());
        lost.await.expect("the test hangs").unwrap();
    }
}
