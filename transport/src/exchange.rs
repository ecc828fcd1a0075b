//! Streams on which both peers speak: those of the clipboards.
//!
//! They carry messages like the control stream, after a byte that says what they are, and give way
//! to everything else.

use hackstream_protocol::wire::clipboard::{ClipboardDemand, ClipboardMessage, ClipboardSupply};
use hackstream_protocol::wire::{StreamKind, WireError};
use quinn::SendStream;

use crate::{Connection, ControlMessage, ControlReader, ControlWriter, TransportError};

/// Below every frame.
const PRIORITY: i32 = i32::MIN;

/// What is said on a stream of the clipboards, and what is heard on it.
pub type Exchange<Out, In> = (ControlWriter<Out>, ControlReader<In>);

/// A stream on which both peers speak, opened by the other one.
pub enum IncomingExchange {
    /// What the clipboards hold.
    Clipboard(Exchange<ClipboardMessage, ClipboardMessage>),
    /// The contents of a clipboard of ours.
    Contents(Exchange<ClipboardSupply, ClipboardDemand>),
}

impl Connection {
    /// Opens the stream for what the clipboards hold.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn open_clipboard(
        &self,
    ) -> Result<Exchange<ClipboardMessage, ClipboardMessage>, TransportError> {
        self.open_exchange(StreamKind::Clipboard).await
    }

    /// Opens a stream for the contents of a clipboard of the peer's.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn open_clipboard_contents(
        &self,
    ) -> Result<Exchange<ClipboardDemand, ClipboardSupply>, TransportError> {
        self.open_exchange(StreamKind::ClipboardContents).await
    }

    async fn open_exchange<Out, In>(
        &self,
        kind: StreamKind,
    ) -> Result<Exchange<Out, In>, TransportError>
    where
        Out: ControlMessage,
        In: ControlMessage,
    {
        let (mut send, receive) = self.quic().open_bi().await?;
        give_way(&send)?;
        send.write_all(&[kind as u8]).await?;
        Ok((ControlWriter::new(send), ControlReader::new(receive)))
    }

    /// The next stream of the clipboards that the peer opened; call it only once the control stream
    /// was accepted. A call that is cancelled may take a stream with it.
    ///
    /// # Errors
    /// [`TransportError::Closed`]; [`TransportError::Wire`] or [`TransportError::StreamCut`] if the
    /// peer opened a stream of no known kind.
    pub async fn accept_exchange(&self) -> Result<IncomingExchange, TransportError> {
        let (send, mut receive) = self.quic().accept_bi().await?;
        give_way(&send)?;
        let mut kind = [0];
        if receive.read(&mut kind).await?.is_none() {
            return Err(TransportError::StreamCut);
        }
        match StreamKind::from_byte(kind[0]) {
            Some(StreamKind::Clipboard) => Ok(IncomingExchange::Clipboard((
                ControlWriter::new(send),
                ControlReader::new(receive),
            ))),
            Some(StreamKind::ClipboardContents) => Ok(IncomingExchange::Contents((
                ControlWriter::new(send),
                ControlReader::new(receive),
            ))),
            _ => Err(WireError::meaningless("stream kind", u64::from(kind[0])).into()),
        }
    }
}

fn give_way(stream: &SendStream) -> Result<(), TransportError> {
    let result = stream.set_priority(PRIORITY);
    result.map_err(|_| TransportError::StreamCut)
}

/// Messages that travel like those of the control stream.
macro_rules! control_messages {
    ($($message:ty),*) => {$(
        impl ControlMessage for $message {
            fn write(&self, out: &mut Vec<u8>) {
                self.write(out);
            }

            fn read(bytes: &[u8]) -> Result<Option<Self>, WireError> {
                Self::read(bytes)
            }
        }
    )*};
}

control_messages!(ClipboardMessage, ClipboardDemand, ClipboardSupply);
