//! Logging in, accounts, and what closing one does.

use hackstream_control_api::time::Seconds;
use hackstream_hub::http::Peer;
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, PASSWORD, request};

pub(crate) const TESTS: &[Test] = &[
    ("a_login_leads_to_who_one_is", a_login_leads_to_who_one_is),
    (
        "every_reason_for_refusing_looks_the_same",
        every_reason_for_refusing_looks_the_same,
    ),
    (
        "guessing_gets_slower_and_ends",
        guessing_gets_slower_and_ends,
    ),
    ("a_flood_of_logins_is_bounded", a_flood_of_logins_is_bounded),
    (
        "closing_an_account_ends_everything_at_once",
        closing_an_account_ends_everything_at_once,
    ),
    ("the_last_administrator_stays", the_last_administrator_stays),
    ("a_name_is_taken_in_any_case", a_name_is_taken_in_any_case),
    (
        "a_new_password_logs_other_devices_out",
        a_new_password_logs_other_devices_out,
    ),
    (
        "who_sets_a_password_sees_no_session",
        who_sets_a_password_sees_no_session,
    ),
    (
        "a_program_makes_nothing_greater_than_itself",
        a_program_makes_nothing_greater_than_itself,
    ),
    (
        "a_program_gets_no_more_than_its_scopes",
        a_program_gets_no_more_than_its_scopes,
    ),
];

fn a_login_leads_to_who_one_is(api: &mut Api) {
    let tokens = api.login("Alice");
    assert_eq!(tokens.expires_in, Seconds(600));
    let me = api.get("/v1/me", &tokens.access_token).ok();
    assert_eq!(
        (&me["username"], &me["role"]),
        (&json!("alice"), &json!("user"))
    );
    assert_eq!(api.get("/v1/me", "").code(), "unauthenticated");
    assert_eq!(
        api.get("/v1/me", &tokens.refresh_token).code(),
        "unauthenticated"
    );
    api.wait(Seconds(600));
    assert_eq!(
        api.get("/v1/me", &tokens.access_token).code(),
        "token_expired"
    );
    let again = api.token("alice");
    api.post("/v1/logout", &again, Value::Null).ok();
    assert_eq!(api.get("/v1/me", &again).code(), "unauthenticated");
}

fn refusal(api: &Api, username: &str, password: &str) -> Value {
    let body = json!({ "username": username, "password": password });
    let reply = api.post("/v1/login", "", body);
    assert_eq!(reply.status, 401, "{reply:?}");
    reply.json
}

fn every_reason_for_refusing_looks_the_same(api: &mut Api) {
    let admin = api.token("admin");
    let bob = api.get("/v1/users", &admin).ok()[3]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let change = json!({ "disabled": true });
    api.call("PATCH", &format!("/v1/users/{bob}"), &admin, change)
        .ok();
    let wrong = refusal(api, "alice", "wrong horse battery");
    assert_eq!(wrong["code"], "login_failed");
    assert_eq!(refusal(api, "nobody", PASSWORD), wrong);
    assert_eq!(refusal(api, "bob", PASSWORD), wrong);
    assert_eq!(refusal(api, "alice", &"x".repeat(2000)), wrong);
}

fn guessing_gets_slower_and_ends(api: &mut Api) {
    for _ in 0..5 {
        refusal(api, "alice", "wrong horse battery");
        api.wait(Seconds(1));
    }
    refusal(api, "alice", "wrong horse battery");
    let right = json!({ "username": "alice", "password": PASSWORD });
    let reply = api.post("/v1/login", "", right);
    assert_eq!(reply.code(), "throttled");
    let wait: u64 = reply.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(reply.json["retry_after"], wait);
    api.wait(Seconds(wait));
    api.token("alice");
}

