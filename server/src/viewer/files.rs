//! The files that one viewer gives and gets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use hackstream_files::size::Shown;
use hackstream_files::{FileError, announced, give, take};
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::control::{FileOffer, ServerMessage};
use hackstream_protocol::wire::files::{FileDemand, FileSupply};
use hackstream_transport::{Connection, Exchange, Exchanges, IncomingExchange, TransportError};
use tokio::sync::mpsc;
use tracing::{debug, info};

use crate::files::Files;
use crate::log_quota::LogQuota;

/// Streams that wait to be served; a viewer that opens more waits.
const WAITING: usize = 8;

type ToSession = Exchange<FileDemand, FileSupply>;
type ToViewer = Exchange<FileSupply, FileDemand>;

/// What a viewer does with files while it is there.
pub(super) struct FileVisit {
    id: ViewerId,
    /// The session's files, and the streams on which the viewer gives and gets them; `None` without
    /// the right to them.
    share: Option<(Arc<Files>, mpsc::Receiver<IncomingExchange>)>,
    /// Whether it wants to hear of files for it.
    wants: bool,
    to_tell: mpsc::Sender<ServerMessage>,
}

impl FileVisit {
    /// Takes the viewer's streams for files out of `exchanges`, if it may have `files`; it `wants` to
    /// hear of those that the session has for it, or not. What it is to be told goes to `to_tell`.
    pub(super) fn begin(
        files: Option<&Arc<Files>>,
        wants: bool,
        id: ViewerId,
        exchanges: &mut Exchanges,
        to_tell: mpsc::Sender<ServerMessage>,
    ) -> Self {
        Self {
            id,
            share: files.map(|files| (Arc::clone(files), exchanges.files())),
            wants,
            to_tell,
        }
    }

    /// Serves until the connection ends.
    ///
    /// # Errors
    /// [`TransportError`]: the viewer broke the protocol, or is gone.
    pub(super) async fn run(self, connection: &Connection) -> Result<(), TransportError> {
        let Some((files, mut streams)) = self.share else {
            return std::future::pending().await;
        };
        let (to_session, given) = mpsc::channel(WAITING);
        let (to_viewer, fetched) = mpsc::channel(WAITING);
        let sorting = async {
            while let Some(stream) = streams.recv().await {
                // Those who take them end with this.
                let _ = match stream {
                    IncomingExchange::FileToSession(stream) => {
                        to_session.send(stream).await.is_ok()
                    }
                    IncomingExchange::FileToViewer(stream) => to_viewer.send(stream).await.is_ok(),
                    IncomingExchange::Clipboard(_) | IncomingExchange::Contents(_) => false,
                };
            }
            // The connection is about to end.
            std::future::pending().await
        };
        tokio::select! {
            result = sorting => result,
            result = take_all(&files, given, self.id) => result,
            result = give_all(connection, &files, fetched, self.id) => result,
            result = tell_offers(&files, self.wants, &self.to_tell) => result,
        }
    }
}

/// Stores what the viewer gives, one file after the other.
async fn take_all(
    files: &Files,
    mut streams: mpsc::Receiver<ToSession>,
    id: ViewerId,
) -> Result<(), TransportError> {
    let mut begun = LogQuota::new(Instant::now());
    let mut failures = LogQuota::new(Instant::now());
    while let Some(stream) = streams.recv().await {
        match take_one(files, stream, &mut begun).await {
            Ok((name, size)) => info!(%id, name, size, "a file from the viewer is stored"),
            Err(error) => judge(
                error,
                id,
                &mut failures,
                "a file from the viewer is not stored",
            )?,
        }
    }
    Ok(())
}

async fn take_one(
    files: &Files,
    stream: ToSession,
    quota: &mut LogQuota,
) -> Result<(String, u64), FileError> {
    let announced = announced(stream).await?;
    let size = announced.size;
    if quota.allows(Instant::now()) {
        info!(name = %announced.name, size = %Shown(size), "a file comes from a viewer");
    }
    let name = take(announced, files.inbox(), files.largest(), |_| {}).await?;
    Ok((name.as_str().to_owned(), size))
}

/// Sends what the viewer fetches, one file after the other.
async fn give_all(
    connection: &Connection,
    files: &Files,
    mut streams: mpsc::Receiver<ToViewer>,
    id: ViewerId,
) -> Result<(), TransportError> {
    let mut failures = LogQuota::new(Instant::now());
    while let Some(stream) = streams.recv().await {
        match give_one(connection, files, stream).await {
            Ok(name) => info!(%id, name, "the viewer has a file"),
            Err(error) => judge(error, id, &mut failures, "the viewer did not get a file")?,
        }
    }
    Ok(())
}

async fn give_one(
    connection: &Connection,
    files: &Files,
    (to_peer, mut from_peer): ToViewer,
) -> Result<String, FileError> {
    let number = match from_peer.receive().await? {
        Some(FileDemand::Fetch(number)) => number,
        Some(_) => {
            return Err(TransportError::from(WireError::Missing("number of a file")).into());
        }
        None => return Err(FileError::GivenUp),
    };
    // Dropping the stream refuses it.
    let source = files.outbox().open(number).await;
    let source = source.ok_or(FileError::GivenUp)?;
    let name = source.name().as_str().to_owned();
    give(connection, (to_peer, from_peer), source, |_| {}).await?;
    files.outbox().sent(number).await;
    Ok(name)
}

/// What the failure of one file means for the visit. The viewer can have them as often as it likes.
fn judge(
    error: FileError,
    id: ViewerId,
    quota: &mut LogQuota,
    what: &'static str,
) -> Result<(), TransportError> {
    // Debug output, because the viewer's words may contain anything.
    let error = error.not_of_connection()?;
    if quota.allows(Instant::now()) {
        info!(%id, error = ?error.to_string(), "{what}");
    } else {
        debug!(%id, error = ?error.to_string(), "{what}");
    }
    Ok(())
}

/// Tells the viewer of the files that it may have, as they come and go.
async fn tell_offers(
    files: &Files,
    wants: bool,
    to_tell: &mpsc::Sender<ServerMessage>,
) -> Result<(), TransportError> {
    if !wants {
        return std::future::pending().await;
    }
    let mut changes = files.outbox().follow();
    let mut told = BTreeSet::new();
    while changes.changed().await.is_ok() {
        let offers = files.outbox().offers();
        let mut messages = Vec::new();
        told.retain(|number| {
            let stays = offers.contains_key(number);
            if !stays {
                messages.push(ServerMessage::FileWithdrawn(*number));
            }
            stays
        });
        for (&number, offer) in &offers {
            if told.insert(number) {
                messages.push(ServerMessage::FileOffer(FileOffer {
                    number,
                    name: offer.name.as_str().to_owned(),
                    size: offer.size,
                }));
            }
        }
        for message in messages {
            // The stream that they go to ends with the visit.
            let _ = to_tell.send(message).await;
        }
    }
    std::future::pending().await
}
