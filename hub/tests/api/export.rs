//! What the hub has of a person, as that person gets it.

use hackstream_control_api::account::Export;
use hackstream_hub::audit::{Actor, Record, append};
use serde_json::{Value, json};

use crate::Test;
use crate::harness::Api;

pub(crate) const TESTS: &[Test] = &[
    ("one_gets_all_of_oneself", one_gets_all_of_oneself),
    ("programs_do_not_get_it", programs_do_not_get_it),
];

fn one_gets_all_of_oneself(api: &mut Api) {
    let (_, node) = api.node("here");
    let alice = api.token("alice");
    let bob = api.token("bob");
    let session = api.launch(&alice);
    api.launch(&bob);
    let wish = json!({ "name": "cron", "scopes": ["session.own"] });
    let minted = api.post("/v1/tokens", &alice, wish).ok();
    let id = api.get("/v1/me", &alice).ok()["id"].clone();
    let user = id.as_str().unwrap().parse().unwrap();
    // More than a page of the log.
    api.write(move |tx| {
        for _ in 0..450 {
            append(tx, Record::new(Actor::Operator, "test").user(user))?;
        }
        Ok(())
    });
    let text = api.get("/v1/me/export", &alice).ok();
    let export: Export = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(export.user.id, user);
    assert_eq!(export.sessions.len(), 1);
    assert_eq!(export.sessions[0].session_id.to_string(), session);
    assert_eq!((export.devices.len(), export.tokens.len()), (1, 1));
    assert!(export.audit.len() > 450, "{}", export.audit.len());
    let is_own =
        |row: &&hackstream_control_api::audit::AuditEntry| row.subject_user_id == Some(user);
    assert_eq!(
        export.audit.iter().filter(is_own).count(),
        export.audit.len()
    );
    let rises = export.audit.windows(2).all(|two| two[0].seq < two[1].seq);
    assert!(rises, "each row once and in order");
    let last = export.audit.last().unwrap();
    assert_eq!(last.action, "account.export");
    let text = text.to_string();
    let minted = minted["token"].as_str().unwrap();
    for secret in [alice.as_str(), node.as_str(), minted] {
        assert!(!text.contains(secret), "no token is in it");
    }
    assert!(!text.contains("argon2"), "no password either");
}

fn programs_do_not_get_it(api: &mut Api) {
    let alice = api.token("alice");
    let wish = json!({ "name": "cron", "scopes": ["account"] });
    let minted = api.post("/v1/tokens", &alice, wish).ok();
    let token = minted["token"].as_str().unwrap();
    assert_eq!(api.get("/v1/me/export", token).code(), "forbidden");
    let reply = api.call("GET", "/v1/me/export", "", Value::Null);
    assert_eq!(reply.code(), "unauthenticated");
}
