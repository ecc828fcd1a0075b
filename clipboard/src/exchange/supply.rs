//! Contents of clipboards here, for the peer that pastes them.

use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::clipboard::difference;
use hackstream_protocol::limits::MAX_CLIPBOARD_BASE_BYTES;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::clipboard::{
    ClipboardDemand, ClipboardSupply, Format, Request, Start,
};
use hackstream_transport::{
    Connection, ControlReader, ControlWriter, IncomingExchange, TransportError,
};
use tokio::sync::{Notify, mpsc};
use tokio::task::yield_now;
use tokio::time::timeout;
use tracing::debug;

use super::news::News;
use super::{Exchange, next};
use crate::pipe::{Read, Reader, Wake};

/// Largest and smallest piece that is sent at once.
const PIECE: usize = 16 << 10;
const LEAST_PIECE: usize = 2 << 10;

/// Bytes sent that the peer need not have taken yet, however wide the link is.
const MOST_AHEAD: u64 = 64 << 10;

/// A peer that takes nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why contents were not sent.
#[derive(Debug, thiserror::Error)]
enum SupplyError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the program that has them fails to hand them out")]
    Failed,
    #[error("the peer takes nothing")]
    Stalled,
}

/// A text that was sent, and the number of its request.
struct Base {
    number: u64,
    text: Vec<u8>,
}

/// Serves the peer's requests, one after another, until the connection ends.
pub(super) async fn supply_all(
    streams: &mut mpsc::Receiver<IncomingExchange>,
    news: &News,
    exchange: &Exchange,
) -> Result<(), TransportError> {
    let mut base = None;
    loop {
        // A second stream for what the clipboards hold is a broken peer; it is simply not read.
        let IncomingExchange::Contents((to_peer, from_peer)) = next(streams).await else {
            continue;
        };
        if !exchange.directions.give {
            continue;
        }
        let supply = Supply {
            connection: &exchange.connection,
            to_peer,
            from_peer,
            taken: 0,
            sent: 0,
        };
        match supply.serve(news, exchange, &mut base).await {
            Ok(()) => {}
            Err(SupplyError::Transport(
                error @ (TransportError::Wire(_)
                | TransportError::BadCompression
                | TransportError::Closed(_)),
            )) => return Err(error),
            Err(error) => debug!(%error, "contents of a clipboard were not sent"),
        }
    }
}

/// One request and its answer.
struct Supply<'a> {
    connection: &'a Connection,
    to_peer: ControlWriter<ClipboardSupply>,
    from_peer: ControlReader<ClipboardDemand>,
    /// Bytes that the peer has taken.
    taken: u64,
    /// Bytes sent to it.
    sent: u64,
}

