//! Sessions of people.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Extension, Json};
use hackstream_control_api::id::SessionId;
use hackstream_control_api::launch::{Launch, ProfileMode};
use hackstream_control_api::limits::{
    MAX_APP_BYTES, MAX_IDEMPOTENCY_KEY_BYTES, MAX_SCREEN_SIDE, MAX_URL_BYTES,
};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::{
    Connect, ConnectRequest, Launched, Session, SessionState, StopRequest,
};
use hackstream_failpoint::reach;
use hackstream_ticket::KeyHash;

use super::check_text;
use crate::access::Permission;
use crate::deeds::connect;
use crate::deeds::launch::{self, Order};
use crate::deeds::stop::{self, DEFAULT_GRACE, LONGEST_GRACE};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Asked, Body, Named, OptionalBody};
use crate::http::paging::{PageQuery, page};
use crate::hub::Hub;
use crate::metrics::{CauseLabel, ResultLabel};
use crate::store::Tx;
use crate::tables::sessions::{self, Stored};

/// The greatest id. Only of digits and capitals, whose order is that of ids in every language that a
/// database may sort by.
pub(super) const BEHIND_ALL: &str = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";

/// Start a session. The same `Idempotency-Key` within 24 h gives the same session.
#[utoipa::path(post, path = "/v1/sessions", request_body = Launch, tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the wish, so that it is not fulfilled twice")),
    responses((status = 201, description = "A warm session, with a ticket for it", body = Launched),
        (status = 202, description = "It is being started; its events tell how far it is", body = Launched), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn launch(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(wish): Body<Launch>,
) -> Answer<(StatusCode, Json<Launched>)> {
    check_wish(&wish)?;
    let mark = hub.rotation.mark(serde_json::to_string(&wish)?.as_bytes());
    let order = Order {
        mark,
        wish,
        idempotency_key: idempotency_key(&headers)?,
        ticket_keys: hub.ticket_keys.clone(),
    };
    let key = order
        .wish
        .client_key
        .as_deref()
        .map(client_key)
        .transpose()?;
    let signer = Arc::clone(&hub.signer);
    let (launched, connect) = hub
        .act(caller, move |tx, caller| {
            let launched = launch::launch(tx, caller, &order)?;
            let connect = match (&launched, key) {
                (launch::Launched::Session(session), Some(key))
                    if session.state == SessionState::Claimed =>
                {
                    let id = session.session_id;
                    Some(connect::connect(tx, caller, id, key, &signer)?)
                }
                _ => None,
            };
            Ok((launched, connect))
        })
        .await?;
    reach("hub.launch.committed");
    let result = match &launched {
        launch::Launched::Session(_) => "ok",
        launch::Launched::Refused(problem) => problem.code.name(),
    };
    hub.metrics
        .launches
        .get_or_create(&ResultLabel { result })
        .inc();
    match launched {
        launch::Launched::Refused(problem) => Err(Fault::Problem(problem)),
        launch::Launched::Session(session) => {
            let launched = Launched {
                session_id: session.session_id,
                state: session.state,
                connect,
            };
            let status = match launched.connect {
                Some(_) => StatusCode::CREATED,
                None => StatusCode::ACCEPTED,
            };
            Ok((status, Json(launched)))
        }
    }
}

fn check_wish(wish: &Launch) -> Result<(), Fault> {
    let invalid = |detail: &str| Err(Fault::new(Code::Invalid, detail));
    check_text("the application's name", &wish.app, MAX_APP_BYTES)?;
    if let Some(url) = &wish.url {
        check_text("the address", url, MAX_URL_BYTES)?;
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        // Nothing else: a scheme such as file: would open what is on the node.
        if !matches!(scheme.as_deref(), Some("http" | "https")) || url.contains(char::is_whitespace)
        {
            return invalid("the address starts with http:// or https:// and has no spaces");
        }
    }
    if let Some(screen) = wish.screen {
        let sides = [screen.width, screen.height];
        if sides
            .iter()
            .any(|side| !(1..=MAX_SCREEN_SIDE).contains(side))
        {
            return invalid("a screen has 1 to 16384 pixels on a side");
        }
    }
    if wish.profile == ProfileMode::Persist {
        return invalid("persistent profiles are not there yet; use ephemeral");
    }
    wish.client_key.as_deref().map_or(Ok(()), |key| {
        client_key(key)?;
        Ok(())
    })
}

fn client_key(key: &str) -> Result<KeyHash, Fault> {
    let detail = "client_key is the SHA-256 of a public key, 64 hexadecimal digits";
    key.parse().map_err(|_| Fault::new(Code::Invalid, detail))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    check_text("Idempotency-Key", key, MAX_IDEMPOTENCY_KEY_BYTES)?;
    Ok(Some(key.to_owned()))
}

/// One's sessions, or everybody's for those who may see them; the newest first.
#[utoipa::path(get, path = "/v1/sessions", params(PageQuery), tag = "sessions",
    responses((status = 200, body = [Session]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<PageQuery>,
) -> Answer<Response> {
    let limit = query.limit()?;
    let before = query.cursor()?.unwrap_or_else(|| BEHIND_ALL.to_owned());
    let user = (!caller.may(Permission::SessionReadAny)).then_some(caller.user);
    let rows = hub
        .store
        .read(move |tx| sessions::list(tx, user, &before, limit))
        .await?;
    Ok(page("/v1/sessions", limit, &rows, |row| {
        row.session_id.to_string()
    }))
}

/// One session.
#[utoipa::path(get, path = "/v1/sessions/{id}", params(("id" = SessionId, Path)), tag = "sessions",
    responses((status = 200, body = Session), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn one(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<SessionId>,
) -> Answer<Json<Session>> {
    let look = move |tx: &mut Tx<'_>| visible(tx, &caller, id);
    Ok(Json(hub.store.read(look).await?.view))
}

/// A session that the caller may see. Others look as if they were not there.
pub(super) fn visible(tx: &mut Tx<'_>, caller: &Caller, id: SessionId) -> Answer<Stored> {
    let found = sessions::find(tx, id)?;
    let own = |stored: &Stored| {
        stored.view.user_id == Some(caller.user) && caller.may(Permission::SessionOwn)
    };
    let seen = found.filter(|stored| own(stored) || caller.may(Permission::SessionReadAny));
    seen.ok_or_else(|| Code::NotFound.into())
}

/// Get a ticket for connecting to one's session.
#[utoipa::path(post, path = "/v1/sessions/{id}/connect", params(("id" = SessionId, Path)),
    request_body = ConnectRequest, tag = "sessions",
    responses((status = 200, body = Connect), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn connect(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<SessionId>,
    Body(wish): Body<ConnectRequest>,
) -> Answer<Json<Connect>> {
    let key = client_key(&wish.client_key)?;
    let signer = Arc::clone(&hub.signer);
    let connect = hub.act(caller, move |tx, caller| {
        connect::connect(tx, caller, id, key, &signer)
    });
    Ok(Json(connect.await?))
}

/// End a session, in whatever state it is. Ending it again changes nothing.
#[utoipa::path(post, path = "/v1/sessions/{id}/stop", params(("id" = SessionId, Path)),
    request_body(content = Option<StopRequest>), tag = "sessions",
    responses((status = 200, body = Session), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn stop(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<SessionId>,
    OptionalBody(wish): OptionalBody<StopRequest>,
) -> Answer<Json<Session>> {
    let grace = wish.grace.unwrap_or(DEFAULT_GRACE);
    if grace > LONGEST_GRACE {
        return Err(Fault::new(
            Code::Invalid,
            format!("grace is at most {LONGEST_GRACE}"),
        ));
    }
    let session = hub.act(caller, move |tx, caller| stop::stop(tx, caller, id, grace));
    let session = session.await?;
    reach("hub.stop.committed");
    Ok(Json(session))
}

/// Counts what a report changed.
pub(super) fn count(hub: &Hub, reported: &crate::deeds::report::Reported) {
    reported
        .started
        .iter()
        .for_each(|it| hub.metrics.started(it));
    reported.shown.iter().for_each(|it| hub.metrics.shown(it));
    for cause in &reported.ended {
        let label = CauseLabel {
            cause: cause.name(),
        };
        hub.metrics.ends.get_or_create(&label).inc();
    }
}
