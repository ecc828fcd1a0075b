//! Warm sessions: how many there are, who gets them, and what happens where they cannot be had.

use hackstream_control_api::time::Seconds;
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, Reply, request};

pub(crate) const TESTS: &[Test] = &[
    ("who_asks_gets_what_waits", who_asks_gets_what_waits),
    (
        "ten_at_once_on_a_pool_of_three",
        ten_at_once_on_a_pool_of_three,
    ),
    (
        "a_smaller_pool_is_smaller_at_once",
        a_smaller_pool_is_smaller_at_once,
    ),
    ("what_changed_is_replaced", what_changed_is_replaced),
    (
        "starts_that_fail_are_not_repeated_for_ever",
        starts_that_fail_are_not_repeated_for_ever,
    ),
    ("people_come_before_the_pool", people_come_before_the_pool),
    (
        "a_claim_that_fails_ends_the_session",
        a_claim_that_fails_ends_the_session,
    ),
    ("other_terms_are_started_anew", other_terms_are_started_anew),
    ("sizes_are_checked", sizes_are_checked),
];

/// The key of a viewer.
const KEY: &str = "abababababababababababababababababababababababababababababababab";

fn set(api: &Api, min: u32, max: u32) -> Value {
    let size = json!({ "min": min, "max": max });
    api.call("PUT", "/v1/pool/browser", &api.token("admin"), size)
        .ok()
}

fn ready(jobs: &[Value]) -> Value {
    let one = |job: &Value| {
        json!({ "session": job["session"], "state": "ready", "since": 1, "server_spki": KEY,
            "address": { "host": "a.example", "port": 14500, "sni": "x" } })
    };
    jobs.iter().map(one).collect()
}

/// A node with a pool of so many, all of which wait. What they are, as the node reports it.
pub(crate) fn filled(api: &Api, size: u32) -> (String, Value) {
    let (_, node) = api.node("a");
    set(api, size, size);
    let mut all = Vec::new();
    loop {
        api.tend();
        let jobs = api.jobs(&node);
        if jobs.is_empty() {
            break;
        }
        assert!(jobs.len() <= 2, "a node starts two at once: {jobs:?}");
        all.extend(jobs.iter().cloned());
        api.wait(Seconds(1));
        api.report(&node, all.len() as u64, ready(&all)).ok();
        jobs.iter().for_each(|job| api.done(&node, job, "done"));
    }
    assert_eq!(all.len(), size as usize);
    (node, ready(&all))
}

fn status(api: &Api) -> (u64, u64, u64) {
    let list = api.get("/v1/pool", &api.token("admin")).ok();
    let number = |name: &str| list[0][name].as_u64().unwrap();
    (number("wanted"), number("ready"), number("starting"))
}

pub(crate) fn launch(api: &Api, token: &str) -> Reply {
    let wish = json!({ "app": "browser", "url": "https://example.org/secret", "client_key": KEY });
    api.post("/v1/sessions", token, wish)
}

