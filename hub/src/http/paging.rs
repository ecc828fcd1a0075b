//! Lists in pages: an array, and in the header `Link` where the next page is.

use axum::Json;
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use hackstream_control_api::limits::{DEFAULT_PAGE, MAX_PAGE};
use hackstream_control_api::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::fault::Fault;

/// Bytes of a cursor: an id or a number.
const MAX_CURSOR: usize = 32;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Rows of the page, 1 to 200; 50 if nothing is said.
    limit: Option<u32>,
    /// From the `Link` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// Rows of the page.
    pub(crate) fn limit(&self) -> Result<u32, Fault> {
        let limit = self.limit.unwrap_or(DEFAULT_PAGE);
        if (1..=MAX_PAGE).contains(&limit) {
            return Ok(limit);
        }
        Err(Fault::new(
            Code::Invalid,
            format!("limit is 1 to {MAX_PAGE}"),
        ))
    }

    /// Where the page starts.
    pub(crate) fn cursor(&self) -> Result<Option<String>, Fault> {
        let is_fine = |cursor: &&String| {
            cursor.len() <= MAX_CURSOR && cursor.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match &self.cursor {
            Some(cursor) if !is_fine(&cursor) => Err(Fault::new(Code::Invalid, "no such cursor")),
            other => Ok(other.clone()),
        }
    }
}

/// The answer with a page. A full page may have a next one, which starts behind its last row.
pub(crate) fn page<T: Serialize>(
    path: &str,
    limit: u32,
    rows: &[T],
    cursor: impl Fn(&T) -> String,
) -> Response {
    let mut response = Json(rows).into_response();
    let last = rows.last().filter(|_| rows.len() >= limit as usize);
    let link = last.map(|last| {
        format!(
            "<{path}?limit={limit}&cursor={}>; rel=\"next\"",
            cursor(last)
        )
    });
    if let Some(link) = link.and_then(|link| link.parse().ok()) {
        response.headers_mut().insert(LINK, link);
    }
    response
}
