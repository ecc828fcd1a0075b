//! The audit log. Who reads what is not theirs is written down, too.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use hackstream_control_api::audit::{AuditEntry, AuditVerdict};
use hackstream_control_api::problem::{Code, Problem};
use serde_json::json;

use crate::audit::{Actor, Record, append, list, verify as verify_log};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::Asked;
use crate::http::paging::{PageQuery, page};
use crate::hub::Hub;
use crate::store::Tx;

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
    let work = move |tx: &mut Tx<'_>| -> Answer<Vec<AuditEntry>> {
        let rows = list(tx, after, limit, None)?;
        let record = Record::new(Actor::User(caller.user), "audit.read");
        append(
            tx,
            record.meta(json!({ "after": after, "rows": rows.len() })),
        )?;
        Ok(rows)
    };
    let rows = hub.store.write(work).await?;
    Ok(page("/v1/audit", limit, &rows, |row| row.seq.to_string()))
}

/// Check the whole log: whether any row was changed, left out or added.
#[utoipa::path(get, path = "/v1/audit/verify", tag = "admin",
    responses((status = 200, body = AuditVerdict), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn verify(State(hub): State<Arc<Hub>>) -> Answer<Json<AuditVerdict>> {
    let verdict = hub.store.read(verify_log).await.map_err(Fault::from)?;
    Ok(Json(verdict))
}
