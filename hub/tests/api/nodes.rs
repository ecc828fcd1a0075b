//! How machines become nodes, by one code each, and cease to be.

use hackstream_control_api::enroll::ENROLL_TYPE;
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_hub::deeds::upkeep;
use hackstream_hub::store::Row;
use hackstream_ticket::{HubKeys, NodeKey};
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, Reply, answer, request};
use crate::signed_jobs::rows;

pub(crate) const TESTS: &[Test] = &[
    ("a_code_makes_one_node", a_code_makes_one_node),
    (
        "the_same_machine_gets_the_same_answer",
        the_same_machine_gets_the_same_answer,
    ),
    (
        "a_code_has_its_time_and_its_name",
        a_code_has_its_time_and_its_name,
    ),
    (
        "who_does_not_hold_the_key_does_not_come_in",
        who_does_not_hold_the_key_does_not_come_in,
    ),
    (
        "a_node_that_is_removed_is_nobody_at_once",
        a_node_that_is_removed_is_nobody_at_once,
    ),
    (
        "a_lost_session_is_ended_by_an_administrator",
        a_lost_session_is_ended_by_an_administrator,
    ),
];

/// A code for a node of that name.
fn code(api: &Api, name: &str) -> String {
    let made = api.post(
        "/v1/enroll-codes",
        &api.token("admin"),
        json!({ "name": name }),
    );
    assert_eq!(made.status, 201, "{made:?}");
    made.ok()["code"].as_str().unwrap().to_owned()
}

/// What a machine with the key of that number sends.
pub(crate) fn arrival(code: &str, machine: u8) -> Value {
    let key = NodeKey::from_seed(&[machine; 32]).unwrap();
    json!({
        "code": code, "public_key": key.public().to_string(),
        "proof": key.prove(ENROLL_TYPE, code.as_bytes()), "version": "test", "apps": ["browser"],
        "capacity": { "memory_bytes": 1, "memory_allocatable": 1, "cpu_millis": 1,
            "cpu_allocatable": 1, "max_sessions": 1 },
    })
}

fn enroll(api: &Api, code: &str, machine: u8) -> Reply {
    api.post("/v1/node/enroll", "", arrival(code, machine))
}

fn nodes(api: &Api) -> Vec<Value> {
    let nodes = api.get("/v1/nodes", &api.token("admin")).ok();
    nodes.as_array().unwrap().clone()
}

fn a_code_makes_one_node(api: &mut Api) {
    let code = code(api, "attic");
    let replies = api.flood(24, |number| {
        let machine = u8::try_from(number).unwrap();
        let body = arrival(&code, machine).to_string();
        request("POST", "/v1/node/enroll", "", &[], body)
    });
    let (let_in, refused): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!(let_in.len(), 1, "{let_in:?}");
    assert!(
        refused
            .iter()
            .all(|reply| reply.code() == "enrollment_refused")
    );
    assert!(refused.iter().all(|reply| {
        let detail = reply.json["detail"].as_str().unwrap();
        detail.contains("used by another machine")
    }));
    assert_eq!(nodes(api).len(), 1);
    let kept = api.write(|tx| {
        let sql = "SELECT count(*) FROM nodes";
        Ok(tx.first(sql, &[], Row::take::<u64>)?.unwrap())
    });
    assert_eq!((kept, rows(api, "node.enroll").len()), (1, 1));
    // Good for what a node does, with jobs that it can check.
    let answer = let_in.into_iter().next().unwrap().ok();
    let token = answer["token"].as_str().unwrap();
    api.report(token, 0, json!([])).ok();
    api.launch(&api.token("alice"));
    assert_eq!(api.jobs(token)[0]["node"], answer["node"]);
    let keys: HubKeys = answer["job_keys"][0].as_str().unwrap().parse().unwrap();
    assert_eq!(keys, api.job_keys);
}

fn the_same_machine_gets_the_same_answer(api: &mut Api) {
    let code = code(api, "attic");
    let replies = api.flood(8, |_| {
        let body = arrival(&code, 1).to_string();
        request("POST", "/v1/node/enroll", "", &[], body)
    });
    let answers: Vec<_> = replies.into_iter().map(Reply::ok).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(nodes(api).len(), 1);
    // Within the code's time, and no longer.
    api.wait(Seconds::minutes(10));
    let late = enroll(api, &code, 1);
    assert_eq!(late.code(), "enrollment_refused");
    assert!(
        late.json["detail"]
            .as_str()
            .unwrap()
            .contains("ten minutes")
    );
    let token = answers[0]["token"].as_str().unwrap();
    api.report(token, 0, json!([])).ok();
}

