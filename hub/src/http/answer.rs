//! Answers that are problems.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hackstream_control_api::problem::{PROBLEM_JSON, Problem};

use crate::fault::Fault;
use crate::store::StoreError;

/// What handlers return.
pub(crate) type Answer<T> = Result<T, Fault>;

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match &self {
            // Those who ask too much shall not fill the log as well; the metrics count them.
            Self::Problem(_) | Self::Store(StoreError::Busy | StoreError::ZeroByte) => {}
            Self::Store(error) => tracing::error!(%error, "the store failed"),
        }
        respond(&self.into_problem())
    }
}

/// The answer that a problem is.
pub(crate) fn respond(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(span) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(span.0));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
