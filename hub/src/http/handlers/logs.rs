//! What the programs of a session say: from its node to those who read it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use futures_util::stream::unfold;
use hackstream_control_api::id::{SessionId, UserId};
use hackstream_control_api::limits::MAX_LOG_CHUNK_BYTES;
use hackstream_control_api::node::{LogAnswer, LogChunk};
use hackstream_control_api::problem::{Code, Problem};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::events::{KEEP_ALIVE, LONGEST, last_event, too_many};
use crate::deeds::logs::{ask, readable};
use crate::deeds::who::{Caller, still};
use crate::fault::Fault;
use crate::feeds::Reading;
use crate::http::answer::Answer;
use crate::http::ask::{Body, Named};
use crate::http::crowd::Place;
use crate::hub::Hub;
use crate::store::{Tx, Wake};
use crate::tables::nodes::{self, Shown};
use crate::tables::sessions;

/// A node that sends a log says something at least every 10 s: after this it has stopped.
const SILENCE: Duration = Duration::from_secs(20);

/// How long the end of a log may take to arrive after that of its session.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A piece of a session's log; whether somebody wants the next one.
#[utoipa::path(post, path = "/v1/node/logs/{id}", params(("id" = SessionId, Path)),
    request_body = LogChunk, tag = "node",
    responses((status = 200, body = LogAnswer), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn piece(
    State(hub): State<Arc<Hub>>,
    Extension(shown): Extension<Shown>,
    Named(id): Named<SessionId>,
    Body(piece): Body<LogChunk>,
) -> Answer<Json<LogAnswer>> {
    if piece.text.len() > MAX_LOG_CHUNK_BYTES || piece.end < piece.offset {
        let detail = format!("a piece has at most {MAX_LOG_CHUNK_BYTES} bytes, and an end");
        return Err(Fault::new(Code::Invalid, detail));
    }
    let is_theirs = move |tx: &mut Tx<'_>| -> Answer<bool> {
        let node = nodes::still(tx, shown)?;
        let session = sessions::find(tx, id)?;
        Ok(session.is_some_and(|session| session.view.node_id == Some(node)))
    };
    let wanted = hub.store.read(is_theirs).await? && hub.feeds.offer(id, &piece).await;
    Ok(Json(LogAnswer { wanted }))
}

/// What the programs of one's session say: what is kept of it, or what came after the byte
/// `Last-Event-ID`, then what comes. Ends when the session has ended; its log ends with it.
#[utoipa::path(get, path = "/v1/sessions/{id}/logs", tag = "sessions",
    params(("id" = SessionId, Path), ("Last-Event-ID" = Option<u64>, Header, description = "Bytes of the log that were seen")),
    responses((status = 200, body = LogChunk, content_type = "text/event-stream"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn read(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<SessionId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let next = last_event(&headers)?;
    let place = hub.crowds.watchers.enter(caller.user);
    let place = place.ok_or_else(too_many)?;
    // From before the first look: nothing falls in between.
    let (wakes, ending) = (hub.store.listen(), hub.ending.subscribe());
    let look = {
        let caller = caller.clone();
        move |tx: &mut Tx<'_>| readable(tx, &caller, id)
    };
    let session = hub.store.read(look).await?;
    if session.view.state.is_final() {
        let detail = "the session has ended, and its log with it";
        return Err(Fault::new(Code::WrongState, detail));
    }
    let reading = hub.feeds.read(id, next).await.ok_or_else(too_many)?;
    let mut reader = Reader {
        caller,
        id,
        next,
        reading,
        has_heard: false,
        ask_at: Instant::now(),
        until: Instant::now() + LONGEST,
        wakes,
        ending,
        hub,
        _place: place,
    };
    reader.ask().await?;
    let stream = unfold(reader, |mut reader| async move {
        let piece = reader.next().await?;
        Some((Ok::<_, Infallible>(as_sse(&piece)), reader))
    });
    let stream = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(stream.into_response())
}

fn as_sse(piece: &LogChunk) -> Event {
    let text = serde_json::to_string(piece).unwrap_or_default();
    Event::default()
        .id(piece.end.to_string())
        .event("log")
        .data(text)
}

/// Somebody who reads a log.
struct Reader {
    hub: Arc<Hub>,
    caller: Caller,
    id: SessionId,
    /// The first byte that they have not got.
    next: u64,
    reading: Reading,
    /// Whether anything has come.
    has_heard: bool,
    /// When to have it sent anew, if nothing comes.
    ask_at: Instant,
    until: Instant,
    wakes: broadcast::Receiver<Wake>,
    ending: watch::Receiver<bool>,
    _place: Place<UserId>,
}

/// What a reader hears.
enum Heard {
    Piece(LogChunk),
    /// The session, or what its owner may do, has changed.
    Change,
    Silence,
    End,
}

impl Reader {
    /// The next piece; `None` when there will be none, or the caller may not have it any more: they
    /// come again.
    async fn next(&mut self) -> Option<LogChunk> {
        if self.until <= Instant::now() {
            return None;
        }
        loop {
            match self.hear().await {
                Heard::Piece(piece) => {
                    self.ask_at = Instant::now() + SILENCE;
                    let is_first = !std::mem::replace(&mut self.has_heard, true);
                    self.next = piece.end;
                    if piece.complete {
                        self.until = Instant::now();
                    }
                    // An empty one says for the first time that there is nothing yet.
                    if piece.complete || is_first || !piece.text.is_empty() {
                        return Some(piece);
                    }
                }
                Heard::Change => self.look().await.ok()?,
                Heard::Silence => self.ask().await.ok()?,
                Heard::End => return None,
            }
        }
    }

    async fn hear(&mut self) -> Heard {
        loop {
            tokio::select! {
                // In this order: what has come is given before anything ends.
                biased;
                piece = self.reading.pieces.recv() => {
                    return piece.map_or(Heard::End, Heard::Piece);
                }
                wake = self.wakes.recv() => match wake {
                    Ok(Wake::Session(id)) if id == self.id => return Heard::Change,
                    Ok(Wake::User(id)) if id == self.caller.user => return Heard::Change,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return Heard::Change,
                    Err(broadcast::error::RecvError::Closed) => return Heard::End,
                },
                _ = self.ending.wait_for(|ending| *ending) => return Heard::End,
                () = tokio::time::sleep_until(self.until) => return Heard::End,
                () = tokio::time::sleep_until(self.ask_at) => return Heard::Silence,
            }
        }
    }

    /// Whether the caller may still have it, and whether there will be more of it.
    async fn look(&mut self) -> Result<(), Fault> {
        let (caller, id) = (self.caller.clone(), self.id);
        let look = move |tx: &mut Tx<'_>| {
            let caller = still(tx, &caller)?;
            readable(tx, &caller, id)
        };
        let session = self.hub.store.read(look).await?;
        if session.view.state.is_final() {
            self.until = self.until.min(Instant::now() + LAST_WORDS);
        } else if !self.has_heard {
            // It may have begun only now.
            self.ask_at = Instant::now();
        }
        Ok(())
    }

    /// Has the log sent from where this reader is.
    async fn ask(&mut self) -> Result<(), Fault> {
        let (id, next) = (self.id, self.next);
        let deed = move |tx: &mut Tx<'_>, caller: &Caller| ask(tx, caller, id, next);
        let is_there = self.hub.act(self.caller.clone(), deed).await?;
        self.ask_at = Instant::now() + SILENCE;
        if !is_there {
            self.until = self.until.min(Instant::now() + LAST_WORDS);
        }
        Ok(())
    }
}
