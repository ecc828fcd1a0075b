//! Contents of the peer's clipboards, for whoever pastes here.

use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::clipboard::{ContentsError, Guard};
use hackstream_protocol::limits::MAX_CLIPBOARD_BASE_BYTES;
use hackstream_protocol::wire::clipboard::{ClipboardDemand, ClipboardSupply, Format, Request};
use hackstream_protocol::wire::{WireError, clipboard::Start};
use hackstream_transport::{Connection, ControlReader, ControlWriter, TransportError};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tracing::debug;

use super::news::News;
use crate::hub::Demand;
use crate::pipe::{Wake, Writer};

/// How long a peer may take to let this one open a stream.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why contents did not come.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the peer sent {0}")]
    Contents(#[from] ContentsError),
    #[error("the peer has them no longer")]
    Refused,
}

/// A text that was fetched, and the number of its request.
struct Base {
    number: u64,
    text: Vec<u8>,
}

/// Fetches what is demanded, one after another, until the connection ends.
pub(super) async fn fetch_all(
    connection: &Connection,
    news: &News,
    demands: &mut mpsc::Receiver<Demand>,
) -> Result<(), TransportError> {
    let mut number = 0;
    let mut base = None;
    while let Some(demand) = demands.recv().await {
        number += 1;
        match fetch(connection, news, number, demand, &mut base).await {
            Ok(()) => {}
            Err(FetchError::Transport(
                error @ (TransportError::Wire(_) | TransportError::Closed(_)),
            )) => {
                return Err(error);
            }
            Err(error) => debug!(%error, "contents of a clipboard did not come"),
        }
    }
    Ok(())
}

/// Fetches one. The demand's pipe fails if this does.
async fn fetch(
    connection: &Connection,
    news: &News,
    number: u64,
    demand: Demand,
    base: &mut Option<Base>,
) -> Result<(), FetchError> {
    let Demand {
        selection,
        format,
        writer,
    } = demand;
    let woken = Arc::new(Notify::new());
    writer.on_room(Wake::task(&woken));
    if !writer.is_wanted() {
        return Ok(());
    }
    let opened = timeout(PATIENCE, connection.open_clipboard_contents()).await;
    let (mut to_peer, mut from_peer) = opened.map_err(|_| FetchError::Refused)??;
    let usable = base.as_ref().filter(|_| format == Format::Text);
    let request = Request {
        number,
        selection,
        serial: news.heard(selection),
        format,
        base: usable.map_or(0, |base| base.number),
    };
    to_peer.send(&ClipboardDemand::Request(request)).await?;
    let mut arrival = Arrival {
        writer,
        woken,
        guard: Guard::new(format),
        kept: (format == Format::Text).then(Vec::new),
    };
    let Some(start) = arrival.next(&mut from_peer).await? else {
        return Ok(());
    };
    let ClipboardSupply::Start(start) = start else {
        return Err(TransportError::from(WireError::Missing("start of contents")).into());
    };
    let (prefix, suffix) = parts(usable, start)?;
    let (prefix, suffix) = (prefix.to_vec(), suffix.to_vec());
    arrival.take(prefix)?;
    if !arrival.take_pieces(&mut from_peer, &mut to_peer).await? {
        return Ok(());
    }
    arrival.take(suffix)?;
    if let Some(text) = arrival.finish()? {
        *base = Some(Base { number, text });
    }
    Ok(())
}

/// What of the base is kept.
fn parts(base: Option<&Base>, start: Start) -> Result<(&[u8], &[u8]), TransportError> {
    let text = base.map_or(&[][..], |base| &base.text);
    let kept = (start.prefix, start.suffix);
    let parts = || {
        let (prefix, rest) = text.split_at_checked(kept.0)?;
        let end = rest.len().checked_sub(kept.1)?;
        Some((prefix, &rest[end..]))
    };
    let kept = kept.0.saturating_add(kept.1) as u64;
    parts().ok_or_else(|| WireError::meaningless("kept bytes", kept).into())
}

/// Contents that are arriving.
struct Arrival {
    writer: Writer,
    /// Signalled when the writer has room, or nobody wants the rest.
    woken: Arc<Notify>,
    guard: Guard,
    /// The text so far; `None` if it is none, or too long to keep.
    kept: Option<Vec<u8>>,
}

impl Arrival {
    /// The peer's next message; `None` if nobody wants it any more.
    async fn next(
        &self,
        from_peer: &mut ControlReader<ClipboardSupply>,
    ) -> Result<Option<ClipboardSupply>, FetchError> {
        loop {
            tokio::select! {
                message = from_peer.receive() => {
                    return Ok(Some(message?.ok_or(FetchError::Refused)?));
                }
                () = self.woken.notified() => {
                    if !self.writer.is_wanted() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Takes pieces to the end; false if nobody wants them any more.
    async fn take_pieces(
        &mut self,
        from_peer: &mut ControlReader<ClipboardSupply>,
        to_peer: &mut ControlWriter<ClipboardDemand>,
    ) -> Result<bool, FetchError> {
        let mut taken = 0;
        while let Some(message) = self.next(from_peer).await? {
            let piece = match message {
                ClipboardSupply::Piece(piece) => piece,
                ClipboardSupply::End => return Ok(true),
                ClipboardSupply::Start(_) => {
                    let second = WireError::meaningless("second start of contents", taken);
                    return Err(TransportError::from(second).into());
                }
            };
            taken += piece.len() as u64;
            self.take(piece)?;
            while !self.writer.has_room() && self.writer.is_wanted() {
                self.woken.notified().await;
            }
            // A peer that has sent everything hears no more; what else is wrong shows at once.
            let _ = to_peer.send(&ClipboardDemand::Taken(taken)).await;
        }
        Ok(false)
    }

    fn take(&mut self, piece: Vec<u8>) -> Result<(), ContentsError> {
        if let Some(kept) = &mut self.kept {
            if kept.len() + piece.len() <= MAX_CLIPBOARD_BASE_BYTES {
                kept.extend_from_slice(&piece);
            } else {
                self.kept = None;
            }
        }
        self.writer.push(self.guard.pass(piece)?);
        Ok(())
    }

    /// The text to keep.
    fn finish(mut self) -> Result<Option<Vec<u8>>, ContentsError> {
        self.writer.push(self.guard.finish()?);
        self.writer.finish();
        Ok(self.kept)
    }
}
