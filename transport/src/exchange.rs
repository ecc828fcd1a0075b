//! Streams on which both peers speak: those of the clipboards and of files.
//!
//! They carry messages like the control stream, after a byte that says what they are, and give way
//! to everything else.

use hackstream_protocol::wire::clipboard::{ClipboardDemand, ClipboardMessage, ClipboardSupply};
use hackstream_protocol::wire::files::{FileDemand, FileSupply};
use hackstream_protocol::wire::{StreamKind, WireError};
use quinn::{RecvStream, SendStream};
use tokio::sync::mpsc;

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
    /// A file of the viewer's for the session.
    FileToSession(Exchange<FileDemand, FileSupply>),
    /// A file of the session's for the viewer.
    FileToViewer(Exchange<FileSupply, FileDemand>),
}

/// Streams of one subject that wait to be served; a peer that opens more waits.
const WAITING: usize = 8;

/// The streams on which both peers speak, as the peer opens them, by their subject. A subject that
/// has no taker does not exist for the peer: opening a stream of it is a protocol error.
#[derive(Default)]
pub struct Exchanges {
    clipboard: Option<mpsc::Sender<IncomingExchange>>,
    files: Option<mpsc::Sender<IncomingExchange>>,
}

impl Exchanges {
    /// Who takes the streams of the clipboards.
    pub fn clipboard(&mut self) -> mpsc::Receiver<IncomingExchange> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.clipboard = Some(sender);
        receiver
    }

    /// Who takes the streams of files.
    pub fn files(&mut self) -> mpsc::Receiver<IncomingExchange> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.files = Some(sender);
        receiver
    }

    /// Hands out the streams of an admitted viewer's connection until it ends. A stream whose taker
    /// has gone is dropped.
    ///
    /// # Errors
    /// [`TransportError`]: the connection is closed, or the peer broke the protocol.
    pub async fn run(self, connection: Connection) -> Result<(), TransportError> {
        loop {
            let (kind, exchange) = connection.accept_exchange().await?;
            let taker = match &exchange {
                IncomingExchange::Clipboard(_) | IncomingExchange::Contents(_) => &self.clipboard,
                IncomingExchange::FileToSession(_) | IncomingExchange::FileToViewer(_) => {
                    &self.files
                }
            };
            let Some(taker) = taker else {
                return Err(WireError::meaningless("stream kind", kind as u64).into());
            };
            let _ = taker.send(exchange).await;
        }
    }
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

    /// Opens a stream for a file of the viewer's: the viewer's side.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn open_file_to_session(
        &self,
    ) -> Result<Exchange<FileSupply, FileDemand>, TransportError> {
        self.open_exchange(StreamKind::FileToSession).await
    }

    /// Opens a stream for a file of the session's: the viewer's side.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn open_file_to_viewer(
        &self,
    ) -> Result<Exchange<FileDemand, FileSupply>, TransportError> {
        self.open_exchange(StreamKind::FileToViewer).await
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

    /// The next stream on which both peers speak that the peer opened. A call that is cancelled may
    /// take a stream with it.
    ///
    /// # Errors
    /// [`TransportError::Closed`]; [`TransportError::Wire`] or [`TransportError::StreamCut`] if the
    /// peer opened a stream of no known kind.
    async fn accept_exchange(&self) -> Result<(StreamKind, IncomingExchange), TransportError> {
        let (send, mut receive) = self.quic().accept_bi().await?;
        give_way(&send)?;
        let mut kind = [0];
        if receive.read(&mut kind).await?.is_none() {
            return Err(TransportError::StreamCut);
        }
        let unknown = WireError::meaningless("stream kind", u64::from(kind[0]));
        let kind = StreamKind::from_byte(kind[0]).ok_or(unknown.clone())?;
        let exchange = match kind {
            StreamKind::Clipboard => IncomingExchange::Clipboard(exchange(send, receive)),
            StreamKind::ClipboardContents => IncomingExchange::Contents(exchange(send, receive)),
            StreamKind::FileToSession => IncomingExchange::FileToSession(exchange(send, receive)),
            StreamKind::FileToViewer => IncomingExchange::FileToViewer(exchange(send, receive)),
            StreamKind::Input | StreamKind::Feedback | StreamKind::Frame => {
                return Err(unknown.into());
            }
        };
        Ok((kind, exchange))
    }
}

fn exchange<Out, In>(send: SendStream, receive: RecvStream) -> Exchange<Out, In>
where
    Out: ControlMessage,
    In: ControlMessage,
{
    (ControlWriter::new(send), ControlReader::new(receive))
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

control_messages!(
    ClipboardMessage,
    ClipboardDemand,
    ClipboardSupply,
    FileDemand,
    FileSupply
);
