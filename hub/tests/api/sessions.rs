//! Sessions from the wish to the end, and what can go wrong on the way.

use std::time::Duration;

use hackstream_control_api::time::Seconds;
use hackstream_hub::deeds::upkeep;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::Test;
use crate::harness::{Api, request};

pub(crate) const TESTS: &[Test] = &[
    (
        "a_session_lives_and_its_log_tells_it",
        a_session_lives_and_its_log_tells_it,
    ),
    (
        "events_go_on_where_they_were_left",
        events_go_on_where_they_were_left,
    ),
    ("who_watches_hears_at_once", who_watches_hears_at_once),
    (
        "a_node_that_waits_is_told_at_once",
        a_node_that_waits_is_told_at_once,
    ),
    (
        "fifty_at_once_get_what_the_quota_allows",
        fifty_at_once_get_what_the_quota_allows,
    ),
    (
        "the_same_wish_is_fulfilled_once",
        the_same_wish_is_fulfilled_once,
    ),
    (
        "a_node_that_can_start_nothing_gets_nothing",
        a_node_that_can_start_nothing_gets_nothing,
    ),
    (
        "a_full_node_says_what_it_lacks",
        a_full_node_says_what_it_lacks,
    ),
    (
        "no_node_promises_its_memory_twice",
        no_node_promises_its_memory_twice,
    ),
    (
        "a_stop_is_taken_at_any_time_and_again",
        a_stop_is_taken_at_any_time_and_again,
    ),
    (
        "a_node_that_refuses_ends_the_wish",
        a_node_that_refuses_ends_the_wish,
    ),
    ("what_a_node_lost_has_ended", what_a_node_lost_has_ended),
    (
        "a_hub_that_was_away_hears_its_nodes_first",
        a_hub_that_was_away_hears_its_nodes_first,
    ),
    (
        "a_silent_node_is_lost_and_comes_back",
        a_silent_node_is_lost_and_comes_back,
    ),
    (
        "a_lost_session_is_told_to_end_once",
        a_lost_session_is_told_to_end_once,
    ),
    (
        "what_comes_too_late_is_ended_again",
        what_comes_too_late_is_ended_again,
    ),
    (
        "a_hub_with_an_older_memory_is_understood",
        a_hub_with_an_older_memory_is_understood,
    ),
    ("what_is_opened_is_forgotten", what_is_opened_is_forgotten),
    (
        "who_watches_to_the_end_does_not_come_again",
        who_watches_to_the_end_does_not_come_again,
    ),
    (
        "who_may_not_see_any_more_hears_nothing_more",
        who_may_not_see_any_more_hears_nothing_more,
    ),
    (
        "policy_and_quota_reach_the_node",
        policy_and_quota_reach_the_node,
    ),
];

fn seen(session: &str, state: &str) -> Value {
    json!([{ "session": session, "state": state, "since": 1, "viewers": 0 }])
}

fn state(api: &Api, token: &str, session: &str) -> String {
    let seen = api.get(&format!("/v1/sessions/{session}"), token).ok();
    seen["state"].as_str().unwrap().to_owned()
}

fn stop(api: &Api, token: &str, session: &str) -> Value {
    api.post(&format!("/v1/sessions/{session}/stop"), token, Value::Null)
        .ok()
}

