//! What is malformed, too large or unknown is refused, and as a problem.

use axum::body::Body;
use axum::http::Request;
use hackstream_hub::http::Peer;
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, request};

pub(crate) const TESTS: &[Test] = &[
    ("what_is_malformed_is_refused", what_is_malformed_is_refused),
    ("values_stay_out_of_answers", values_stay_out_of_answers),
    ("lists_come_in_pages", lists_come_in_pages),
    ("a_node_is_not_a_person", a_node_is_not_a_person),
    (
        "a_node_says_no_more_than_it_may",
        a_node_says_no_more_than_it_may,
    ),
];

fn what_is_malformed_is_refused(api: &mut Api) {
    let alice = api.token("alice");
    let launch = |body: String| api.raw(request("POST", "/v1/sessions", &alice, &[], body));
    assert_eq!(launch("{".to_owned()).code(), "bad_request");
    assert_eq!(
        launch(format!("{{\"app\":\"{}\"}}", "x".repeat(20_000))).code(),
        "too_large"
    );
    let deep = "[".repeat(10_000);
    assert_eq!(launch(format!("{{\"app\":{deep}")).code(), "invalid");
    assert_eq!(launch(deep).status / 100, 4);
    for (wish, code) in [
        (json!({ "app": "browser", "colour": "blue" }), "invalid"),
        (json!({ "app": 7 }), "invalid"),
        (json!({}), "invalid"),
        (
            json!({ "app": "browser", "url": "file:///etc/passwd" }),
            "invalid",
        ),
        (json!({ "app": "browser", "url": "https://a b" }), "invalid"),
        (json!({ "app": "browser", "url": "https://a\n" }), "invalid"),
        (
            json!({ "app": "browser", "screen": { "width": 0, "height": 1 } }),
            "invalid",
        ),
        (json!({ "app": "browser", "quality": "best" }), "invalid"),
        (
            json!({ "app": "browser", "client_key": "short" }),
            "invalid",
        ),
        (json!({ "app": "browser", "profile": "persist" }), "invalid"),
        (json!({ "app": "minesweeper" }), "unknown_app"),
    ] {
        let reply = api.post("/v1/sessions", &alice, wish.clone());
        assert_eq!(reply.code(), code, "{wish}");
    }
    assert_eq!(api.get("/v1/nothing", &alice).code(), "no_such_path");
    assert_eq!(
        api.call("PUT", "/v1/sessions", &alice, Value::Null).code(),
        "method_not_allowed"
    );
    assert_eq!(api.get("/v1/sessions?limit=0", &alice).code(), "invalid");
    assert_eq!(
        api.get("/v1/sessions?cursor=%27%20OR%201", &alice).code(),
        "invalid"
    );
    assert_eq!(
        api.get("/v1/sessions?token=hsa_1", &alice).code(),
        "bad_request"
    );
    assert_eq!(api.get("/v1/sessions/1", &alice).code(), "not_found");
    let text = Request::post("/v1/login").header("content-type", "text/plain");
    let text = text.extension(Peer("192.0.2.1:1".parse().unwrap()));
    assert_eq!(
        api.raw(text.body(Body::from("{}")).unwrap()).code(),
        "unsupported_media"
    );
    for token in ["x", "hsa_", "hsr_", &"hsa_é".repeat(20)] {
        assert_eq!(api.get("/v1/me", token).code(), "unauthenticated");
    }
}

fn values_stay_out_of_answers(api: &mut Api) {
    let body = "{\"username\":\"alice\",\"password\":[\"canary-4711\"]}".to_owned();
    let reply = api.raw(request("POST", "/v1/login", "", &[], body));
    assert_eq!(reply.code(), "invalid");
    let body =
        "{\"username\":\"alice\",\"password\":\"x\",\"device\":\"y\",\"device\":\"canary-4711\"}";
    let again = api.raw(request("POST", "/v1/login", "", &[], body.to_owned()));
    let text = format!("{}{}", reply.json, again.json);
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("duplicate field"), "{text}");
}

fn lists_come_in_pages(api: &mut Api) {
    let admin = api.token("admin");
    let mut path = "/v1/users?limit=2".to_owned();
    let mut names = Vec::new();
    loop {
        let reply = api.get(&path, &admin);
        let link = reply
            .headers
            .get("link")
            .map(|link| link.to_str().unwrap().to_owned());
        let users = reply.ok();
        names.extend(
            users
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["username"].clone()),
        );
        let Some(link) = link else { break };
        path = link[1..link.find('>').unwrap()].to_owned();
    }
    assert_eq!(names, ["admin", "auditor", "alice", "bob"]);
}

fn a_node_is_not_a_person(api: &mut Api) {
    let (_, node) = api.node("a");
    let admin = api.token("admin");
    assert_eq!(api.get("/v1/me", &node).code(), "unauthenticated");
    assert_eq!(api.get("/v1/users", &node).code(), "unauthenticated");
    assert_eq!(api.get("/v1/node/jobs", &admin).code(), "unauthenticated");
}

fn a_node_says_no_more_than_it_may(api: &mut Api) {
    let (_, node) = api.node("a");
    let (_, other) = api.node("b");
    let id = api.launch(&api.token("alice"));
    let jobs = api.jobs(&node);
    let (theirs, stranger) = if jobs.is_empty() {
        (&other, &node)
    } else {
        (&node, &other)
    };
    // Another node's session, and its job, are none of its business.
    let lie = json!([{ "session": id, "state": "ended", "since": 1 }]);
    api.report(stranger, 9, lie).ok();
    let job = api.jobs(theirs).remove(0);
    let path = format!("/v1/node/jobs/{}/result", job["id"].as_str().unwrap());
    api.post(&path, stranger, json!({ "outcome": "failed" }))
        .ok();
    let alice = api.token("alice");
    assert_eq!(
        api.get(&format!("/v1/sessions/{id}"), &alice).ok()["state"],
        "pending"
    );
    let long =
        json!([{ "session": id, "state": "failed", "since": 1, "detail": "x".repeat(2000) }]);
    assert_eq!(api.report(theirs, 1, long).code(), "invalid");
}
