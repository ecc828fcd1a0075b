//! A file of ours for the peer.

use hackstream_protocol::files::Dispatch;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::files::{FileDemand, FileSupply};
use hackstream_transport::{Connection, ControlReader, ControlWriter, Exchange, TransportError};
use tokio::task::yield_now;

use crate::{FileError, Progress, Source, blocking};

/// Sends a file and waits until the peer has stored it; the name that it got there. `progress` is
/// called whenever the peer has taken more of it.
///
/// # Errors
/// [`FileError`]: why it did not arrive. Nothing of it is left at the peer then.
pub async fn give(
    connection: &Connection,
    exchange: Exchange<FileSupply, FileDemand>,
    source: Source,
    progress: impl FnMut(Progress),
) -> Result<String, FileError> {
    let (to_peer, from_peer) = exchange;
    let giving = Giving {
        connection,
        size: source.size(),
        dispatch: Dispatch::new(source.size()),
        to_peer,
        from_peer,
        progress,
    };
    giving.run(source).await
}

struct Giving<'a, P> {
    connection: &'a Connection,
    size: u64,
    dispatch: Dispatch,
    to_peer: ControlWriter<FileSupply>,
    from_peer: ControlReader<FileDemand>,
    progress: P,
}

impl<P: FnMut(Progress)> Giving<'_, P> {
    async fn run(mut self, mut source: Source) -> Result<String, FileError> {
        let start = FileSupply::Start {
            name: source.name().as_str().to_owned(),
            size: self.size,
        };
        self.send(&start).await?;
        while self.dispatch.left() > 0 {
            let room = self.dispatch.room(self.connection.path().window);
            if room == 0 {
                self.hear().await?;
                continue;
            }
            let bytes;
            (source, bytes) = blocking(move || source.read(room).map(|bytes| (source, bytes)))
                .await?
                .map_err(FileError::Source)?;
            self.dispatch.sent(bytes.len());
            self.send(&FileSupply::Piece(bytes)).await?;
            // A key that came meanwhile must not wait for the next piece.
            yield_now().await;
        }
        blocking(move || source.check_unchanged())
            .await?
            .map_err(FileError::Source)?;
        self.send(&FileSupply::End).await?;
        loop {
            if let Some(name) = self.hear().await? {
                return Ok(name);
            }
        }
    }

    /// Sends the next message, unless the peer says meanwhile that it does not take the file.
    async fn send(&mut self, message: &FileSupply) -> Result<(), FileError> {
        let sent = self.to_peer.send_plain(message).await;
        if let Err(TransportError::StreamCut) = sent {
            // The peer reads no more; it may have said why.
            loop {
                self.hear().await?;
            }
        }
        Ok(sent?)
    }

    /// Takes the peer's next message; the name under which it has stored the file.
    async fn hear(&mut self) -> Result<Option<String>, FileError> {
        match self.from_peer.receive().await {
            Ok(Some(FileDemand::Taken(bytes))) => {
                self.dispatch.taken(bytes).map_err(TransportError::from)?;
                (self.progress)(Progress {
                    arrived: self.dispatch.arrived(),
                    size: self.size,
                });
                Ok(None)
            }
            Ok(Some(FileDemand::Stored(name))) if self.dispatch.left() == 0 => Ok(Some(name)),
            Ok(Some(FileDemand::Refused { reason, text })) => {
                Err(FileError::Refused { reason, text })
            }
            Ok(Some(FileDemand::Stored(_) | FileDemand::Fetch(_))) => {
                let early = WireError::meaningless("answer to a file", self.dispatch.arrived());
                Err(TransportError::from(early).into())
            }
            Ok(None) | Err(TransportError::StreamCut) => Err(FileError::GivenUp),
            Err(error) => Err(error.into()),
        }
    }
}
