//! What a session's programs say gets to its owner, in order, once, and to nobody else.

use std::time::Duration;

use axum::body::to_bytes;
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::Test;
use crate::harness::{Api, request};

pub(crate) const TESTS: &[Test] = &[
    (
        "what_there_is_comes_first_and_then_what_comes",
        what_there_is_comes_first_and_then_what_comes,
    ),
    (
        "who_comes_again_goes_on_where_they_were",
        who_comes_again_goes_on_where_they_were,
    ),
    (
        "a_log_is_for_its_owner_from_its_node",
        a_log_is_for_its_owner_from_its_node,
    ),
    ("a_log_ends_with_its_session", a_log_ends_with_its_session),
    ("an_empty_log_is_told_at_once", an_empty_log_is_told_at_once),
];

fn piece(offset: u64, text: &str, complete: bool) -> Value {
    let end = offset + text.len() as u64;
    json!({ "offset": offset, "text": text, "end": end, "complete": complete })
}

/// Sends a piece; whether more is wanted.
fn send(api: &Api, node: &str, session: &str, piece: Value) -> bool {
    let answer = api.post(&format!("/v1/node/logs/{session}"), node, piece);
    answer.ok()["wanted"].as_bool().unwrap()
}

/// Begins to read; what comes is in the body.
fn read(api: &Api, token: &str, session: &str, after: u64) -> Response {
    let path = format!("/v1/sessions/{session}/logs");
    let after = after.to_string();
    let headers = [("last-event-id", after.as_str())];
    let request = request("GET", &path, token, &headers, String::new());
    let head = api.router.clone().oneshot(request);
    api.runtime.block_on(head).unwrap()
}

/// The texts of all pieces, until there are no more.
fn all(api: &Api, stream: Response) -> String {
    let bytes = to_bytes(stream.into_body(), 1 << 20);
    let bytes = async { timeout(Duration::from_secs(120), bytes).await };
    let bytes = api.runtime.block_on(bytes).expect("it does not end");
    let text = String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| {
        let piece: Value = serde_json::from_str(data).unwrap();
        piece["text"].as_str().unwrap().to_owned()
    })
    .collect()
}

/// A session that runs.
fn running(api: &Api, node: &str, token: &str) -> String {
    let id = api.launch(token);
    let seen = json!([{ "session": id, "state": "ready", "since": 1 }]);
    api.report(node, 1, seen).ok();
    id
}

/// From where on the node was told to send, for each time that it was.
fn told(api: &Api, node: &str) -> Vec<u64> {
    let jobs = api.jobs(node);
    let logs = jobs.iter().filter(|job| job["kind"] == "send_log");
    logs.map(|job| job["after"].as_u64().unwrap()).collect()
}

fn what_there_is_comes_first_and_then_what_comes(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = running(api, &node, &alice);
    assert!(!send(api, &node, &id, piece(0, "nobody reads", false)));
    let stream = read(api, &alice, &id, 0);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(told(api, &node), [0]);
    let reading = {
        let (router, runtime) = (api.router.clone(), api.runtime.clone());
        let (node, id) = (node.clone(), id.clone());
        std::thread::spawn(move || {
            let pieces = [
                piece(0, "first\n", false),
                piece(6, "", false),
                piece(6, "caf\u{e9} \u{1b}[31m\n", false),
                piece(18, "last\n", true),
            ];
            for piece in pieces {
                let path = format!("/v1/node/logs/{id}");
                let sent = request("POST", &path, &node, &[], piece.to_string());
                let reply = runtime.block_on(crate::harness::answer(router.clone(), sent));
                assert_eq!(reply.ok()["wanted"], true);
            }
        })
    };
    assert_eq!(all(api, stream), "first\ncaf\u{e9} \u{1b}[31m\nlast\n");
    reading.join().unwrap();
    assert!(!send(api, &node, &id, piece(23, "more", false)));
}

fn who_comes_again_goes_on_where_they_were(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = running(api, &node, &alice);
    let stream = read(api, &alice, &id, 6);
    assert_eq!(told(api, &node), [6]);
    send(api, &node, &id, piece(0, "first\nsecond\n", true));
    assert_eq!(all(api, stream), "second\n");
}

fn a_log_is_for_its_owner_from_its_node(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = running(api, &node, &alice);
    let (_, other) = api.node("b");
    for stranger in ["bob", "admin"] {
        let stream = read(api, &api.token(stranger), &id, 0);
        assert_eq!(stream.status(), 404, "{stranger}");
    }
    let stream = read(api, &alice, &id, 0);
    assert!(!send(api, &other, &id, piece(0, "a lie", true)));
    send(api, &node, &id, piece(0, "the truth", true));
    assert_eq!(all(api, stream), "the truth");
    let path = format!("/v1/node/logs/{id}");
    let long = json!({ "offset": 0, "text": "x".repeat(100_000), "end": 100_000 });
    assert_eq!(api.post(&path, &node, long).code(), "invalid");
    let stream = read(api, &alice, &id, 0);
    let me = api.get("/v1/me", &alice).ok();
    let user = format!("/v1/users/{}", me["id"].as_str().unwrap());
    let closed = json!({ "disabled": true });
    let admin = api.token("admin");
    api.call("PATCH", &user, &admin, closed).ok();
    assert_eq!(all(api, stream), "");
}

fn a_log_ends_with_its_session(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = running(api, &node, &alice);
    let stream = read(api, &alice, &id, 0);
    send(api, &node, &id, piece(0, "so far", false));
    let ended = json!([{ "session": id, "state": "ended", "since": 1 }]);
    api.report(&node, 1, ended).ok();
    assert_eq!(all(api, stream), "so far");
    assert_eq!(read(api, &alice, &id, 0).status(), 409);
}

/// Whoever wants no more than what there is hears that it is nothing.
fn an_empty_log_is_told_at_once(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = running(api, &node, &alice);
    let stream = read(api, &alice, &id, 0);
    let nothing = json!({ "offset": 0, "text": "", "end": 0, "latest": true });
    assert!(send(api, &node, &id, nothing));
    let mut body = stream.into_body().into_data_stream();
    let first = async { timeout(Duration::from_secs(60), body.next()).await };
    let first = api.runtime.block_on(first).expect("nothing comes");
    let text = String::from_utf8(first.unwrap().unwrap().to_vec()).unwrap();
    assert!(text.contains(r#""latest":true"#), "{text}");
}
