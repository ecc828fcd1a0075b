//! What starts take, as the metrics tell it.

use hackstream_control_api::time::Seconds;
use serde_json::{Value, json};

use crate::Test;
use crate::harness::Api;

pub(crate) const TESTS: &[Test] = &[
    (
        "a_start_is_timed_in_its_steps",
        a_start_is_timed_in_its_steps,
    ),
    ("a_first_frame_is_one", a_first_frame_is_one),
    (
        "a_warm_one_is_timed_from_the_wish",
        a_warm_one_is_timed_from_the_wish,
    ),
];

fn assert_metrics(api: &Api, lines: &[&str]) {
    let metrics = api.get("/v1/metrics", &api.token("auditor")).ok();
    let metrics = metrics.as_str().unwrap();
    for line in lines {
        let line = format!("hackstream_session_{line}\n");
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    }
}

/// A session that is asked for, and what its node says of it two seconds later.
fn started(api: &mut Api) -> (String, Value) {
    let (_, node) = api.node("a");
    let wish = json!({ "app": "browser", "profile": "ephemeral" });
    let launched = api.post("/v1/sessions", &api.token("alice"), wish).ok();
    let job = api.jobs(&node).remove(0);
    api.wait(Seconds(2));
    let session = json!([{ "session": launched["session_id"], "state": "ready", "since": 1,
        "address": { "host": "a.example", "port": 14500, "sni": "x" },
        "start": { "sandbox_ms": 250, "display_ms": 1500 } }]);
    api.report(&node, 1, session.clone()).ok();
    api.done(&node, &job, "done");
    (node, session)
}

fn a_start_is_timed_in_its_steps(api: &mut Api) {
    let (node, mut session) = started(api);
    let of = |phase: &str, end: &str| {
        format!("phase_seconds_{end}{{app=\"browser\",path=\"cold\",phase=\"{phase}\"}}")
    };
    let steps = [
        of("hub", "sum") + " 0.25",
        of("sandbox", "sum") + " 0.25",
        of("display", "sum") + " 1.5",
    ];
    assert_metrics(api, &steps.each_ref().map(String::as_str));
    session[0]["start"]["viewer_ms"] = json!(500);
    session[0]["start"]["first_frame_ms"] = json!(20);
    session[0]["first_frame_ago_ms"] = json!(480);
    api.wait(Seconds(1));
    api.report(&node, 1, session).ok();
    let steps = [
        of("viewer", "sum") + " 0.5",
        of("first_frame", "sum") + " 0.02",
        "first_frame_seconds_sum{app=\"browser\",path=\"cold\"} 2.52".to_owned(),
        "start_seconds_sum{app=\"browser\",path=\"cold\"} 2.0".to_owned(),
    ];
    assert_metrics(api, &steps.each_ref().map(String::as_str));
}

fn a_first_frame_is_one(api: &mut Api) {
    let (node, mut session) = started(api);
    let path = format!("/v1/sessions/{}", session[0]["session"].as_str().unwrap());
    let first = |api: &Api| api.get(&path, &api.token("alice")).ok()["first_frame_at"].clone();
    assert_eq!(first(api), Value::Null);
    session[0]["first_frame_ago_ms"] = json!(100);
    api.report(&node, 1, session.clone()).ok();
    let known = first(api);
    assert_eq!(known, json!(api.now() - 100));
    api.wait(Seconds(60));
    for ago in [60_100, 5, u64::MAX] {
        session[0]["first_frame_ago_ms"] = json!(ago);
        api.report(&node, 1, session.clone()).ok();
        assert_eq!(first(api), known);
    }
    let count = r#"first_frame_seconds_count{app="browser",path="cold"} 1"#;
    assert_metrics(api, &[count]);
}

fn a_warm_one_is_timed_from_the_wish(api: &mut Api) {
    let (node, mut seen) = crate::pool::filled(api, 1);
    // It was ready long ago.
    api.wait(Seconds(300));
    api.report(&node, 1, seen.clone()).ok();
    let launched = crate::pool::launch(api, &api.token("alice"));
    assert_eq!(launched.status, 201, "{launched:?}");
    let claim = api.jobs(&node).remove(0);
    api.wait(Seconds(1));
    api.done(&node, &claim, "done");
    seen[0]["start"] = json!({ "sandbox_ms": 250, "display_ms": 900, "viewer_ms": 40,
        "first_frame_ms": 5 });
    // As it came before the wish: more than there can have been.
    seen[0]["first_frame_ago_ms"] = json!(400_000);
    api.report(&node, 3, seen).ok();
    assert_metrics(
        api,
        &[
            r#"start_seconds_sum{app="browser",path="pool"} 1.0"#,
            r#"first_frame_seconds_sum{app="browser",path="pool"} 0.0"#,
            r#"phase_seconds_sum{app="browser",path="pool",phase="hub"} 1.0"#,
            r#"phase_seconds_sum{app="browser",path="pool",phase="viewer"} 0.04"#,
            r#"phase_seconds_sum{app="browser",path="pool",phase="first_frame"} 0.005"#,
        ],
    );
}
