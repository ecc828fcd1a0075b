//! The audit log. Who reads what is not theirs is written down, too.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use hackstream_control_api::audit::{AuditEntry, AuditState, AuditVerdict};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use utoipa::IntoParams;

use crate::audit::notary::Known;
use crate::audit::{Check, Record, append, list, state};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::Asked;
use crate::http::paging::{PageQuery, page};
use crate::hub::Hub;
use crate::store::{Store, StoreError, Tx};

/// When to ask again while the log is checked for somebody else.
const LATER: Seconds = Seconds(10);

fn after(query: &PageQuery) -> Result<u64, Fault> {
    let cursor = query.cursor()?;
    let number = cursor.map_or(Ok(0), |cursor| cursor.parse());
    number.map_err(|_| Fault::new(Code::Invalid, "no such cursor"))
}

/// What was done that concerns oneself, the oldest first.
#[utoipa::path(get, path = "/v1/me/audit", params(PageQuery), tag = "account",
    responses((status = 200, body = [AuditEntry]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn own(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<PageQuery>,
) -> Answer<Response> {
    let (after, limit) = (after(&query)?, query.limit()?);
    let work = move |tx: &mut Tx<'_>| list(tx, after, limit, Some(caller.user));
    let rows = hub.store.read(work).await.map_err(Fault::from)?;
    Ok(page("/v1/me/audit", limit, &rows, |row| {
        row.seq.to_string()
    }))
}

/// What was done, the oldest first.
#[utoipa::path(get, path = "/v1/audit", params(PageQuery), tag = "admin",
    responses((status = 200, body = [AuditEntry]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn all(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<PageQuery>,
) -> Answer<Response> {
    let (after, limit) = (after(&query)?, query.limit()?);
    let work = move |tx: &mut Tx<'_>, caller: &Caller| -> Answer<Vec<AuditEntry>> {
        let rows = list(tx, after, limit, None)?;
        let record = Record::new(caller.actor(), "audit.read");
        append(
            tx,
            record.meta(json!({ "after": after, "rows": rows.len() })),
        )?;
        Ok(rows)
    };
    let rows = hub.act(caller, work).await?;
    Ok(page("/v1/audit", limit, &rows, |row| row.seq.to_string()))
}

/// What a witness remembers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeenQuery {
    /// The number of a row: the answer has it as it is now.
    seen: Option<u64>,
}

/// How the log is at this moment, with what was signed of it last: for whoever keeps that elsewhere.
#[utoipa::path(get, path = "/v1/audit/checkpoint", params(SeenQuery), tag = "account",
    responses((status = 200, body = AuditState), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn checkpoint(
    State(hub): State<Arc<Hub>>,
    Asked(query): Asked<SeenQuery>,
) -> Answer<Json<AuditState>> {
    let work = move |tx: &mut Tx<'_>| state(tx, query.seen);
    Ok(Json(hub.store.read(work).await.map_err(Fault::from)?))
}

/// Check the whole log: whether any row was changed, left out or added.
#[utoipa::path(get, path = "/v1/audit/verify", tag = "admin",
    responses((status = 200, body = AuditVerdict), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn verify(State(hub): State<Arc<Hub>>) -> Answer<Json<AuditVerdict>> {
    let one_at_a_time = Arc::clone(&hub.verifying).try_acquire_owned();
    let turn = one_at_a_time.map_err(|_| {
        let detail = "the log is being checked for somebody else";
        let problem = Problem::new(Code::TooManyRequests).detail(detail);
        problem.retry_after(LATER)
    })?;
    let known = hub.notary.known();
    let known = known.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let (answer, answered) = oneshot::channel();
    let checking = move || {
        let verdict = check(&hub.store, known, || answer.is_closed());
        drop(turn);
        // Who asked may have gone.
        let _ = answer.send(verdict);
    };
    tokio::task::spawn_blocking(checking);
    let verdict = answered.await.map_err(|_| Code::Internal)??;
    verdict.map(Json).ok_or_else(|| Code::Internal.into())
}

/// Checks the whole log, unless `is_given_up`. Rests after each piece as long as that took, so that
/// whoever asks again and again has half of one CPU, and no connection that others need.
fn check(
    store: &Store,
    known: Known,
    is_given_up: impl Fn() -> bool,
) -> Result<Option<AuditVerdict>, StoreError> {
    let mut aside = store.aside()?;
    let mut check = Check::new(Some(known));
    while !is_given_up() {
        let started = Instant::now();
        let verdict = aside.read(|tx| check.piece(tx))?;
        if verdict.is_some() {
            return Ok(verdict);
        }
        std::thread::sleep(started.elapsed());
    }
    Ok(None)
}
