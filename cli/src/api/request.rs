//! One request.

use serde::Serialize;
use ureq::http;

use crate::config::address::HubAddress;
use crate::error::CliError;

/// What is asked of the hub. The token is not part of it.
#[derive(Clone, Debug)]
pub struct Request {
    method: http::Method,
    path: String,
    body: Option<Vec<u8>>,
    idempotency_key: Option<String>,
    last_event: Option<u64>,
    kind: Kind,
}

/// What kind of answer is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One that is there at once and as a whole.
    Answer,
    /// One that grows as things happen.
    Stream,
}

impl Request {
    /// Asks for something.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(http::Method::GET, path.into())
    }

    /// Has something done that takes no more words.
    #[must_use]
    pub fn post_nothing(path: impl Into<String>) -> Self {
        Self::new(http::Method::POST, path.into())
    }

    /// Has something done.
    ///
    /// # Errors
    /// If `body` cannot be written as JSON.
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self, CliError> {
        Self::new(http::Method::POST, path.into()).with(body)
    }

    /// Sets something.
    ///
    /// # Errors
    /// If `body` cannot be written as JSON.
    pub fn put(path: impl Into<String>, body: &impl Serialize) -> Result<Self, CliError> {
        Self::new(http::Method::PUT, path.into()).with(body)
    }

    /// Changes something.
    ///
    /// # Errors
    /// If `body` cannot be written as JSON.
    pub fn patch(path: impl Into<String>, body: &impl Serialize) -> Result<Self, CliError> {
        Self::new(http::Method::PATCH, path.into()).with(body)
    }

    /// Has something removed.
    #[must_use]
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(http::Method::DELETE, path.into())
    }

    /// What happens, from after the event of this number on.
    #[must_use]
    pub fn stream(path: impl Into<String>, last_event: Option<u64>) -> Self {
        Self {
            last_event,
            kind: Kind::Stream,
            ..Self::get(path)
        }
    }

    /// The same wish, however often it is sent.
    #[must_use]
    pub fn once(mut self, key: String) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// What kind of answer is expected.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether sending it again changes nothing that the first time did not.
    #[must_use]
    pub fn can_repeat(&self) -> bool {
        // Within a minute the same refresh token gets the same answer.
        self.path == "/v1/token/refresh"
            || self.method == http::Method::GET
            || self.method == http::Method::PUT
            || self.idempotency_key.is_some()
            || self.path.ends_with("/stop")
            || self.path.ends_with("/connect")
    }

    pub(super) fn prepare(
        &self,
        hub: &HubAddress,
        token: Option<&str>,
    ) -> Result<http::Request<Option<Vec<u8>>>, http::Error> {
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(format!("{hub}{}", self.path));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if self.body.is_some() {
            request = request.header("content-type", "application/json");
        } else if self.method == http::Method::POST {
            // Rather than a stream of no pieces, which some servers and proxies do not take.
            request = request.header("content-length", "0");
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(event) = self.last_event {
            request = request.header("last-event-id", event);
        }
        if self.kind == Kind::Stream {
            request = request.header("accept", "text/event-stream");
        }
        request.body(self.body.clone())
    }

    fn new(method: http::Method, path: String) -> Self {
        Self {
            method,
            path,
            body: None,
            idempotency_key: None,
            last_event: None,
            kind: Kind::Answer,
        }
    }

    fn with(mut self, body: &impl Serialize) -> Result<Self, CliError> {
        let written = serde_json::to_vec(body);
        self.body = Some(written.map_err(|error| CliError::Failed(error.to_string()))?);
        Ok(self)
    }
}