fn a_flood_of_logins_is_bounded(api: &mut Api) {
    let body = |number: usize| json!({ "username": format!("user{number}"), "password": "wrong" });
    let replies = api.flood(300, |number| {
        let mut login = request("POST", "/v1/login", "", &[], body(number).to_string());
        let address = format!("10.0.{}.1:5000", number / 10);
        let peer = Peer(address.parse().unwrap());
        login.extensions_mut().insert(peer);
        login
    });
    // Some are tried; the rest are told to come back, by one bound or the other.
    let busy = replies.iter().filter(|reply| reply.status != 401);
    let told: Vec<_> = busy
        .map(|reply| (reply.status, reply.headers.contains_key("retry-after")))
        .collect();
    assert!(
        told.iter()
            .all(|told| [(503, true), (429, true)].contains(told)),
        "{told:?}"
    );
    assert!(told.contains(&(503, true)), "nobody was told to wait");
    api.wait(Seconds::minutes(10));
    api.token("alice");
}

fn closing_an_account_ends_everything_at_once(api: &mut Api) {
    let (_, node) = api.node("a");
    let admin = api.token("admin");
    let tokens: Vec<_> = (0..5).map(|_| api.login("alice")).collect();
    let sessions: Vec<_> = (0..3)
        .map(|_| api.launch(&tokens[0].access_token))
        .collect();
    let alice = api.get("/v1/me", &tokens[0].access_token).ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    api.call(
        "PATCH",
        &format!("/v1/users/{alice}"),
        &admin,
        json!({ "disabled": true }),
    )
    .ok();
    for token in &tokens {
        assert_eq!(
            api.get("/v1/me", &token.access_token).code(),
            "unauthenticated"
        );
        let body = json!({ "refresh_token": token.refresh_token });
        assert_eq!(
            api.post("/v1/token/refresh", "", body).code(),
            "unauthenticated"
        );
    }
    let jobs = api.jobs(&node);
    for session in sessions {
        let stop = jobs
            .iter()
            .find(|job| job["kind"] == "stop" && job["session"] == *session);
        assert_eq!(stop.unwrap()["cause"], "user_disabled");
        let seen = api.get(&format!("/v1/sessions/{session}"), &admin).ok();
        assert_eq!(seen["state"], "stopping");
    }
    refusal(api, "alice", PASSWORD);
}

fn the_last_administrator_stays(api: &mut Api) {
    let admin = api.token("admin");
    let me = api.get("/v1/me", &admin).ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/users/{me}");
    for change in [json!({ "role": "user" }), json!({ "disabled": true })] {
        assert_eq!(
            api.call("PATCH", &path, &admin, change).code(),
            "last_admin"
        );
    }
    let draft = json!({ "username": "second", "password": PASSWORD, "role": "admin" });
    assert_eq!(api.post("/v1/users", &admin, draft).status, 201);
    let user = api
        .call(
            "PATCH",
            &path,
            &admin,
            json!({ "role": "user", "version": 1 }),
        )
        .ok();
    assert_eq!(user["version"], 2);
    // What is no administrator any more is none from this moment on.
    assert_eq!(api.get("/v1/users", &admin).code(), "forbidden");
}

fn a_name_is_taken_in_any_case(api: &mut Api) {
    let admin = api.token("admin");
    let draft = |name: &str, password: &str| json!({ "username": name, "password": password });
    assert_eq!(
        api.post("/v1/users", &admin, draft("ALICE", PASSWORD))
            .code(),
        "name_taken"
    );
    assert_eq!(
        api.post("/v1/users", &admin, draft("carol", "short"))
            .code(),
        "invalid"
    );
    assert_eq!(
        api.post("/v1/users", &admin, draft("ca rol", PASSWORD))
            .code(),
        "invalid"
    );
    api.post("/v1/users", &admin, draft("carol", PASSWORD)).ok();
    api.token("carol");
    let stale = json!({ "version": 7, "name": "Carol" });
    let carol = api.get("/v1/users", &admin).ok()[4]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let reply = api.call("PATCH", &format!("/v1/users/{carol}"), &admin, stale);
    assert_eq!(reply.code(), "version_conflict");
}

