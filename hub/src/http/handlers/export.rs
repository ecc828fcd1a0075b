//! All that the hub has of a person, for that person.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use futures_util::stream::unfold;
use hackstream_control_api::account::Export;
use hackstream_control_api::id::UserId;
use hackstream_control_api::limits::MAX_PAGE;
use hackstream_control_api::problem::{Code, Problem};
use serde::Serialize;

use super::events::too_many;
use super::sessions::BEHIND_ALL;
use crate::audit::{self, Record, append};
use crate::deeds::who::{Caller, still};
use crate::deeds::{devices, service};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::crowd::Place;
use crate::hub::Hub;
use crate::store::{StoreError, Tx};
use crate::tables::{sessions, users};

/// All that the hub has of oneself: account, devices, tokens (not their secrets), sessions, and rows of
/// the audit log. Comes in pieces, however much that is; what is cut short is no JSON.
#[utoipa::path(get, path = "/v1/me/export", tag = "account",
    responses((status = 200, body = Export), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn export(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Response> {
    if caller.scopes.is_some() {
        let detail = "not for programs: it has more than any scope; log in";
        return Err(Fault::new(Code::Forbidden, detail));
    }
    let place = hub.crowds.watchers.enter(caller.user);
    let place = place.ok_or_else(too_many)?;
    let head = hub.act(caller.clone(), head).await?;
    let exporter = Exporter {
        hub,
        caller,
        next: Part::Head(head),
        _place: place,
    };
    let pieces = unfold(exporter, |mut exporter| async move {
        let piece = exporter.piece().await?;
        Some((piece, exporter))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let as_file = HeaderValue::from_static("attachment; filename=\"hackstream.json\"");
    headers.insert(CONTENT_DISPOSITION, as_file);
    Ok(response)
}

/// What is not much, and that it was asked for.
fn head(tx: &mut Tx<'_>, caller: &Caller) -> Result<String, Fault> {
    append(tx, Record::new(caller.actor(), "account.export"))?;
    let user = users::find(tx, caller.user)?.ok_or(Code::Unauthenticated)?;
    let user = serde_json::to_string(&user)?;
    let devices = serde_json::to_string(&devices::list(tx, caller.user)?)?;
    let tokens = serde_json::to_string(&service::list(tx, caller.user)?)?;
    Ok(format!(
        "{{\"user\":{user},\"devices\":{devices},\"tokens\":{tokens},\"sessions\":["
    ))
}

/// What comes next.
enum Part {
    /// This text.
    Head(String),
    /// Sessions older than this one; whether it is the first page.
    Sessions(String, bool),
    /// Rows of the audit log after this one; whether it is the first page.
    Audit(u64, bool),
    /// Nothing.
    End,
}

/// Somebody who fetches what there is of them.
struct Exporter {
    hub: Arc<Hub>,
    caller: Caller,
    next: Part,
    _place: Place<UserId>,
}

impl Exporter {
    /// The next piece of the text; `None` after the last one.
    async fn piece(&mut self) -> Option<Result<Bytes, Fault>> {
        let piece = match std::mem::replace(&mut self.next, Part::End) {
            Part::Head(text) => {
                self.next = Part::Sessions(BEHIND_ALL.to_owned(), true);
                Ok(text)
            }
            Part::Sessions(before, is_first) => self.sessions(before, is_first).await,
            Part::Audit(after, is_first) => self.audit(after, is_first).await,
            Part::End => return None,
        };
        Some(piece.map(Bytes::from))
    }

    async fn sessions(&mut self, before: String, is_first: bool) -> Result<String, Fault> {
        let caller = self.caller.clone();
        let look = move |tx: &mut Tx<'_>| -> Result<_, Fault> {
            let user = still(tx, &caller)?.user;
            sessions::list(tx, Some(user), &before, MAX_PAGE)
        };
        let rows = self.hub.store.read(look).await?;
        let text = listed(&rows, is_first)?;
        let last = rows.last().filter(|_| rows.len() >= MAX_PAGE as usize);
        Ok(match last {
            Some(last) => {
                self.next = Part::Sessions(last.session_id.to_string(), false);
                text
            }
            None => {
                self.next = Part::Audit(0, true);
                text + "],\"audit\":["
            }
        })
    }

    async fn audit(&mut self, after: u64, is_first: bool) -> Result<String, Fault> {
        let caller = self.caller.clone();
        let look = move |tx: &mut Tx<'_>| -> Result<_, Fault> {
            let user = still(tx, &caller)?.user;
            Ok(audit::list(tx, after, MAX_PAGE, Some(user))?)
        };
        let rows = self.hub.store.read(look).await?;
        let text = listed(&rows, is_first)?;
        let last = rows.last().filter(|_| rows.len() >= MAX_PAGE as usize);
        Ok(match last {
            Some(last) => {
                self.next = Part::Audit(last.seq, false);
                text
            }
            None => text + "]}\n",
        })
    }
}

/// Rows as they stand between the brackets of a list.
fn listed(rows: &[impl Serialize], is_first: bool) -> Result<String, Fault> {
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        if index > 0 || !is_first {
            text.push(',');
        }
        let row = serde_json::to_string(row);
        text += &row.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    }
    Ok(text)
}
