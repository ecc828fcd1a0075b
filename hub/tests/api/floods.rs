//! Nobody takes more than a share, and nobody shuts others out.

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use hackstream_control_api::time::Seconds;
use hackstream_hub::fault::Fault;
use hackstream_hub::http::Peer;
use hackstream_hub::store::{Tx, Wake};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::Test;
use crate::harness::{Api, PASSWORD, answer, request};
use crate::outrun::Held;
use crate::sessions::keep_up;

pub(crate) const TESTS: &[Test] = &[
    (
        "guesses_at_the_same_moment_count",
        guesses_at_the_same_moment_count,
    ),
    (
        "guesses_that_nobody_waits_for_count",
        guesses_that_nobody_waits_for_count,
    ),
    (
        "who_guesses_does_not_shut_the_owner_out",
        who_guesses_does_not_shut_the_owner_out,
    ),
    (
        "the_log_is_checked_for_one_at_a_time",
        the_log_is_checked_for_one_at_a_time,
    ),
    ("anybody_may_ask_for_health", anybody_may_ask_for_health),
    (
        "an_invented_token_does_not_wait_for_the_writer",
        an_invented_token_does_not_wait_for_the_writer,
    ),
    (
        "bodies_that_do_not_come_take_a_share",
        bodies_that_do_not_come_take_a_share,
    ),
    ("what_is_committed_wakes", what_is_committed_wakes),
    ("devices_are_bounded", devices_are_bounded),
    (
        "what_is_written_down_has_a_rate",
        what_is_written_down_has_a_rate,
    ),
    (
        "a_device_renews_its_tokens_at_a_rate",
        a_device_renews_its_tokens_at_a_rate,
    ),
    (
        "what_a_node_says_does_nothing_to_terminals",
        what_a_node_says_does_nothing_to_terminals,
    ),
];

fn wrong() -> String {
    json!({ "username": "alice", "password": "wrong horse battery" }).to_string()
}

fn guesses_at_the_same_moment_count(api: &mut Api) {
    let replies = api.flood(60, |_| request("POST", "/v1/login", "", &[], wrong()));
    let looked_at = replies.iter().filter(|reply| reply.status == 401).count();
    assert!(looked_at <= 5, "{looked_at} guesses were looked at");
    let alice = api.token("bob");
    let body = json!({ "current": "wrong horse battery", "new": "a better password" }).to_string();
    let replies = api.flood(40, |_| {
        request("POST", "/v1/me/password", &alice, &[], body.clone())
    });
    let wrong = |reply: &&crate::harness::Reply| reply.code() == "wrong_password";
    let looked_at = replies.iter().filter(wrong).count();
    assert!(looked_at <= 5, "{looked_at} guesses were looked at");
}

fn guesses_that_nobody_waits_for_count(api: &mut Api) {
    for _ in 0..20 {
        let asked = answer(
            api.router.clone(),
            request("POST", "/v1/login", "", &[], wrong()),
        );
        let _ = api
            .runtime
            .block_on(async { timeout(Duration::ZERO, asked).await });
    }
    let reply = api.raw(request("POST", "/v1/login", "", &[], wrong()));
    assert_eq!(reply.code(), "throttled");
}

fn who_guesses_does_not_shut_the_owner_out(api: &mut Api) {
    for _ in 0..20 {
        api.flood(4, |_| request("POST", "/v1/login", "", &[], wrong()));
        api.wait(Seconds(30));
        let body = json!({ "username": "alice", "password": PASSWORD }).to_string();
        let mut from_home = request("POST", "/v1/login", "", &[], body);
        let home = Peer("198.51.100.7:5000".parse().unwrap());
        from_home.extensions_mut().insert(home);
        api.raw(from_home).ok();
    }
}

fn the_log_is_checked_for_one_at_a_time(api: &mut Api) {
    let auditor = api.token("auditor");
    let turn = api.hub.verifying.clone().try_acquire_owned().unwrap();
    let reply = api.get("/v1/audit/verify", &auditor);
    assert_eq!(reply.code(), "too_many_requests");
    assert!(reply.headers.contains_key("retry-after"));
    drop(turn);
    let verdict = api.get("/v1/audit/verify", &auditor).ok();
    assert_eq!(verdict["ok"], true);
}

fn anybody_may_ask_for_health(api: &mut Api) {
    api.node("a");
    let before = api.commits.load(Ordering::SeqCst);
    let replies = api.flood(200, |_| {
        request("GET", "/health/ready", "", &[], String::new())
    });
    assert!(replies.iter().all(|reply| reply.status == 200));
    let commits = api.commits.load(Ordering::SeqCst) - before;
    assert!(commits < 50, "200 requests cost {commits} commits");
}

/// Keeps SQLite's one writer until what is returned is dropped.
fn keep_the_writer(api: &Api) -> mpsc::Sender<()> {
    let (release, told) = mpsc::channel::<()>();
    let (began, is_begun) = mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let work = move |_: &mut Tx<'_>| -> Result<(), Fault> {
        began.send(()).unwrap();
        let _ = told.lock().unwrap().recv();
        Ok(())
    };
    let hub = api.hub.clone();
    api.runtime
        .spawn(async move { hub.store.write(work).await });
    is_begun.recv().unwrap();
    release
}

