//! What happens to a session, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use hackstream_control_api::id::{SessionId, UserId};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::SessionEvent;
use hackstream_control_api::time::Seconds;

use super::sessions::visible;
use crate::deeds::who::{Caller, still};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::Named;
use crate::http::crowd::Place;
use crate::http::waiting::Waiting;
use crate::hub::Hub;
use crate::store::Tx;
use crate::tables::events;

/// After so long the answer ends and the client comes again, with a token that is still good.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// When to try again where one has too many open.
const LATER: Seconds = Seconds(10);

/// Shorter than what proxies and address translators take for dead.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happens to a session: what has happened first, or what came after `Last-Event-ID`, then what
/// happens. Ends when the session has ended; 204 where it has and nothing is left to tell, so that
/// nobody comes again.
#[utoipa::path(get, path = "/v1/sessions/{id}/events", tag = "sessions",
    params(("id" = SessionId, Path), ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen")),
    responses((status = 200, body = SessionEvent, content_type = "text/event-stream"), (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn watch(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<SessionId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let after = last_event(&headers)?;
    let place = hub.crowds.watchers.enter(caller.user);
    let place = place.ok_or_else(too_many)?;
    // From before the first look: nothing falls in between.
    let waiting = Waiting::begin(&hub, LONGEST);
    let mut watcher = Watcher {
        caller,
        id,
        after,
        untold: VecDeque::new(),
        over: false,
        waiting,
        hub,
        _place: place,
    };
    watcher.look().await?;
    if watcher.over && watcher.untold.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stream = unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(as_sse(&event)), watcher))
    });
    let stream = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(stream.into_response())
}

/// Why somebody gets no further stream.
pub(super) fn too_many() -> Fault {
    let detail = "too many streams are open; close one first";
    let problem = Problem::new(Code::TooManyRequests).detail(detail);
    problem.retry_after(LATER).into()
}

pub(super) fn last_event(headers: &HeaderMap) -> Result<u64, Fault> {
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
    caller: Caller,
    id: SessionId,
    after: u64,
    untold: VecDeque<SessionEvent>,
    /// Whether nothing will follow on what is untold.
    over: bool,
    waiting: Waiting,
    _place: Place<UserId>,
}

impl Watcher {
    /// Finds out what there is to tell, and whether the caller may still hear it.
    async fn look(&mut self) -> Result<(), Fault> {
        let (caller, id, after) = (self.caller.clone(), self.id, self.after);
        let look = move |tx: &mut Tx<'_>| -> Answer<_> {
            let caller = still(tx, &caller)?;
            let session = visible(tx, &caller, id)?;
            let events = events::after(tx, id, after)?;
            Ok((events, session.view.state.is_final()))
        };
        let (events, is_final) = self.hub.store.read(look).await?;
        self.untold = events.into();
        self.over = is_final;
        Ok(())
    }

    /// The next event; `None` when there will be none, or the caller may not hear it any more, or the
    /// store failed: the client comes again.
    async fn next(&mut self) -> Option<SessionEvent> {
        while self.untold.is_empty() {
            if self.over || !self.waiting.news_of(self.id, self.caller.user).await {
                return None;
            }
            self.look().await.ok()?;
        }
        let event = self.untold.pop_front()?;
        self.after = event.seq;
        Some(event)
    }
}
