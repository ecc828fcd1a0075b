//! Sessions of people.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use hackstream_control_api::id::SessionId;
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::{Connect, ConnectRequest, Session, StopRequest};
use hackstream_failpoint::reach;
use hackstream_ticket::KeyHash;

use crate::access::Permission;
use crate::deeds::connect;
use crate::deeds::stop::{self, DEFAULT_GRACE, LONGEST_GRACE};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Asked, Body, Named, OptionalBody};
use crate::http::paging::{PageQuery, page};
use crate::hub::Hub;
use crate::metrics::CauseLabel;
use crate::store::Tx;
use crate::tables::sessions::{self, Stored};

/// The greatest id. Only of digits and capitals, whose order is that of ids in every language that a
/// database may sort by.
pub(super) const BEHIND_ALL: &str = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";

pub(super) fn client_key(key: &str) -> Result<KeyHash, Fault> {
    let detail = "client_key is the SHA-256 of a public key, 64 hexadecimal digits";
    key.parse().map_err(|_| Fault::new(Code::Invalid, detail))
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
