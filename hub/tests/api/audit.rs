//! Whoever changes the log behind the hub's back is found out.

use hackstream_hub::audit::verify;
use hackstream_hub::fault::Fault;
use hackstream_hub::store::{Tx, Value as Column};
use serde_json::json;

use crate::Test;
use crate::harness::Api;

pub(crate) const TESTS: &[Test] = &[
    (
        "every_changed_column_is_found",
        every_changed_column_is_found,
    ),
    (
        "rows_that_are_missing_or_moved_are_found",
        rows_that_are_missing_or_moved_are_found,
    ),
    (
        "one_sees_what_concerns_oneself",
        one_sees_what_concerns_oneself,
    ),
];

/// Some rows: logins and accounts.
pub(crate) fn fill(api: &Api) {
    for _ in 0..3 {
        api.token("alice");
    }
    let admin = api.token("admin");
    let draft = json!({ "username": "carol", "password": "correct horse battery" });
    api.post("/v1/users", &admin, draft).ok();
}

/// The first bad row after `damage`, which is undone again.
pub(crate) fn found(api: &Api, damage: &'static [&'static str], row: i64) -> Option<u64> {
    let known = api.hub.notary.known().unwrap();
    let found = std::sync::Arc::new(std::sync::Mutex::new(None));
    let kept = std::sync::Arc::clone(&found);
    let work = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
        for sql in damage {
            tx.execute(sql, &[Column::Int(row)])?;
        }
        *kept.lock().unwrap() = Some(verify(tx, Some(known.clone()))?.first_bad_seq);
        Err(hackstream_control_api::problem::Code::Internal.into())
    };
    assert!(api.runtime.block_on(api.hub.store.write(work)).is_err());
    found.lock().unwrap().unwrap()
}

pub(crate) const CHANGES: &[&[&str]] = &[
    &["UPDATE audit SET ts = ts + 1 WHERE seq = ?1"],
    &["UPDATE audit SET actor_type = 'hub' || actor_type WHERE seq = ?1"],
    &["UPDATE audit SET actor_id = coalesce(actor_id, '') || 'x' WHERE seq = ?1"],
    &["UPDATE audit SET action = 'x' WHERE seq = ?1"],
    &["UPDATE audit SET target_type = coalesce(target_type, '') || 'x' WHERE seq = ?1"],
    &["UPDATE audit SET target_id = coalesce(target_id, '') || 'x' WHERE seq = ?1"],
    &["UPDATE audit SET subject_user_id = NULL WHERE seq = ?1"],
    &["UPDATE audit SET session_id = '' WHERE seq = ?1"],
    &["UPDATE audit SET outcome = 'x' WHERE seq = ?1"],
    &["UPDATE audit SET meta = '{ }' WHERE seq = ?1"],
    &["UPDATE audit SET prev_hash = hash WHERE seq = ?1"],
    &["UPDATE audit SET hash = prev_hash WHERE seq = ?1"],
];

fn every_changed_column_is_found(api: &mut Api) {
    fill(api);
    for row in [1, 4, 8] {
        for change in CHANGES {
            assert_eq!(
                found(api, change, row),
                Some(row as u64),
                "{change:?} of row {row}"
            );
        }
    }
}

fn rows_that_are_missing_or_moved_are_found(api: &mut Api) {
    fill(api);
    let delete: &[&str] = &["DELETE FROM audit WHERE seq = ?1"];
    let insert: &[&str] = &[
        "UPDATE audit SET seq = seq + 1000 WHERE seq > ?1",
        "UPDATE audit SET seq = seq - 999 WHERE seq - 1000 > ?1",
        "INSERT INTO audit SELECT seq + 1, ts, actor_type, actor_id, action, target_type, target_id, \
         subject_user_id, session_id, outcome, meta, prev_hash, hash FROM audit WHERE seq = ?1",
    ];
    let swap: &[&str] = &[
        "UPDATE audit SET seq = 9999 WHERE seq = ?1",
        "UPDATE audit SET seq = seq - 1 WHERE seq - 1 = ?1",
        "UPDATE audit SET seq = 1 + (SELECT max(seq) FROM audit WHERE seq <= ?1) WHERE seq = 9999",
    ];
    assert_eq!(found(api, delete, 3), Some(3));
    assert_eq!(found(api, insert, 3), Some(4));
    assert_eq!(found(api, swap, 3), Some(3));
}

fn one_sees_what_concerns_oneself(api: &mut Api) {
    fill(api);
    let (bob, admin) = (api.token("bob"), api.token("admin"));
    let own = api.get("/v1/me/audit", &bob).ok();
    let actions: Vec<_> = own
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["action"].clone())
        .collect();
    assert_eq!(actions, ["user.create", "login"]);
    assert_eq!(api.get("/v1/audit", &bob).code(), "forbidden");
    let first = api.get("/v1/audit", &admin).ok().as_array().unwrap().len();
    let second = api.get("/v1/audit", &admin).ok();
    let rows = second.as_array().unwrap();
    assert_eq!(rows.len(), first + 1);
    assert_eq!(rows.last().unwrap()["action"], "audit.read");
}