fn a_new_password_logs_other_devices_out(api: &mut Api) {
    let (here, elsewhere) = (api.token("alice"), api.token("alice"));
    let change = |current: &str| json!({ "current": current, "new": "a better password" });
    assert_eq!(
        api.post("/v1/me/password", &here, change("guess")).code(),
        "wrong_password"
    );
    api.post("/v1/me/password", &here, change(PASSWORD)).ok();
    api.get("/v1/me", &here).ok();
    assert_eq!(api.get("/v1/me", &elsewhere).code(), "unauthenticated");
    refusal(api, "alice", PASSWORD);
}

fn a_program_gets_no_more_than_its_scopes(api: &mut Api) {
    let alice = api.token("alice");
    let wish = |scope: &str| json!({ "name": "script", "scopes": [scope] });
    assert_eq!(
        api.post("/v1/tokens", &alice, wish("users.write")).code(),
        "forbidden"
    );
    assert_eq!(
        api.post("/v1/tokens", &alice, wish("everything")).code(),
        "invalid"
    );
    let minted = api.post("/v1/tokens", &alice, wish("session.own")).ok();
    let token = minted["token"].as_str().unwrap().to_owned();
    api.get("/v1/sessions", &token).ok();
    assert_eq!(api.get("/v1/me", &token).code(), "forbidden");
    assert_eq!(
        api.post("/v1/sessions", &token, json!({ "app": "browser" }))
            .code(),
        "forbidden"
    );
    let path = format!("/v1/tokens/{}", minted["id"].as_str().unwrap());
    let bob = api.token("bob");
    assert_eq!(
        api.call("DELETE", &path, &bob, Value::Null).code(),
        "not_found"
    );
    api.call("DELETE", &path, &alice, Value::Null).ok();
    assert_eq!(api.get("/v1/sessions", &token).code(), "unauthenticated");
}

fn who_sets_a_password_sees_no_session(api: &mut Api) {
    api.node("a");
    let (admin, alice) = (api.token("admin"), api.token("alice"));
    let session = api.launch(&alice);
    let of = |token: &str| {
        let id = api.get("/v1/me", token).ok()["id"].clone();
        format!("/v1/users/{}", id.as_str().unwrap())
    };
    let change = json!({ "password": "another good password" });
    let own = api.call("PATCH", &of(&admin), &admin, change.clone());
    assert_eq!(own.code(), "forbidden");
    api.call("PATCH", &of(&alice), &admin, change).ok();
    let seen = api.get(&format!("/v1/sessions/{session}"), &admin).ok();
    assert_eq!(
        (&seen["state"], &seen["stop_cause"]),
        (&json!("stopping"), &json!("admin"))
    );
}

fn a_program_makes_nothing_greater_than_itself(api: &mut Api) {
    let admin = api.token("admin");
    let scopes = json!({ "name": "x", "scopes": ["users.write", "users.read", "tokens"] });
    let minted = api.post("/v1/tokens", &admin, scopes.clone()).ok();
    let program = minted["token"].as_str().unwrap();
    assert_eq!(api.post("/v1/tokens", program, scopes).code(), "forbidden");
    let draft =
        |name: &str, role: &str| json!({ "username": name, "password": PASSWORD, "role": role });
    let eve = api.post("/v1/users", program, draft("eve", "admin"));
    assert_eq!(eve.code(), "forbidden");
    let carol = api.post("/v1/users", program, draft("carol", "user")).ok();
    let carol = format!("/v1/users/{}", carol["id"].as_str().unwrap());
    let promote = json!({ "role": "admin" });
    assert_eq!(
        api.call("PATCH", &carol, program, promote).code(),
        "forbidden"
    );
    let second = api.post("/v1/users", &admin, draft("second", "admin")).ok();
    let second = format!("/v1/users/{}", second["id"].as_str().unwrap());
    let reset = json!({ "password": "another good password" });
    let reply = api.call("PATCH", &second, program, reset.clone());
    assert_eq!(reply.code(), "forbidden");
    api.call("PATCH", &carol, program, reset).ok();
}
