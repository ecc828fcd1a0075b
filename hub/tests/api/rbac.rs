//! Every route, as every role, on one's own and on somebody else's: what comes of it stands in
//! `rbac.txt`. `HACKSTREAM_WRITE_RBAC=1` writes the file anew; look at what changed.

use std::fmt::Write as _;
use std::path::Path;

use hackstream_hub::access::{Declared, ROUTES};
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, PASSWORD};

pub(crate) const TESTS: &[Test] = &[(
    "the_matrix_is_as_it_was_agreed",
    the_matrix_is_as_it_was_agreed,
)];

const ASKERS: [&str; 5] = ["anonymous", "user", "auditor", "admin", "node"];

fn the_matrix_is_as_it_was_agreed(api: &mut Api) {
    let mut matrix =
        String::from("# route, whose: what each asker gets. Made by hub/tests/api/rbac.rs.\n");
    for route in ROUTES {
        let whose: &[&str] = if route.path.contains("/sessions/{id}") {
            &["own", "foreign"]
        } else {
            &["-"]
        };
        for whose in whose {
            let outcomes =
                ASKERS.map(|asker| format!("{asker}={}", outcome(api, route, asker, whose)));
            writeln!(
                matrix,
                "{} {} {whose}: {}",
                route.method,
                route.path,
                outcomes.join(" ")
            )
            .unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/rbac.txt");
    if std::env::var_os("HACKSTREAM_WRITE_RBAC").is_some() {
        std::fs::write(&file, &matrix).unwrap();
    }
    let agreed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(matrix, agreed, "who may do what has changed");
}

/// What an asker gets: a status, where it succeeds or is not let in; `let in` where it is let in and
/// something else is wrong.
fn outcome(api: &mut Api, route: &Declared, asker: &str, whose: &str) -> String {
    // Each with its own sessions and tokens: what one route voids must not change the next.
    api.wait(hackstream_control_api::time::Seconds::minutes(11));
    let (_, node) = api.node(Box::leak(format!("n{}", api.now()).into_boxed_str()));
    let person = if asker == "user" { "alice" } else { asker };
    let token = match asker {
        "anonymous" => String::new(),
        "node" => node,
        _ => api.token(person),
    };
    let path = path(api, route, person, whose);
    let reply = api.call(route.method, &path, &token, body(route));
    cleanup(api);
    match reply.status {
        401 | 403 => reply.status.to_string(),
        404 if whose == "foreign" => "404".to_owned(),
        200..=299 => reply.status.to_string(),
        _ => {
            assert!(reply.status < 500 || reply.status == 503, "{reply:?}");
            format!("let-in({})", reply.code())
        }
    }
}

fn path(api: &Api, route: &Declared, person: &str, whose: &str) -> String {
    let launcher = |who: &str| {
        let id = api.launch(&api.token(who));
        api.write(move |tx| {
            // Ended, so that its events end, too.
            let id = id.parse().unwrap();
            let mut stored = hackstream_hub::tables::sessions::lock(tx, id)?.unwrap();
            let ended = hackstream_hub::session::life::Event::Missing;
            hackstream_hub::tables::sessions::advance(tx, &mut stored, ended)?;
            hackstream_hub::tables::sessions::save(tx, &stored)?;
            Ok(id.to_string())
        })
    };
    let owns = ["alice", "admin"].contains(&person);
    let id = match (route.path.contains("/sessions/{id}"), whose) {
        (true, "own") if owns => launcher(person),
        (true, _) => launcher("bob"),
        _ => "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(),
    };
    let path = route.path.replace(
        "{id}",
        if route.path.contains("/apps/") {
            "editor"
        } else {
            &id
        },
    );
    path.replace("{subject}", "default")
        .replace("{role}", "user")
}

pub(crate) fn body(route: &Declared) -> Value {
    match (route.method, route.path) {
        ("POST", "/v1/login") => json!({ "username": "alice", "password": PASSWORD }),
        ("POST", "/v1/token/refresh") => json!({ "refresh_token": "x" }),
        ("POST", "/v1/me/password") => json!({ "current": "x", "new": "x" }),
        ("POST", "/v1/tokens") => json!({ "name": "x", "scopes": ["account"] }),
        ("POST", "/v1/sessions") => json!({ "app": "browser" }),
        ("POST", "/v1/users") => json!({ "username": "-", "password": "x" }),
        ("POST", path) if path.ends_with("/connect") => json!({ "client_key": "0".repeat(64) }),
        ("PATCH", _) => json!({}),
        ("PUT", "/v1/apps/{id}") => json!({ "id": "editor", "title": "Editor", "roles": [] }),
        ("PUT", "/v1/quotas/{subject}") => json!({ "max_sessions": 3 }),
        ("PUT", _) => json!({ "clipboard_in": true, "clipboard_out": true, "files": false,
            "sound": true, "microphone": false, "gpu": false, "egress": "internet", "quality_cap": "high" }),
        ("POST", "/v1/enroll-codes") => json!({ "name": "attic" }),
        ("POST", "/v1/node/enroll") => crate::nodes::arrival("hse_none", 1),
        ("POST", "/v1/node/jobs/{id}/result") => json!({ "outcome": "done" }),
        ("POST", "/v1/node/logs/{id}") => json!({ "offset": 0, "text": "x", "end": 1 }),
        ("POST", "/v1/node/report") => json!({ "version": "0", "last_seq": 0, "apps": [],
            "limits_enforced": true, "sessions": [], "capacity": { "memory_bytes": 1,
            "memory_allocatable": 1, "cpu_millis": 1, "cpu_allocatable": 1, "max_sessions": 1 } }),
        _ => Value::Null,
    }
}

/// Room in everybody's quota for the next one.
fn cleanup(api: &Api) {
    api.write(|tx| {
        tx.execute("UPDATE sessions SET state = 'stopped'", &[])?;
        Ok(())
    });
}