fn a_session_lives_and_its_log_tells_it(api: &mut Api) {
    let (node_id, node) = api.node("a");
    let (alice, auditor) = (api.token("alice"), api.token("auditor"));
    let wish = json!({ "app": "browser", "url": "https://example.org/secret", "profile": "ephemeral", "quality": "low" });
    let launched = api.post("/v1/sessions", &alice, wish);
    assert_eq!(launched.status, 202);
    let id = launched.ok()["session_id"].as_str().unwrap().to_owned();
    assert_eq!(state(api, &alice, &id), "pending");
    let job = api.jobs(&node).remove(0);
    assert_eq!(
        (&job["kind"], &job["url"]),
        (&json!("boot"), &json!("https://example.org/secret"))
    );
    assert_eq!(
        (&job["node"], &job["quality"]),
        (&json!(node_id), &json!("low"))
    );
    let mut at = json!([{ "session": id, "state": "starting", "phase": "display", "since": 1 }]);
    api.report(&node, 1, at.clone()).ok();
    assert_eq!(state(api, &alice, &id), "provisioning");
    api.wait(Seconds(2));
    at[0]["state"] = json!("ready");
    at[0]["address"] = json!({ "host": "a.example", "port": 14500, "sni": "x" });
    api.report(&node, 1, at.clone()).ok();
    assert_eq!(state(api, &alice, &id), "claimed");
    let result = json!({ "outcome": "done" });
    api.post(
        &format!("/v1/node/jobs/{}/result", job["id"].as_str().unwrap()),
        &node,
        result,
    )
    .ok();
    assert!(api.jobs(&node).is_empty());
    let kept = api.write(|tx| {
        Ok(tx.list(
            "SELECT job FROM jobs",
            &[],
            hackstream_hub::store::Row::take::<String>,
        )?)
    });
    assert!(
        !kept[0].contains("secret"),
        "what was opened is kept: {kept:?}"
    );
    at[0]["viewers"] = json!(1);
    at[0]["last_input"] = json!(api.now());
    api.report(&node, 1, at.clone()).ok();
    let now = api.get(&format!("/v1/sessions/{id}"), &alice).ok();
    assert_eq!(
        (&now["state"], &now["viewers"]),
        (&json!("running"), &json!(1))
    );
    at[0]["stops_at"] = json!(api.now() + 60_000);
    at[0]["stop_cause"] = json!("idle");
    api.report(&node, 1, at.clone()).ok();
    assert_eq!(
        api.get(&format!("/v1/sessions/{id}"), &alice).ok()["stop_cause"],
        "idle"
    );
    at[0]["state"] = json!("ended");
    at[0]["exit"] = json!({ "signal": 15 });
    let answer = api.report(&node, 1, at).ok();
    assert_eq!(answer["forget"], json!([id]));
    let over = api.get(&format!("/v1/sessions/{id}"), &alice).ok();
    assert_eq!(
        (&over["state"], &over["stop_cause"]),
        (&json!("stopped"), &json!("idle"))
    );
    assert_eq!(over["exit"], json!({ "signal": 15 }));
    let rows = api.get("/v1/audit", &auditor).ok();
    let of_session = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["session_id"] == *id);
    let actions: Vec<_> = of_session
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["session.create", "session.end"]);
    assert!(
        !rows.to_string().contains("secret"),
        "the log knows what was opened"
    );
    assert_eq!(api.get("/v1/audit/verify", &auditor).ok()["ok"], true);
    let metrics = api.get("/v1/metrics", &auditor).ok();
    let metrics = metrics.as_str().unwrap();
    for line in [
        "hackstream_session_end_total{cause=\"idle\"} 1",
        "hackstream_session_start_seconds_bucket{le=\"2.0\",app=\"browser\",path=\"cold\"} 1",
        "hackstream_node_up{node=\"a\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

/// The numbers and states in a stream of events.
fn events(text: &Value) -> Vec<(u64, String)> {
    let data = text
        .as_str()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| {
        let event: Value = serde_json::from_str(data).unwrap();
        (
            event["seq"].as_u64().unwrap(),
            event["state"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

fn events_go_on_where_they_were_left(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    for state in ["starting", "ready", "ended"] {
        api.report(&node, 1, seen(&id, state)).ok();
    }
    let path = format!("/v1/sessions/{id}/events");
    let all = api.get(&path, &alice);
    assert_eq!(all.headers["content-type"], "text/event-stream");
    let all = events(&all.json);
    let states: Vec<_> = all.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!(states, ["pending", "provisioning", "claimed", "stopped"]);
    let rest = api.raw(request(
        "GET",
        &path,
        &alice,
        &[("last-event-id", "2")],
        String::new(),
    ));
    assert_eq!(events(&rest.json), all[2..]);
    let bad = api.raw(request(
        "GET",
        &path,
        &alice,
        &[("last-event-id", "x")],
        String::new(),
    ));
    assert_eq!(bad.code(), "invalid");
}

fn who_watches_hears_at_once(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    let path = format!("/v1/sessions/{id}/events");
    // Ends when the session does: whoever does not hear of that waits for minutes.
    let watching = request("GET", &path, &alice, &[], String::new());
    let watching = api
        .runtime
        .spawn(crate::harness::answer(api.router.clone(), watching));
    for state in ["starting", "ready", "stopping", "ended"] {
        api.report(&node, 1, seen(&id, state)).ok();
    }
    let heard = api.runtime.block_on(watching).unwrap();
    assert_eq!(events(&heard.json).last().unwrap().1, "stopped");
}

fn a_node_that_waits_is_told_at_once(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let first = api.launch(&alice);
    let waiting = request(
        "GET",
        "/v1/node/jobs?after=1&wait=30",
        &node,
        &[],
        String::new(),
    );
    let waiting = api
        .runtime
        .spawn(crate::harness::answer(api.router.clone(), waiting));
    stop(api, &alice, &first);
    let told = api.unwrapped(api.runtime.block_on(waiting).unwrap().ok());
    assert_eq!(
        (&told[0]["kind"], &told[0]["seq"]),
        (&json!("stop"), &json!(2))
    );
}

fn fifty_at_once_get_what_the_quota_allows(api: &mut Api) {
    api.node("a");
    let alice = api.token("alice");
    let body = json!({ "app": "browser" }).to_string();
    let replies = api.flood(50, |_| {
        request("POST", "/v1/sessions", &alice, &[], body.clone())
    });
    let made = replies.iter().filter(|reply| reply.status == 202).count();
    let refused = replies.iter().filter(|reply| reply.status != 202);
    assert!(
        refused
            .clone()
            .all(|reply| reply.code() == "quota_exceeded")
    );
    assert_eq!((made, refused.count()), (3, 47));
    let used = api.get("/v1/quotas", &alice).ok();
    assert_eq!(
        (&used["sessions"], &used["limit"]["max_sessions"]),
        (&json!(3), &json!(3))
    );
}

fn the_same_wish_is_fulfilled_once(api: &mut Api) {
    api.node("a");
    let alice = api.token("alice");
    let wish = |app: &str| json!({ "app": app }).to_string();
    let key = [("idempotency-key", "one")];
    let replies = api.flood(20, |_| {
        request("POST", "/v1/sessions", &alice, &key, wish("browser"))
    });
    let ids: Vec<_> = replies
        .into_iter()
        .map(|reply| reply.ok()["session_id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let other = json!({ "app": "browser", "quality": "low" }).to_string();
    let other = api.raw(request("POST", "/v1/sessions", &alice, &key, other));
    assert_eq!(other.code(), "idempotency_mismatch");
    let bob = api.token("bob");
    let his = api
        .raw(request("POST", "/v1/sessions", &bob, &key, wish("browser")))
        .ok();
    assert_ne!(his["session_id"], ids[0]);
}

/// A node with room for one session and a half.
fn small(api: &Api, node: &str) {
    let report = json!({
        "version": "test", "last_seq": 0, "limits_enforced": false, "apps": ["browser"], "sessions": [],
        "capacity": { "memory_bytes": 2_u64 << 30, "memory_allocatable": 1536_u64 << 20,
            "cpu_millis": 8000, "cpu_allocatable": 8000, "max_sessions": 10 },
    });
    api.post("/v1/node/report", node, report).ok();
}

fn a_node_that_can_start_nothing_gets_nothing(api: &mut Api) {
    let alice = api.token("alice");
    let (_, node) = api.node("a");
    let report = |problem: Value| {
        json!({
            "version": "test", "last_seq": 0, "limits_enforced": false, "problem": problem,
            "apps": ["browser"], "sessions": [], "capacity": { "memory_bytes": 2_u64 << 40,
                "memory_allocatable": 2_u64 << 40, "cpu_millis": 8000, "cpu_allocatable": 8000,
                "max_sessions": 10 },
        })
    };
    let why = "there is no container engine at /var/run/docker.sock; is it running?";
    api.post("/v1/node/report", &node, report(json!(why))).ok();
    let wish = json!({ "app": "browser" });
    let refused = api.post("/v1/sessions", &alice, wish);
    assert_eq!(refused.code(), "no_capacity");
    assert_eq!(refused.json["nodes"][0]["lacks"], "driver");
    // Where its socket is, is nothing to whoever launches.
    assert!(
        !refused.json.to_string().contains("docker"),
        "{}",
        refused.json
    );
    let admin = api.token("admin");
    let nodes = api.get("/v1/nodes", &admin).ok();
    assert!(nodes.to_string().contains(why), "{nodes}");
    api.post("/v1/node/report", &node, report(Value::Null)).ok();
    api.launch(&alice);
}

fn a_full_node_says_what_it_lacks(api: &mut Api) {
    let alice = api.token("alice");
    let wish = json!({ "app": "browser" });
    assert_eq!(
        api.post("/v1/sessions", &alice, wish.clone()).code(),
        "no_node"
    );
    let (_, node) = api.node("a");
    small(api, &node);
    api.launch(&alice);
    let full = api.post("/v1/sessions", &alice, wish.clone());
    assert_eq!(full.code(), "no_capacity");
    assert_eq!(
        full.json["detail"],
        "node a lacks memory: needs 1024 MB, has 512"
    );
    assert_eq!(full.json["nodes"][0]["lacks"], "memory");
    assert!(full.headers.contains_key("retry-after"));
    api.wait(Seconds(31));
    let silent = api.post("/v1/sessions", &alice, wish);
    assert_eq!(
        (silent.code(), &silent.json["detail"]),
        ("no_node", &json!("node a does not report"))
    );
}

fn no_node_promises_its_memory_twice(api: &mut Api) {
    let (_, node) = api.node("a");
    small(api, &node);
    let tokens = [api.token("alice"), api.token("bob"), api.token("admin")];
    let body = json!({ "app": "browser" }).to_string();
    let replies = api.flood(12, |number| {
        request(
            "POST",
            "/v1/sessions",
            &tokens[number % 3],
            &[],
            body.clone(),
        )
    });
    assert_eq!(
        replies.iter().filter(|reply| reply.status == 202).count(),
        1
    );
}

fn a_stop_is_taken_at_any_time_and_again(api: &mut Api) {
    let (_, node) = api.node("a");
    let (alice, bob, admin) = (api.token("alice"), api.token("bob"), api.token("admin"));
    let id = api.launch(&alice);
    let path = format!("/v1/sessions/{id}/stop");
    assert_eq!(api.post(&path, &bob, Value::Null).code(), "not_found");
    assert_eq!(
        api.post(&path, &alice, json!({ "grace": 61 })).code(),
        "invalid"
    );
    for _ in 0..3 {
        assert_eq!(stop(api, &alice, &id)["state"], "stopping");
    }
    let jobs = api.jobs(&node);
    assert_eq!(jobs.iter().filter(|job| job["kind"] == "stop").count(), 1);
    // The node has not begun yet: that brings nothing back.
    api.report(&node, 2, seen(&id, "ready")).ok();
    assert_eq!(state(api, &alice, &id), "stopping");
    api.report(&node, 2, seen(&id, "ended")).ok();
    let over = stop(api, &alice, &id);
    assert_eq!(
        (&over["state"], &over["stop_cause"]),
        (&json!("stopped"), &json!("user"))
    );
    let other = api.launch(&alice);
    assert_eq!(stop(api, &admin, &other)["stop_cause"], "admin");
    // That their start came to nothing then is no reason.
    for (session, state, cause) in [(id, "stopped", "user"), (other, "stopped", "admin")] {
        let jobs = jobs.iter().cloned().chain(api.jobs(&node));
        let is_its = |job: &Value| job["session"] == json!(session) && job["kind"] == "boot";
        let boot = { jobs }.find(is_its).unwrap();
        api.done(&node, &boot, "failed");
        let over = api.get(&format!("/v1/sessions/{session}"), &alice).ok();
        assert_eq!(
            (&over["state"], &over["stop_cause"], &over["reason"]),
            (&json!(state), &json!(cause), &Value::Null)
        );
    }
}

fn a_node_that_refuses_ends_the_wish(api: &mut Api) {
    let (_, node) = api.node("a");
    let (alice, auditor) = (api.token("alice"), api.token("auditor"));
    let id = api.launch(&alice);
    let job = api.jobs(&node).remove(0);
    let path = format!("/v1/node/jobs/{}/result", job["id"].as_str().unwrap());
    let result = json!({ "outcome": "refused", "detail": "beyond the ceiling of this node" });
    for _ in 0..2 {
        assert_eq!(api.post(&path, &node, result.clone()).status, 204);
    }
    let failed = api.get(&format!("/v1/sessions/{id}"), &alice).ok();
    assert_eq!(
        (&failed["state"], &failed["stop_cause"]),
        (&json!("failed"), &json!("start_failed"))
    );
    assert_eq!(failed["reason"], "beyond the ceiling of this node");
    let rows = api.get("/v1/audit", &auditor).ok();
    let refused = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["action"] == "job.refused");
    assert_eq!(refused.count(), 1);
}

fn what_a_node_lost_has_ended(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    // The node has not taken the job up: it cannot have the session.
    api.report(&node, 0, json!([])).ok();
    assert_eq!(state(api, &alice, &id), "pending");
    api.report(&node, 1, seen(&id, "ready")).ok();
    api.report(&node, 1, json!([])).ok();
    let gone = api.get(&format!("/v1/sessions/{id}"), &alice).ok();
    assert_eq!(
        (&gone["state"], &gone["stop_cause"]),
        (&json!("failed"), &json!("node_lost"))
    );
}

/// What is done once a minute, by a hub that has listened for so long; how many sessions it gave up.
pub(crate) fn keep_up(api: &Api, listened: Seconds) -> u64 {
    let store = &api.hub.store;
    let kept = api
        .runtime
        .block_on(upkeep::run(store, store.now().minus(listened)));
    assert!(kept.faults.is_empty(), "{:?}", kept.faults);
    kept.given_up
}

fn a_hub_that_was_away_hears_its_nodes_first(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    api.report(&node, 1, seen(&id, "ready")).ok();
    api.wait(Seconds::hours(5));
    assert_eq!(keep_up(api, Seconds(0)), 0);
    assert_eq!(keep_up(api, Seconds::minutes(9)), 0);
    assert_eq!(keep_up(api, Seconds::minutes(10)), 1);
}

fn a_silent_node_is_lost_and_comes_back(api: &mut Api) {
    let (_, node) = api.node("a");
    let mut at = seen("", "ready");
    let id = api.launch(&api.token("alice"));
    at[0]["session"] = json!(id);
    at[0]["viewers"] = json!(1);
    api.report(&node, 1, at.clone()).ok();
    api.wait(Seconds::minutes(11));
    assert_eq!(keep_up(api, Seconds::minutes(11)), 1);
    assert_eq!(keep_up(api, Seconds::minutes(11)), 0);
    let alice = api.token("alice");
    assert_eq!(state(api, &alice, &id), "lost");
    api.report(&node, 1, at).ok();
    assert_eq!(state(api, &alice, &id), "running");
}

fn a_lost_session_is_told_to_end_once(api: &mut Api) {
    let (_, node) = api.node("a");
    let id = api.launch(&api.token("alice"));
    api.report(&node, 1, seen(&id, "ready")).ok();
    api.wait(Seconds::minutes(11));
    let alice = api.token("alice");
    for _ in 0..3 {
        assert_eq!(keep_up(api, Seconds::minutes(11)), 1);
        assert_eq!(stop(api, &alice, &id)["state"], "stopping");
    }
    let jobs = api.jobs(&node);
    let stops = jobs.iter().filter(|job| job["kind"] == "stop");
    assert_eq!(stops.count(), 1);
}

fn what_comes_too_late_is_ended_again(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    api.wait(Seconds(61));
    assert_eq!(keep_up(api, Seconds::minutes(11)), 1);
    assert_eq!(state(api, &alice, &id), "failed");
    for _ in 0..2 {
        api.report(&node, 1, seen(&id, "starting")).ok();
    }
    let jobs = api.jobs(&node);
    let stops: Vec<_> = jobs.iter().filter(|job| job["kind"] == "stop").collect();
    assert_eq!(stops.len(), 1);
    assert_eq!(stops[0]["session"], id);
}

fn a_hub_with_an_older_memory_is_understood(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    // A backup was put back: the node has had jobs that the hub does not know.
    api.report(&node, 7, json!([])).ok();
    let id = api.launch(&alice);
    let after = api.unwrapped(api.get("/v1/node/jobs?after=7", &node).ok());
    assert_eq!(after[0]["session"], *id);
    api.report(&node, 7, json!([])).ok();
    assert_eq!(state(api, &alice, &id), "pending");
    let nonsense = api.report(&node, u64::MAX, json!([]));
    assert_eq!(nonsense.code(), "invalid");
}

fn what_is_opened_is_forgotten(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let wish = json!({ "app": "browser", "url": "https://example.org/canary" });
    let kept = |api: &Api| {
        let read = hackstream_hub::store::Row::take::<String>;
        let jobs = api.write(move |tx| Ok(tx.list("SELECT job FROM jobs", &[], read)?));
        jobs.iter().filter(|job| job.contains("canary")).count()
    };
    api.post("/v1/sessions", &alice, wish.clone()).ok();
    assert_eq!(kept(api), 1);
    // The node has it and begins.
    api.report(&node, 1, json!([])).ok();
    assert_eq!(kept(api), 0);
    api.post("/v1/sessions", &alice, wish).ok();
    api.wait(Seconds::minutes(7));
    keep_up(api, Seconds(0));
    assert_eq!(kept(api), 0);
    assert!(api.jobs(&node).iter().all(|job| job["seq"] != 2));
}

fn who_watches_to_the_end_does_not_come_again(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    api.report(&node, 1, seen(&id, "ended")).ok();
    let path = format!("/v1/sessions/{id}/events");
    let all = events(&api.get(&path, &alice).json);
    let last = all.last().unwrap().0.to_string();
    let again = request(
        "GET",
        &path,
        &alice,
        &[("last-event-id", &last)],
        String::new(),
    );
    assert_eq!(api.raw(again).status, 204);
}

fn who_may_not_see_any_more_hears_nothing_more(api: &mut Api) {
    api.node("a");
    let (alice, admin) = (api.token("alice"), api.token("admin"));
    let id = api.launch(&alice);
    let path = format!("/v1/sessions/{id}/events");
    let watch = || {
        let request = request("GET", &path, &alice, &[], String::new());
        let head = api.router.clone().oneshot(request);
        api.runtime.block_on(head).unwrap()
    };
    let streams: Vec<_> = (0..16).map(|_| watch()).collect();
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(watch().status(), 429);
    let me = api.get("/v1/me", &alice).ok();
    let user = format!("/v1/users/{}", me["id"].as_str().unwrap());
    let closed = json!({ "disabled": true });
    api.call("PATCH", &user, &admin, closed).ok();
    // Whoever is not told goes on for ten minutes.
    for stream in streams {
        let all = axum::body::to_bytes(stream.into_body(), 1 << 20);
        let patient = async { timeout(Duration::from_secs(120), all).await };
        let all = api.runtime.block_on(patient);
        assert!(all.expect("it goes on").is_ok());
    }
}

fn policy_and_quota_reach_the_node(api: &mut Api) {
    let (_, node) = api.node("a");
    let (alice, admin) = (api.token("alice"), api.token("admin"));
    let mut policy = api.get("/v1/policies/user", &admin).ok();
    assert_eq!(policy["files"], false);
    policy["files"] = json!(true);
    policy["quality_cap"] = json!("auto");
    api.call("PUT", "/v1/policies/user", &admin, policy.clone())
        .ok();
    let quota = json!({ "max_sessions": 1, "mem_limit": 512 << 20,
        "timers": { "idle": 60, "disconnect": 30, "max_duration": 0 } });
    api.call("PUT", "/v1/quotas/role:user", &admin, quota).ok();
    let wish = json!({ "app": "browser", "quality": "high" });
    api.post("/v1/sessions", &alice, wish.clone()).ok();
    let job = api.jobs(&node).remove(0);
    assert_eq!((&job["policy"], &job["quality"]), (&policy, &json!("auto")));
    assert_eq!(job["resources"]["memory_limit"], 512 << 20);
    assert_eq!(
        job["timers"],
        json!({ "idle": 60, "disconnect": 30, "max_duration": 0 })
    );
    assert_eq!(
        api.post("/v1/sessions", &alice, wish).code(),
        "quota_exceeded"
    );
    let rows = api.get("/v1/audit", &admin).ok();
    let change = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["action"] == "policy.put")
        .unwrap();
    assert!(
        change["meta"].as_str().unwrap().contains("\"files\":false"),
        "{change}"
    );
}
