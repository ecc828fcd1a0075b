//! Requests: such as the document describes, and (in [`spoil`]) such with something wrong.

mod spoil;

use std::fmt::{Debug, Formatter, Result as FmtResult, Write as _};

use axum::body::Body;
use axum::http::Request;
use hackstream_hub::access::Access;
use hackstream_hub::http::Peer;
use serde_json::Value;

use super::document::{Document, Operation, Place};
use super::values::{Known, fitting};
use super::world::{Asker, READY, World};
use crate::nodes::arrival;
use crate::random::Random;

/// Where chance alone gets nobody in.
const ENROLLMENT: &str = "/v1/node/enroll";
const LAUNCH: &str = "/v1/sessions";
const RUNNING: [&str; 2] = ["/v1/sessions/{id}/connect", "/v1/sessions/{id}/logs"];

/// A request.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) asker: Asker,
    pub(super) method: String,
    path: String,
    query: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    /// Whether its path leads to the operation, whatever else is wrong.
    pub(super) leads_there: bool,
    /// Whether it shows the token of who asks, as it should be shown.
    pub(super) shows_token: bool,
}

impl Debug for Wish {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> FmtResult {
        let start = &self.body[..self.body.len().min(600)];
        write!(
            formatter,
            "{:?}: {} {}{}\n{:?}\nbody of {} bytes: {:?}",
            self.asker,
            self.method,
            self.path,
            self.query,
            self.headers
                .iter()
                .map(|(name, value)| (name, String::from_utf8_lossy(value)))
                .collect::<Vec<_>>(),
            self.body.len(),
            String::from_utf8_lossy(start),
        )
    }
}

impl Wish {
    /// One that the document allows.
    pub(super) fn fitting(
        document: &Document,
        operation: &Operation,
        random: &mut Random,
        world: &World<'_>,
    ) -> Self {
        let asker = *random.pick(&Asker::ALL);
        // Whoever may, twice as often as whoever may not.
        let asker = match operation.declared.access {
            Access::Node if !random.once_in(3) => Asker::Node,
            Access::OneOf(_) if random.once_in(2) => Asker::Admin,
            _ => asker,
        };
        let mut wish = Self {
            asker,
            method: operation.declared.method.to_owned(),
            path: operation.declared.path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            leads_there: true,
            shows_token: true,
        };
        let token = world.token(asker);
        if !token.is_empty() {
            wish.set("authorization", format!("Bearer {token}").into_bytes());
        }
        wish.fill(document, operation, random, world);
        if let Some(schema) = &operation.body {
            let mut value = fitting(document, random, &world.known, ("", schema), 0);
            if operation.declared.path == ENROLLMENT {
                hold_a_key(&mut value, &world.known, random);
            }
            if operation.declared.path == LAUNCH && random.once_in(2) {
                value["app"] = "browser".into();
                value["profile"] = "ephemeral".into();
            }
            wish.body = value.to_string().into_bytes();
            wish.set("content-type", b"application/json".to_vec());
        }
        wish
    }

    /// Gives its parameters values.
    fn fill(
        &mut self,
        document: &Document,
        operation: &Operation,
        random: &mut Random,
        world: &World<'_>,
    ) {
        for parameter in &operation.parameters {
            let needed = parameter.place == Place::Path;
            if !needed && random.once_in(2) {
                continue;
            }
            let of = (parameter.name.as_str(), &parameter.schema);
            let value = fitting(document, random, &world.known, of, 0);
            let mut text = value.as_str().map_or(value.to_string(), str::to_owned);
            let is_running = needed && RUNNING.contains(&operation.declared.path);
            if is_running && self.asker == Asker::Admin {
                text = world.known.one(random, READY).unwrap_or(text);
            }
            match parameter.place {
                Place::Path => self.name(&parameter.name, &text),
                Place::Query => self.ask(&parameter.name, &text),
                Place::Header if parameter.name == "Idempotency-Key" => {
                    self.set("idempotency-key", text.into_bytes());
                }
                Place::Header => self.set("last-event-id", text.into_bytes()),
            }
        }
    }

    fn name(&mut self, parameter: &str, text: &str) {
        self.path = self
            .path
            .replace(&format!("{{{parameter}}}"), &quoted(text));
        // A part without anything in it is no part.
        self.leads_there &= !text.is_empty();
    }

    fn ask(&mut self, name: &str, text: &str) {
        let sign = if self.query.is_empty() { '?' } else { '&' };
        write!(self.query, "{sign}{name}={}", quoted(text)).unwrap();
    }

    fn set(&mut self, name: &'static str, value: Vec<u8>) {
        self.headers.retain(|header| header.0 != name);
        self.headers.push((name, value));
    }

    /// The request itself.
    pub(super) fn request(&self) -> Request<Body> {
        let target = format!("{}{}", self.path, self.query);
        let mut request = Request::builder().method(self.method.as_str()).uri(target);
        for (name, value) in &self.headers {
            request = request.header(*name, value.as_slice());
        }
        // Not from where people log in who do nothing wrong.
        let peer = Peer("198.51.100.7:5000".parse().unwrap());
        let request = request.extension(peer);
        request.body(Body::from(self.body.clone())).unwrap()
    }

    /// Whether it may have to wait for something that does not come.
    pub(super) fn may_wait(&self) -> bool {
        let can = ["/v1/node/jobs", LAUNCH].contains(&self.path.as_str());
        can && self.query.contains("wait") || self.path.contains("/node/logs/")
    }
}

/// Has a machine show a code that is good, and prove a key.
fn hold_a_key(value: &mut Value, known: &Known, random: &mut Random) {
    let Some(code) = known.one(random, "code") else {
        return;
    };
    let proof = arrival(&code, 1);
    for name in ["code", "public_key", "proof"] {
        value[name] = proof[name].clone();
    }
}

/// As it stands in an address.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            quoted.push(char::from(byte));
        } else {
            write!(quoted, "%{byte:02X}").unwrap();
        }
    }
    quoted
}
