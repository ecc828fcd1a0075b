//! What happens to a session, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use hackstream_control_api::id::SessionId;
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::SessionEvent;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::sessions::visible;
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::Named;
use crate::hub::Hub;
use crate::store::Wake;
use crate::tables::events;

/// After so long the answer ends and the client comes again, with a token that is still good.
const LONGEST: Duration = Duration::from_secs(600);

/// Shorter than what proxies and address translators take for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happens to a session: what has happened first, or what came after `Last-Event-ID`, then what
/// happens. Ends when the session has ended.
#[utoipa::path(get, path = "/v1/sessions/{id}/events", tag = "sessions",
    params(("id" = SessionId, Path), ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen")),
    responses((status = 200, body = SessionEvent, content_type = "text/event-stream"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn watch(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<SessionId>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    visible(&hub, &caller, id).await?;
    let watcher = Watcher {
        id,
        after: last_event(&headers)?,
        waiting: VecDeque::new(),
        over: false,
        until: Instant::now() + LONGEST,
        // From before the first look: nothing falls in between.
        wakes: hub.store.listen(),
        ending: hub.ending.subscribe(),
        hub,
    };
    let stream = unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok(as_sse(&event)), watcher))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn last_event(headers: &HeaderMap) -> Result<u64, Fault> {
    let Some(header) = headers.get("last-event-id") else {
        return Ok(0);
    };
    let number = header.to_str().ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| Fault::new(Code::Invalid, "Last-Event-ID is a number"))
}

fn as_sse(event: &SessionEvent) -> Event {
    let text = serde_json::to_string(event).unwrap_or_default();
    Event::default()
        .id(event.seq.to_string())
        .event("session")
        .data(text)
}

/// Somebody who watches a session.
struct Watcher {
    hub: Arc<Hub>,
    id: SessionId,
    after: u64,
    waiting: VecDeque<SessionEvent>,
    over: bool,
    until: Instant,
    wakes: broadcast::Receiver<Wake>,
    ending: watch::Receiver<bool>,
}

impl Watcher {
    /// The next event; `None` when there will be none, or the store failed: the client comes again.
    async fn next(&mut self) -> Option<SessionEvent> {
        while self.waiting.is_empty() {
            if self.over {
                return None;
            }
            let (id, after) = (self.id, self.after);
            let found = self
                .hub
                .store
                .read(move |tx| events::after(tx, id, after))
                .await;
            self.waiting = found.ok()?.into();
            if self.waiting.is_empty() && !self.woken().await {
                return None;
            }
        }
        let event = self.waiting.pop_front()?;
        self.after = event.seq;
        self.over = event.state.is_final();
        Some(event)
    }

    /// Waits until there may be news; whether to go on.
    async fn woken(&mut self) -> bool {
        loop {
            tokio::select! {
                wake = self.wakes.recv() => match wake {
                    Ok(Wake::Session(id)) if id == self.id => return true,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return true,
                    Err(broadcast::error::RecvError::Closed) => return false,
                },
                _ = self.ending.wait_for(|ending| *ending) => return false,
                () = tokio::time::sleep_until(self.until) => return false,
            }
        }
    }
}
