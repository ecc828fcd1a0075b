//! What requests carry, taken apart strictly.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use hackstream_control_api::problem::Code;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::fault::Fault;

/// How long a body may take to arrive.
const SLOWEST: Duration = Duration::from_secs(10);

/// A body of JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Code::UnsupportedMedia.into());
        }
        parse(&bytes(request, state).await?).map(Self)
    }
}

/// A body of JSON, or none at all.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        parse(&bytes).map(Self)
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Fault> {
    let refused = |rejection: axum::extract::rejection::BytesRejection| {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
            _ => Code::BadRequest,
        };
        Fault::from(code)
    };
    let read = timeout(SLOWEST, Bytes::from_request(request, state)).await;
    let slow = |_| Fault::new(Code::BadRequest, "the body took too long to arrive");
    read.map_err(slow)?.map_err(refused)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| {
        // The message may quote a value; its kind and place are enough, and a password stays out.
        let place = format!("line {}, column {}", error.line(), error.column());
        if error.is_data() {
            Fault::new(Code::Invalid, format!("{} at {place}", what(&error)))
        } else {
            Fault::new(Code::BadRequest, format!("no JSON at {place}"))
        }
    })
}

/// What is wrong with a field. Only what serde says of names, which are ours, not of values.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let harmless = ["unknown field", "missing field", "duplicate field"];
    let found = harmless.iter().find(|start| text.starts_with(**start));
    found.map_or_else(
        || "a field has a value that it cannot have".to_owned(),
        |_| {
            text.rsplit_once(" at line")
                .map_or(text.clone(), |(head, _)| head.to_owned())
        },
    )
}

/// The part of a path that names something. What cannot be an id names nothing.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: std::str::FromStr> FromRequestParts<S> for Named<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Code::NotFound)?;
        text.parse().map(Self).map_err(|_| Code::NotFound.into())
    }
}

/// What stands behind the question mark.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(asked) = query.map_err(|_| {
            Fault::new(
                Code::BadRequest,
                "the part behind the question mark is not what the document says",
            )
        })?;
        Ok(Self(asked))
    }
}