impl Supply<'_> {
    /// Answers the request. Dropping the stream before its end refuses it.
    async fn serve(
        mut self,
        news: &News,
        exchange: &Exchange,
        base: &mut Option<Base>,
    ) -> Result<(), SupplyError> {
        let received = timeout(PATIENCE, self.from_peer.receive()).await;
        let request = match received.map_err(|_| SupplyError::Stalled)?? {
            Some(ClipboardDemand::Request(request)) => request,
            _ => return Err(TransportError::from(WireError::Missing("request")).into()),
        };
        if news.here(request.selection).serial != request.serial
            || !news.was_told(request.selection, request.serial)
        {
            return Ok(());
        }
        let woken = Arc::new(Notify::new());
        let wake = Wake::task(&woken);
        let Request {
            selection,
            serial,
            format,
            ..
        } = request;
        let Some(reader) = exchange.hub.fetch(selection, serial, format, wake) else {
            return Ok(());
        };
        let source = Source { reader, woken };
        match format {
            Format::Text => self.send_text(source, &request, base).await,
            Format::Png | Format::Html => self.send_all(source, Vec::new()).await,
        }
    }

    /// Sends what is different from the base, if the text is short enough to be remembered.
    async fn send_text(
        mut self,
        source: Source,
        request: &Request,
        base: &mut Option<Base>,
    ) -> Result<(), SupplyError> {
        let mut text = Vec::new();
        while text.len() <= MAX_CLIPBOARD_BASE_BYTES {
            match self.next_of(&source).await? {
                Some(piece) => text.extend(piece),
                None => return self.send_difference(text, request, base).await,
            }
        }
        self.send_all(source, text).await
    }

    async fn send_difference(
        mut self,
        text: Vec<u8>,
        request: &Request,
        base: &mut Option<Base>,
    ) -> Result<(), SupplyError> {
        let shared = base.as_ref().filter(|base| base.number == request.base);
        let start = shared.map_or(Start::default(), |base| difference(&base.text, &text));
        self.send(ClipboardSupply::Start(start)).await?;
        self.send_pieces(&text[start.prefix..text.len() - start.suffix])
            .await?;
        self.send(ClipboardSupply::End).await?;
        *base = Some(Base {
            number: request.number,
            text,
        });
        Ok(())
    }

    /// Sends `first` and then everything else.
    async fn send_all(mut self, source: Source, first: Vec<u8>) -> Result<(), SupplyError> {
        self.send(ClipboardSupply::Start(Start::default())).await?;
        let mut next = Some(first);
        while let Some(bytes) = next {
            self.send_pieces(&bytes).await?;
            next = self.next_of(&source).await?;
        }
        self.send(ClipboardSupply::End).await
    }

    /// The next bytes from where they were copied, unless the peer gives up.
    async fn next_of(&mut self, source: &Source) -> Result<Option<Vec<u8>>, SupplyError> {
        tokio::select! {
            next = source.next() => next,
            gone = self.hear_until_gone() => Err(gone),
        }
    }

    async fn hear_until_gone(&mut self) -> SupplyError {
        loop {
            if let Err(error) = self.hear().await {
                return error;
            }
        }
    }

    /// Sends bytes as the link allows, and as the peer takes them.
    async fn send_pieces(&mut self, bytes: &[u8]) -> Result<(), SupplyError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.room();
            if room == 0 {
                let heard = timeout(PATIENCE, self.hear()).await;
                heard.map_err(|_| SupplyError::Stalled)??;
                continue;
            }
            let (piece, after) = rest.split_at(rest.len().min(room));
            self.sent += piece.len() as u64;
            self.send(ClipboardSupply::Piece(piece.to_vec())).await?;
            rest = after;
            // A key that came while this one was compressed must not wait for the next.
            yield_now().await;
        }
        Ok(())
    }

    /// Bytes that may be sent now. What is on its way fills at most half of the congestion window,
    /// so that there is always room for a frame.
    fn room(&self) -> usize {
        let half = self.connection.path().window.0 / 2;
        let ahead = half.clamp(LEAST_PIECE as u64, MOST_AHEAD);
        let on_its_way = self.sent.saturating_sub(self.taken);
        let piece = PIECE.min(ahead as usize);
        if on_its_way > 0 && on_its_way + piece as u64 > ahead {
            return 0;
        }
        piece
    }

    /// Takes the peer's next message.
    async fn hear(&mut self) -> Result<(), SupplyError> {
        match self.from_peer.receive().await? {
            // Who takes nothing has nothing to say: it would be a way to keep others waiting.
            Some(ClipboardDemand::Taken(bytes))
                if (self.taken + 1..=self.sent).contains(&bytes) =>
            {
                self.taken = bytes;
            }
            Some(ClipboardDemand::Taken(bytes)) => {
                let impossible = WireError::meaningless("bytes taken", bytes);
                return Err(TransportError::from(impossible).into());
            }
            Some(ClipboardDemand::Request(_)) => {
                return Err(
                    TransportError::from(WireError::meaningless("second request", 0)).into(),
                );
            }
            None => return Err(TransportError::StreamCut.into()),
        }
        Ok(())
    }

    async fn send(&mut self, message: ClipboardSupply) -> Result<(), SupplyError> {
        let sent = timeout(PATIENCE, self.to_peer.send(&message)).await;
        Ok(sent.map_err(|_| SupplyError::Stalled)??)
    }
}

/// Where the contents come from.
struct Source {
    reader: Reader,
    woken: Arc<Notify>,
}

impl Source {
    /// The next piece; `None` at the end. May be cancelled.
    async fn next(&self) -> Result<Option<Vec<u8>>, SupplyError> {
        loop {
            match self.reader.next() {
                Read::Piece(piece) => return Ok(Some(piece)),
                Read::Complete => return Ok(None),
                Read::Failed => return Err(SupplyError::Failed),
                Read::Nothing => self.woken.notified().await,
            }
        }
    }
}