fn a_code_has_its_time_and_its_name(api: &mut Api) {
    let first = code(api, "attic");
    let second = code(api, "attic");
    assert_eq!(enroll(api, &first, 1).code(), "enrollment_refused");
    api.wait(Seconds::minutes(10));
    let late = enroll(api, &second, 1);
    assert!(
        late.json["detail"]
            .as_str()
            .unwrap()
            .contains("ten minutes")
    );
    let unknown = enroll(api, &format!("hse_{}", "0".repeat(32)), 1);
    assert!(
        unknown.json["detail"]
            .as_str()
            .unwrap()
            .contains("does not know")
    );
    assert!(nodes(api).is_empty());

    let third = code(api, "attic");
    enroll(api, &third, 1).ok();
    let admin = api.token("admin");
    let taken = api.post("/v1/enroll-codes", &admin, json!({ "name": "attic" }));
    assert_eq!(taken.code(), "name_taken");
    // Forgotten, a day after.
    api.wait(Seconds::days(2));
    let kept = api
        .runtime
        .block_on(upkeep::run(&api.hub.store, api.hub.store.now()));
    assert!(kept.faults.is_empty());
    let left = api.write(|tx| Ok(tx.query("SELECT name FROM enrollments", &[])?.len()));
    assert_eq!(left, 0);
}

fn who_does_not_hold_the_key_does_not_come_in(api: &mut Api) {
    let code = code(api, "attic");
    let mut stolen = arrival(&code, 1);
    stolen["proof"] = arrival(&code, 2)["proof"].clone();
    let refused = api.post("/v1/node/enroll", "", stolen);
    assert_eq!(refused.code(), "enrollment_refused");
    // The key of the one who came in, without the key itself.
    enroll(api, &code, 1).ok();
    let mut copied = arrival("hse_other", 1);
    copied["code"] = json!(code);
    let refused = api.post("/v1/node/enroll", "", copied);
    assert_eq!(refused.code(), "enrollment_refused");
    let kept = api.write(|tx| {
        let sql = "SELECT code_hash FROM enrollments";
        Ok(tx.first(sql, &[], Row::take::<Vec<u8>>)?.unwrap())
    });
    assert!(!String::from_utf8_lossy(&kept).contains("hse_"));
}

fn remove(api: &Api, token: &str, node: &str, force: bool) -> Reply {
    let path = format!("/v1/nodes/{node}?force={force}");
    api.call("DELETE", &path, token, Value::Null)
}

fn a_node_that_is_removed_is_nobody_at_once(api: &mut Api) {
    let (id, node) = api.node("a");
    let id = id.to_string();
    let (alice, admin) = (api.token("alice"), api.token("admin"));
    let session = api.launch(&alice);
    let busy = remove(api, &admin, &id, false);
    assert_eq!(busy.code(), "node_busy");
    assert!(busy.json["detail"].as_str().unwrap().contains("1 sessions"));
    let waiting = request(
        "GET",
        "/v1/node/jobs?after=1&wait=30",
        &node,
        &[],
        String::new(),
    );
    let waiting = api.runtime.spawn(answer(api.router.clone(), waiting));
    // Time to get as far as it can; one that is slower is refused all the same.
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(remove(api, &admin, &id, true).status, 204);
    let told = api.runtime.block_on(waiting).unwrap();
    assert_eq!(told.code(), "unauthenticated");
    assert_eq!(api.report(&node, 1, json!([])).code(), "unauthenticated");
    assert_eq!(remove(api, &admin, &id, true).code(), "not_found");
    let cordon = format!("/v1/nodes/{id}/cordon");
    assert_eq!(api.post(&cordon, &admin, Value::Null).code(), "not_found");
    let over = api.get(&format!("/v1/sessions/{session}"), &alice).ok();
    assert_eq!(
        (&over["state"], &over["stop_cause"]),
        (&json!("stopped"), &json!("node_removed"))
    );
    assert!(nodes(api).is_empty());
    let nobody = api.post("/v1/sessions", &alice, json!({ "app": "browser" }));
    assert_eq!(nobody.code(), "no_node");
    // Its name can be used again, also by the same machine.
    let (again, _) = api.node("a");
    assert_ne!(again.to_string(), id);
    let actions = ["node.remove", "session.give_up"].map(|action| rows(api, action).len());
    assert_eq!(actions, [1, 1]);
}

fn a_lost_session_is_ended_by_an_administrator(api: &mut Api) {
    let (id, node) = api.node("a");
    let session = api.launch(&api.token("alice"));
    let ready = json!([{ "session": session, "state": "ready", "since": 1 }]);
    api.report(&node, 1, ready.clone()).ok();
    api.wait(Seconds::minutes(11));
    let since = UnixMillis(api.now() - 11 * 60_000);
    let kept = api.runtime.block_on(upkeep::run(&api.hub.store, since));
    assert_eq!(kept.given_up, 1);
    let admin = api.token("admin");
    let path = format!("/v1/sessions/{session}");
    let stopped = api.post(&format!("{path}/stop"), &admin, Value::Null).ok();
    assert_eq!(
        (&stopped["state"], &stopped["stop_cause"]),
        (&json!("stopped"), &json!("admin"))
    );
    // The node is back, and has it: it is told to end it, and nothing else comes of it.
    api.report(&node, 1, ready).ok();
    let stops = api.jobs(&node);
    assert!(
        stops
            .iter()
            .any(|job| job["kind"] == "stop" && job["session"] == *session)
    );
    assert_eq!(api.get(&path, &admin).ok()["state"], "stopped");
    // What is lost does not keep a node from being removed.
    assert_eq!(remove(api, &admin, &id.to_string(), false).status, 204);
}