fn an_invented_token_does_not_wait_for_the_writer(api: &mut Api) {
    use hackstream_hub::auth::token::{Kind, Token};
    let invented = Token::random(Kind::Refresh).unwrap();
    let release = keep_the_writer(api);
    let body = json!({ "refresh_token": invented.text() }).to_string();
    let asked = request("POST", "/v1/token/refresh", "", &[], body);
    let asked = answer(api.router.clone(), asked);
    let reply = api
        .runtime
        .block_on(async { timeout(Duration::from_secs(60), asked).await });
    assert_eq!(reply.expect("it waits").code(), "unauthenticated");
    drop(release);
}

fn bodies_that_do_not_come_take_a_share(api: &mut Api) {
    let body: Value = serde_json::from_str(&wrong()).unwrap();
    let login = || request("POST", "/v1/login", "", &[], String::new());
    let waiting: Vec<_> = (0..32).map(|_| Held::new(api, login(), &body)).collect();
    let reply = api.raw(request("POST", "/v1/login", "", &[], wrong()));
    assert_eq!(reply.code(), "busy");
    let mut from_elsewhere = request("POST", "/v1/login", "", &[], wrong());
    let elsewhere = Peer("198.51.100.7:5000".parse().unwrap());
    from_elsewhere.extensions_mut().insert(elsewhere);
    assert_eq!(api.raw(from_elsewhere).code(), "login_failed");
    for each in waiting {
        let status = each.send(api).status;
        assert!([401, 429].contains(&status), "{status}");
    }
    api.token("bob");
}

fn what_is_committed_wakes(api: &mut Api) {
    let (node, _) = api.node("a");
    let mut wakes = api.hub.store.listen();
    let work = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
        tx.wake(Wake::Node(node));
        Ok(())
    };
    // The first look of who asks gives the work away; then they are gone.
    let asked = api.hub.store.write(work);
    let heard = api.runtime.block_on(async {
        let _ = timeout(Duration::ZERO, asked).await;
        timeout(Duration::from_secs(60), wakes.recv()).await
    });
    assert_eq!(heard.expect("nobody was woken").unwrap(), Wake::Node(node));
}

fn devices_are_bounded(api: &mut Api) {
    let first = api.token("alice");
    for _ in 0..50 {
        api.wait(Seconds(1));
        api.token("alice");
    }
    let last = api.token("alice");
    assert_eq!(api.get("/v1/me", &first).code(), "unauthenticated");
    let devices = api.get("/v1/me/devices", &last).ok();
    assert_eq!(devices.as_array().unwrap().len(), 50);
    // What was logged out leaves nothing behind.
    api.wait(Seconds::days(2));
    keep_up(api, Seconds(0));
    let count = |sql: &'static str| {
        let rows: Option<u64> =
            api.write(move |tx| Ok(tx.first(sql, &[], hackstream_hub::store::Row::take)?));
        rows.unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM devices"), 50);
    assert_eq!(count("SELECT count(*) FROM tokens"), 50);
}

fn what_is_written_down_has_a_rate(api: &mut Api) {
    let (alice, bob) = (api.token("alice"), api.token("bob"));
    let wish = json!({ "app": "nothing" });
    let refused = |token: &str| {
        api.post("/v1/sessions", token, wish.clone())
            .code()
            .to_owned()
    };
    let mut done = 0;
    while refused(&alice) == "unknown_app" {
        done += 1;
        assert!(done <= 100, "there is no end");
    }
    assert_eq!(refused(&alice), "too_many_requests");
    assert_eq!(refused(&bob), "unknown_app");
    api.wait(Seconds(1));
    assert_eq!(refused(&alice), "unknown_app");
}

fn a_device_renews_its_tokens_at_a_rate(api: &mut Api) {
    let mut tokens = api.login("alice");
    let mut renewed = 0;
    loop {
        let body = json!({ "refresh_token": tokens.refresh_token });
        let reply = api.post("/v1/token/refresh", "", body);
        if reply.status != 200 {
            assert_eq!(reply.code(), "too_many_requests");
            break;
        }
        tokens = serde_json::from_value(reply.json).unwrap();
        renewed += 1;
        assert!(renewed <= 20, "there is no end");
    }
    // Who comes back when told to is not logged out.
    api.wait(Seconds::minutes(2));
    let body = json!({ "refresh_token": tokens.refresh_token });
    api.post("/v1/token/refresh", "", body).ok();
}

fn what_a_node_says_does_nothing_to_terminals(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    let failed =
        json!([{ "session": id, "state": "failed", "since": 1, "detail": "a\u{1b}[2J\u{0}b" }]);
    api.report(&node, 1, failed).ok();
    let seen = api.get(&format!("/v1/sessions/{id}"), &alice).ok();
    assert_eq!(seen["reason"], "a [2J b");
    let key = json!([{ "session": id, "state": "ready", "since": 1, "server_spki": "x" }]);
    assert_eq!(api.report(&node, 1, key).code(), "invalid");
}
