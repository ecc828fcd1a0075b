//! Whether an answer is as the document says.

use axum::http::HeaderMap;
use hackstream_control_api::account::Role;
use hackstream_hub::access::Access;
use serde_json::Value;

use super::document::{Described, Document, Operation};
use super::wish::Wish;
use super::world::Asker;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Of a stream, what came at once.
    pub(super) body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let header = self.headers.get(name);
        header.map_or("", |value| value.to_str().unwrap_or("no text"))
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What of the requests' problems may come with status 503. Nothing here fills disks or ends hubs.
const FOR_NOW: [&str; 3] = ["no_capacity", "no_node", "busy"];

/// What is wrong with an answer. `asked` is the operation that path and method of the request name.
pub(super) fn complaint(
    document: &Document,
    asked: Option<&Operation>,
    wish: &Wish,
    answer: &Answer,
) -> Option<String> {
    // What only differs in having no body.
    if wish.method == "HEAD" {
        return (!answer.body.is_empty()).then(|| "a body".to_owned());
    }
    let health = "/health/ready";
    let is_health = asked.is_some_and(|operation| operation.declared.path == health)
        && wish.leads_there
        && [200, 503].contains(&answer.status);
    if answer.status >= 400 && !is_health {
        complaint_of_problem(document, answer).or_else(|| wrong_refusal(asked, wish, answer))
    } else {
        let operation = match asked {
            Some(operation) if wish.leads_there => operation,
            _ => return Some("there is no such operation".to_owned()),
        };
        complaint_of_body(document, operation, answer).or_else(|| wrong_admission(operation, wish))
    }
}

fn complaint_of_problem(document: &Document, answer: &Answer) -> Option<String> {
    let kind = answer.header("content-type");
    if kind != "application/problem+json" {
        return Some(format!("the problem is {kind:?}"));
    }
    let problem = answer.json();
    if let Some(why) = document.complaint(document.named("Problem"), &problem) {
        return Some(why);
    }
    let code = problem["code"].as_str().unwrap_or_default();
    if problem["status"] != answer.status {
        return Some("two statuses".to_owned());
    }
    if answer.status == 405 && answer.header("allow").is_empty() {
        return Some("405 without Allow".to_owned());
    }
    if answer.status == 401 && answer.header("www-authenticate").is_empty() {
        return Some("401 without WWW-Authenticate".to_owned());
    }
    let retry = answer.header("retry-after");
    if answer.status == 429 && retry.parse::<u64>().is_err() {
        return Some("429 without Retry-After".to_owned());
    }
    let is_fine = answer.status < 500 || answer.status == 503 && FOR_NOW.contains(&code);
    (!is_fine).then(|| "the hub is at fault".to_owned())
}

fn complaint_of_body(
    document: &Document,
    operation: &Operation,
    answer: &Answer,
) -> Option<String> {
    let kind = answer.header("content-type");
    if answer.header("cache-control") != "no-store" && kind != "text/event-stream" {
        return Some("anything on the way may keep it".to_owned());
    }
    match operation.answer(answer.status) {
        Described::Nowhere => Some("the document knows no such status".to_owned()),
        Described::Empty => (!answer.body.is_empty()).then(|| "a body".to_owned()),
        Described::Body(described, _) if !kind.starts_with(described) => {
            Some(format!("{kind:?} for {described:?}"))
        }
        Described::Body("text/event-stream", Some(schema)) => {
            let text = String::from_utf8_lossy(&answer.body);
            let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
            let mut events = events.map(|event| serde_json::from_str(event).unwrap_or_default());
            events.find_map(|event: Value| document.complaint(schema, &event))
        }
        Described::Body("application/json", schema) => match serde_json::from_slice(&answer.body) {
            Ok(value) => document.complaint(schema?, &value),
            Err(error) => Some(error.to_string()),
        },
        Described::Body(..) => None,
    }
}

/// Whether somebody was let in who may not be.
fn wrong_admission(operation: &Operation, wish: &Wish) -> Option<String> {
    let shows = |asker| wish.shows_token && wish.asker == asker;
    let may = match operation.declared.access {
        Access::Public => true,
        Access::Node => shows(Asker::Node),
        Access::OneOf(permissions) => {
            let has = |role| permissions.iter().any(|each| each.is_of(role));
            let roles = [
                (Asker::User, Role::User),
                (Asker::Auditor, Role::Auditor),
                (Asker::Admin, Role::Admin),
                (Asker::Program, Role::Admin),
            ];
            roles
                .iter()
                .any(|(asker, role)| shows(*asker) && has(*role))
        }
    };
    (!may).then(|| "nobody of those may do that".to_owned())
}

/// Whether the refusal says more, or something else, than that the asker is not let in.
fn wrong_refusal(asked: Option<&Operation>, wish: &Wish, answer: &Answer) -> Option<String> {
    let operation = asked.filter(|_| wish.leads_there)?;
    if wrong_admission(operation, wish).is_none() || [401, 403].contains(&answer.status) {
        return None;
    }
    Some("who is not let in hears what is wrong with the request".to_owned())
}
