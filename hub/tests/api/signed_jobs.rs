//! What a node can rely on of its jobs, and what the log says of those that it refuses.

use hackstream_control_api::node::JOB_TYPE;
use hackstream_control_api::time::Seconds;
use hackstream_hub::store::Row;
use serde_json::{Value, json};

use crate::Test;
use crate::harness::Api;

pub(crate) const TESTS: &[Test] = &[
    (
        "an_edited_job_is_handed_out_as_none_of_the_hubs",
        an_edited_job_is_handed_out_as_none_of_the_hubs,
    ),
    (
        "why_a_node_refuses_stands_in_the_log",
        why_a_node_refuses_stands_in_the_log,
    ),
    (
        "a_stop_that_was_tampered_with_is_told_again",
        a_stop_that_was_tampered_with_is_told_again,
    ),
];

fn an_edited_job_is_handed_out_as_none_of_the_hubs(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let wish = json!({ "app": "browser", "url": "https://example.org" });
    api.post("/v1/sessions", &alice, wish).ok();
    api.write(|tx| {
        let edit = "UPDATE jobs SET job = replace(job, 'example.org', 'evil.example')";
        Ok(tx.execute(edit, &[])?)
    });
    let list = api.get("/v1/node/jobs", &node).ok();
    let job = &list["jobs"][0];
    let payload = job["payload"].as_str().unwrap();
    assert!(payload.contains("evil.example"), "{payload}");
    let seal = job["signature"].as_str().unwrap().parse().unwrap();
    let checked = api.job_keys.check(&seal, JOB_TYPE, payload.as_bytes());
    assert!(checked.is_err(), "the hub signed what it read");
    // Not even by what happens to the job afterwards.
    api.report(&node, 1, json!([])).ok();
    api.done(&node, job, "refused");
    let kept = api.write(|tx| {
        let sql = "SELECT count(*) FROM jobs WHERE signature IS NOT NULL";
        Ok(tx.first(sql, &[], Row::take::<u64>)?.unwrap())
    });
    assert_eq!(kept, 0);
}

/// The rows of the audit log of one kind.
pub(crate) fn rows(api: &Api, action: &str) -> Vec<Value> {
    let rows = api.get("/v1/audit?limit=200", &api.token("auditor")).ok();
    let rows = rows.as_array().unwrap().iter();
    rows.filter(|row| row["action"] == action)
        .cloned()
        .collect()
}

fn meta(row: &Value) -> Value {
    serde_json::from_str(row["meta"].as_str().unwrap()).unwrap()
}

fn why_a_node_refuses_stands_in_the_log(api: &mut Api) {
    let (node_id, node) = api.node("a");
    let session = api.launch(&api.token("alice"));
    // Not to be read any more, whoever did that: the job is the node's to refuse all the same.
    api.write(|tx| Ok(tx.execute("UPDATE jobs SET job = '{', private = 1", &[])?));
    let list = api.get("/v1/node/jobs", &node).ok();
    let id = list["jobs"][0]["id"].as_str().unwrap().to_owned();
    let result = json!({ "outcome": "refused", "reason": "bad_signature", "detail": "words" });
    let path = format!("/v1/node/jobs/{id}/result");
    for _ in 0..2 {
        assert_eq!(api.post(&path, &node, result.clone()).status, 204);
    }
    let refused = rows(api, "job.refused");
    assert_eq!(refused.len(), 1);
    let (row, meta) = (&refused[0], meta(&refused[0]));
    assert_eq!(
        (&row["target_id"], &row["actor_id"]),
        (&json!(id), &json!(node_id))
    );
    assert_eq!(
        (&meta["reason"], &meta["kind"]),
        (&json!("bad_signature"), &json!("boot"))
    );
    assert!(!row.to_string().contains("words"), "{row}");
    let seen = api.get(&format!("/v1/sessions/{session}"), &api.token("alice"));
    assert_eq!(seen.ok()["state"], "failed");
    api.report(&node, 1, json!([])).ok();
}

fn a_stop_that_was_tampered_with_is_told_again(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    let ready = json!([{ "session": id, "state": "ready", "since": 1 }]);
    api.report(&node, 1, ready.clone()).ok();
    let boot = api.jobs(&node).remove(0);
    api.done(&node, &boot, "done");
    api.post(&format!("/v1/sessions/{id}/stop"), &alice, Value::Null)
        .ok();
    let stop = api.jobs(&node).remove(0);
    api.done(&node, &stop, "refused");
    api.report(&node, 2, ready.clone()).ok();
    assert!(api.jobs(&node).is_empty(), "it may be at it");
    api.wait(Seconds(121));
    for _ in 0..2 {
        api.report(&node, 2, ready.clone()).ok();
    }
    let again = api.jobs(&node);
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(
        (&again[0]["kind"], &again[0]["cause"]),
        (&json!("stop"), &json!("user"))
    );
    assert_eq!(again[0]["session"], *id);
}
