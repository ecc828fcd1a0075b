//! What the command lines say where something does not work: what, why, and what to do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::person::{Person, Went};
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use serde_json::Value;

const ANNS: &str = "a horse that staples batteries";

/// Asserts how something went, and that all these words were told.
fn expect(went: &Went, code: i32, words: &[&str]) {
    assert_eq!(went.code, Some(code), "{went:?}");
    for word in words {
        assert!(went.told.contains(word), "no {word:?} in {went:?}");
    }
    assert!(!went.told.contains("panicked"), "{went:?}");
}

fn with_ann(plane: &Plane) -> (Person, Person) {
    let admin = Person::logged_in(plane, "admin", PASSWORD);
    let added = admin.control(&["users", "add", "ann", "--password-stdin"], ANNS);
    assert_eq!(added.code, Some(0), "{added:?}");
    let ann = Person::logged_in(plane, "ann", ANNS);
    (admin, ann)
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let plane = Plane::new();
    let (admin, ann) = with_ann(&plane);
    let wrong = ann.log_in("ann", "another password");
    expect(
        &wrong,
        4,
        &["Name or password is wrong", "disabled", "administrator"],
    );

    let disabled = admin.control(&["users", "disable", "ann"], "");
    assert_eq!(disabled.said.trim(), "user ann disabled", "{disabled:?}");
    expect(
        &ann.run(&["list"], ""),
        4,
        &["not logged in", "hackstream login"],
    );
    expect(&ann.log_in("ann", ANNS), 4, &["wrong", "disabled"]);
    let enabled = admin.control(&["users", "enable", "ann"], "");
    assert_eq!(enabled.said.trim(), "user ann enabled", "{enabled:?}");
    assert_eq!(ann.log_in("ann", ANNS).code, Some(0));

    // What a login is renewed with can be void, too.
    let file = ann.folder.path("config/hackstream/credentials.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut logins: Value = serde_json::from_str(&text).unwrap();
    let hub = format!("https://{}", plane.address);
    for token in ["access_token", "refresh_token"] {
        let old = logins[&hub][token].as_str().unwrap();
        logins[&hub][token] = format!("{}x", &old[..old.len() - 1]).into();
    }
    std::fs::write(&file, logins.to_string()).unwrap();
    expect(
        &ann.run(&["list"], ""),
        4,
        &["not logged in", "expired", "hackstream login"],
    );
    assert!(!file.exists(), "what is void is not kept");

    let out = admin.run(&["logout"], "");
    expect(&out, 0, &["admin is logged out"]);
    expect(&admin.run(&["list"], ""), 4, &["hackstream login"]);
}

#[test]
fn a_session_that_cannot_be_is_explained() {
    let plane = Plane::with_node(&Node::default());
    let (admin, ann) = with_ann(&plane);
    let unknown = ann.run(&["launch", "spreadsheet", "--detach"], "");
    expect(&unknown, 6, &["no such application", "browser"]);

    let none = admin.control(&["quotas", "set", "user:ann", "--max-sessions", "0"], "");
    assert_eq!(none.code, Some(0), "{none:?}");
    let over = ann.run(&["launch", "browser", "--detach"], "");
    expect(&over, 6, &["0 of 0 sessions are in use", "hackstream stop"]);
    let some = ["quotas", "set", "user:ann", "--max-sessions", "1"];
    assert_eq!(admin.control(&some, "").code, Some(0));

    let away = admin.control(&["nodes", "cordon", "here"], "");
    assert_eq!(away.said.trim(), "here cordoned", "{away:?}");
    let full = ann.run(&["launch", "browser", "--detach"], "");
    expect(&full, 6, &["node here is out of service", "--wait"]);
    let page = ann.run(
        &[
            "launch",
            "browser",
            "--url",
            "file:///etc/passwd",
            "--detach",
        ],
        "",
    );
    expect(&page, 1, &["http:// or https://"]);
    let persist = ann.run(
        &["launch", "browser", "--profile", "persist", "--detach"],
        "",
    );
    expect(&persist, 1, &["persist", "ephemeral"]);

    let other = ann.control(&["users", "list"], "");
    expect(&other, 1, &["administrator"]);
    let stranger = ann.run(&["stop", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], "");
    expect(&stranger, 1, &["Not found", "hackstream list --all"]);
}

#[test]
fn a_hub_that_is_away_or_another_one_is_told_apart() {
    let mut plane = Plane::new();
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let stranger = Person::new();
    let hub = format!("https://{}", plane.address);
    let unknown = stranger.run(&["configure", "--api-url", &hub], "");
    expect(
        &unknown,
        5,
        &["nobody vouches", &plane.fingerprint, "--fingerprint"],
    );
    let wrong = format!("sha256:{}", "ab".repeat(32));
    let other = ["--api-url", &hub, "--fingerprint", &wrong, "list"];
    expect(&stranger.run(&other, ""), 4, &["hackstream login"]);
    let other = stranger.run(
        &["configure", "--api-url", &hub, "--fingerprint", &wrong],
        "",
    );
    expect(
        &other,
        5,
        &["another key than before", &wrong, &plane.fingerprint],
    );
    expect(&stranger.run(&["list"], ""), 2, &["hackstream configure"]);
    expect(
        &stranger.run(&["config", "set", "api_url", "http://hub.example"], ""),
        2,
        &["https://"],
    );

    plane.hub.signal(rustix::process::Signal::TERM);
    assert_eq!(plane.hub.wait().code, Some(0));
    expect(
        &admin.run(&["list"], ""),
        3,
        &["cannot reach the hub", &hub, "hackstreamd", "doctor"],
    );
    let ill = admin.run(&["doctor"], "");
    assert_eq!(ill.code, Some(1), "{ill:?}");
    assert!(ill.said.contains("FAIL  hub"), "{ill:?}");
}