fn who_asks_gets_what_waits(api: &mut Api) {
    let (node, seen) = filled(api, 2);
    assert_eq!(status(api), (2, 2, 0));
    let launched = launch(api, &api.token("alice"));
    assert_eq!(launched.status, 201, "{launched:?}");
    let launched = launched.ok();
    assert_eq!(launched["state"], "claimed");
    assert_eq!(launched["connect"]["host"], "a.example");
    let waited = |each: &Value| each["session"] == launched["session_id"];
    assert!(seen.as_array().unwrap().iter().any(waited), "{launched}");
    let claim = api.jobs(&node).remove(0);
    assert_eq!(
        (&claim["kind"], &claim["url"]),
        (&json!("claim"), &json!("https://example.org/secret"))
    );
    api.wait(Seconds(1));
    api.done(&node, &claim, "done");
    let path = format!("/v1/sessions/{}", launched["session_id"].as_str().unwrap());
    let own = api.get(&path, &api.token("alice")).ok();
    assert_eq!(
        (&own["pool_hit"], &own["profile"]),
        (&json!(true), &json!("ephemeral"))
    );
    // What the node says later changes nothing of whose it is.
    api.report(&node, 3, seen.clone()).ok();
    assert_eq!(api.get(&path, &api.token("alice")).ok()["state"], "claimed");
    assert_eq!(api.get(&path, &api.token("bob")).status, 404);
    // Another one takes its place.
    assert_eq!(api.tend().started, 1);
    assert_eq!(status(api), (2, 1, 1));
    let log = api.get("/v1/audit", &api.token("admin")).ok().to_string();
    assert!(
        log.contains(r#"pool_hit\":true"#) && !log.contains("secret"),
        "{log}"
    );
    let metrics = api.get("/v1/metrics", &api.token("admin"));
    let metrics = metrics.json.as_str().unwrap();
    let count = r#"session_start_seconds_count{app="browser",path="pool"} 1"#;
    assert!(metrics.contains(count), "{metrics}");
}

fn ten_at_once_on_a_pool_of_three(api: &mut Api) {
    let (node, seen) = filled(api, 3);
    let quota = json!({ "max_sessions": 20 });
    api.call("PUT", "/v1/quotas/default", &api.token("admin"), quota)
        .ok();
    let alice = api.token("alice");
    let wish = json!({ "app": "browser", "client_key": KEY }).to_string();
    let replies = api.flood(10, |_| {
        request("POST", "/v1/sessions", &alice, &[], wish.clone())
    });
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    let many = |status| statuses.iter().filter(|each| **each == status).count();
    assert_eq!((many(201), many(202)), (3, 7), "{statuses:?}");
    let mut ids: Vec<_> = replies
        .iter()
        .map(|reply| reply.json["session_id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10, "nobody shares one");
    let claims = api.jobs(&node);
    let claimed = claims.iter().filter(|job| job["kind"] == "claim");
    let claimed: Vec<_> = claimed.map(|job| &job["session"]).collect();
    assert!(
        seen.as_array()
            .unwrap()
            .iter()
            .all(|each| claimed.contains(&&each["session"]))
    );
}

fn a_smaller_pool_is_smaller_at_once(api: &mut Api) {
    let (node, _) = filled(api, 3);
    set(api, 1, 1);
    assert_eq!(api.tend().ended, 2);
    let jobs = api.jobs(&node);
    let told = |job: &Value| (job["kind"].clone(), job["cause"].clone());
    assert!(
        jobs.iter()
            .all(|job| told(job) == (json!("stop"), json!("pool_shrink"))),
        "{jobs:?}"
    );
    let path = "/v1/pool/browser/pause";
    api.post(path, &api.token("admin"), Value::Null).ok();
    assert_eq!(api.tend().ended, 1);
    assert_eq!(status(api), (0, 0, 0));
    assert_eq!(api.tend(), Default::default());
    api.post("/v1/pool/browser/resume", &api.token("admin"), Value::Null)
        .ok();
    assert_eq!(api.tend().started, 1);
}

fn what_changed_is_replaced(api: &mut Api) {
    let (_, _) = filled(api, 1);
    let admin = api.token("admin");
    let app = json!({ "id": "browser", "title": "Firefox", "roles": ["user"],
        "resources": { "memory_request": 1, "memory_limit": 2, "cpu_request": 1, "cpu_limit": 2, "pids": 3 } });
    api.call("PUT", "/v1/apps/browser", &admin, app).ok();
    let tended = api.tend();
    assert_eq!((tended.started, tended.ended), (1, 1));
    // Nobody gets the old one.
    assert_eq!(launch(api, &api.token("alice")).status, 202);
}

fn starts_that_fail_are_not_repeated_for_ever(api: &mut Api) {
    let (_, node) = api.node("a");
    set(api, 1, 1);
    for _ in 0..3 {
        assert_eq!(api.tend().started, 1);
        let job = api.jobs(&node).remove(0);
        api.done(&node, &job, "failed");
    }
    let held = api.tend();
    assert_eq!(held.started, 0);
    assert_eq!(held.look_again.map(|at| at.0 - api.now()), Some(30_000));
    let list = api.get("/v1/pool", &api.token("admin")).ok();
    assert_eq!(list[0]["failures"], 3);
    api.wait(Seconds(31));
    api.report(&node, 3, json!([])).ok();
    assert_eq!(api.tend().started, 1);
    let log = api.get("/v1/audit", &api.token("admin")).ok().to_string();
    assert_eq!(log.matches("pool.hold").count(), 1, "{log}");
}

fn people_come_before_the_pool(api: &mut Api) {
    let (node, seen) = filled(api, 2);
    let admin = api.token("admin");
    // An application of its own, for which the node has no room beside the pool.
    let app = json!({ "id": "office", "title": "Office", "roles": ["user"],
        "resources": { "memory_request": (1_u64 << 40) - (1 << 30), "memory_limit": 0, "cpu_request": 0, "cpu_limit": 0, "pids": 0 } });
    api.call("PUT", "/v1/apps/office", &admin, app).ok();
    let quota = json!({ "mem_limit": 0, "cpu_limit": 0 });
    api.call("PUT", "/v1/quotas/default", &admin, quota).ok();
    let report = |sessions: Value| {
        let report = json!({ "version": "test", "last_seq": 2, "limits_enforced": true,
            "apps": ["browser", "office"], "sessions": sessions,
            "capacity": { "memory_bytes": 1_u64 << 40, "memory_allocatable": 1_u64 << 40,
                "cpu_millis": 1_000_000, "cpu_allocatable": 1_000_000, "max_sessions": 1000 } });
        api.post("/v1/node/report", &node, report).ok();
    };
    report(seen.clone());
    let alice = api.token("alice");
    let refused = api.post("/v1/sessions", &alice, json!({ "app": "office" }));
    assert_eq!(
        (
            refused.status,
            refused.headers["retry-after"].to_str().unwrap()
        ),
        (503, "2")
    );
    assert_eq!(refused.code(), "no_capacity");
    // The newest makes room, and the pool leaves it alone for a while.
    let stops = api.jobs(&node);
    assert_eq!(stops.len(), 1, "{stops:?}");
    assert_eq!(api.tend().started, 0);
    let mut left = seen.as_array().unwrap().clone();
    left.retain(|each| each["session"] != stops[0]["session"]);
    assert_eq!(left.len(), 1);
    api.done(&node, &stops[0], "done");
    let report_left = || {
        json!({ "version": "test", "last_seq": 3, "limits_enforced": true,
        "apps": ["browser", "office"], "sessions": left,
        "capacity": { "memory_bytes": 1_u64 << 40, "memory_allocatable": 1_u64 << 40,
            "cpu_millis": 1_000_000, "cpu_allocatable": 1_000_000, "max_sessions": 1000 } })
    };
    api.post("/v1/node/report", &node, report_left()).ok();
    let launched = api.post("/v1/sessions", &alice, json!({ "app": "office" }));
    assert_eq!(launched.status, 202, "{launched:?}");
}

fn a_claim_that_fails_ends_the_session(api: &mut Api) {
    let (node, seen) = filled(api, 1);
    let alice = api.token("alice");
    let launched = launch(api, &alice).ok();
    let claim = api.jobs(&node).remove(0);
    api.done(&node, &claim, "failed");
    let path = format!("/v1/sessions/{}", launched["session_id"].as_str().unwrap());
    let session = api.get(&path, &alice).ok();
    assert_eq!(
        (&session["state"], &session["reason"]),
        (&json!("failed"), &json!("as the node says"))
    );
    // The node still has it, and shall not.
    api.report(&node, 2, seen).ok();
    assert_eq!(api.jobs(&node)[0]["kind"], "stop");
}

fn other_terms_are_started_anew(api: &mut Api) {
    let (_, _) = filled(api, 1);
    let policy = json!({ "clipboard_in": false, "clipboard_out": false, "files": false,
        "sound": false, "microphone": false, "gpu": false, "egress": "none", "quality_cap": "low" });
    let admin = api.token("admin");
    api.call("PUT", "/v1/policies/admin", &admin, policy.clone())
        .ok();
    // A session cannot be cut off from the network later.
    assert_eq!(launch(api, &admin).status, 202);
    // What viewers may do is said by their tickets.
    let mut open = policy;
    open["egress"] = json!("internet");
    api.call("PUT", "/v1/policies/admin", &admin, open).ok();
    assert_eq!(launch(api, &admin).status, 201);
}

fn sizes_are_checked(api: &mut Api) {
    let admin = api.token("admin");
    for bad in [
        json!({ "min": 2, "max": 1 }),
        json!({ "min": 0, "max": 1001 }),
    ] {
        let refused = api.call("PUT", "/v1/pool/browser", &admin, bad);
        assert_eq!(refused.code(), "invalid");
    }
    let size = json!({ "min": 1, "max": 1 });
    assert_eq!(
        api.call("PUT", "/v1/pool/nothing", &admin, size).status,
        404
    );
    assert_eq!(
        api.post("/v1/pool/browser/pause", &admin, Value::Null)
            .status,
        404
    );
}
