//! What the command lines say where something does not work: what, why, and what to do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use hackstream_e2e::person::{Person, Went};
use hackstream_e2e::plane::reality::{Names, agree};
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use rustix::process::{Signal, kill_process};
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

/// Changes the hub's database behind its back, as time would.
fn in_database(plane: &Plane, statement: &str) {
    let database = rusqlite::Connection::open(plane.path("hub/hub.sqlite")).unwrap();
    let changed = database.execute(statement, []).unwrap();
    assert!(changed > 0, "nothing to change: {statement}");
}

#[test]
fn a_node_that_is_gone_and_a_program_that_is_missing_are_told_apart() {
    let mut plane = Plane::with_node(&Node {
        command: &["no-such-program"],
        ..Node::default()
    });
    let (_, ann) = with_ann(&plane);
    let missing = ann.run(&["launch", "browser", "--detach"], "");
    expect(
        &missing,
        6,
        &["the session did not start:", "no-such-program"],
    );
    assert_eq!(missing.said, "", "there is no session to be named");
    let over = ann.run(&["list", "--all"], "");
    let why = "there is no command no-such-program: install it";
    assert!(over.said.contains(why), "{over:?}");

    plane.agent().kill();
    in_database(
        &plane,
        "UPDATE nodes SET last_report_at = last_report_at - 31000",
    );
    let gone = ann.run(&["launch", "browser", "--detach"], "");
    expect(&gone, 6, &["node here", "hackstreamctl nodes list"]);
    assert!(!gone.told.contains("did not start"), "{gone:?}");
}

/// The node does not get round to it; whoever does not wait for that any more gets no session later.
#[test]
fn who_presses_ctrl_c_while_a_session_starts_leaves_none() {
    let plane = Plane::with_node(&Node::default());
    let (admin, ann) = with_ann(&plane);
    let agent = plane.node().pid();
    kill_process(agent, Signal::STOP).unwrap();
    let mut screen = ann.sit_down(&["launch", "browser", "--detach"], None);
    screen.expect("queued");
    screen.interrupt();
    screen.expect("Ending the session");
    assert_eq!(screen.wait().code(), Some(130), "{}", screen.screen());
    kill_process(agent, Signal::CONT).unwrap();
    assert_eq!(
        agree(&plane, &[plane.node()], &plane.log_in()),
        Names::new()
    );
    let over = ann.run(&["list", "--all"], "");
    assert!(over.said.contains("its owner ended it"), "{over:?}");
    let log = admin.control(&["audit", "list", "--json"], "");
    assert!(log.said.contains("session.stop"), "{log:?}");
}

/// A copy of the login is used after the login itself was renewed.
#[test]
fn a_login_that_was_copied_is_void_and_its_owner_is_told() {
    let plane = Plane::new();
    let (admin, ann) = with_ann(&plane);
    let file = ann.folder.path("config/hackstream/credentials.json");
    let text = fs::read_to_string(&file).unwrap();
    let mut logins: Value = serde_json::from_str(&text).unwrap();
    logins[&format!("https://{}", plane.address)]["good_until"] = 0.into();
    let copy = logins.to_string();
    fs::write(&file, &copy).unwrap();
    assert_eq!(ann.run(&["list"], "").code, Some(0));

    in_database(
        &plane,
        "UPDATE tokens SET used_at = used_at - 61000 WHERE used_at IS NOT NULL",
    );
    fs::write(&file, &copy).unwrap();
    let words = [
        "somebody else may have a copy",
        "hackstream audit",
        "hackstream login",
    ];
    expect(&ann.run(&["list"], ""), 4, &words);
    assert!(!file.exists(), "what is void is not kept");
    let log = admin.control(&["audit", "list", "--json"], "");
    let rows: Value = serde_json::from_str(&log.said).unwrap();
    let mut rows = rows.as_array().unwrap().iter();
    let row = rows.find(|row| row["action"] == "token.refresh");
    assert_eq!(row.unwrap()["outcome"], "token_reused");
}

/// The wish goes to the hub, which keeps it beside the session, and to the viewer; what the policy allows
/// goes to the node, and no wish goes beyond.
#[test]
fn the_quality_that_is_wished_for_is_that_of_the_viewer() {
    let plane = Plane::with_node(&Node::default());
    let (admin, ann) = with_ann(&plane);
    let (viewer, heard) = (ann.folder.path("viewer"), ann.folder.path("heard"));
    let text = format!(
        "#!/bin/sh\ncat > /dev/null\necho \"$@\" > {}\n",
        heard.display()
    );
    fs::write(&viewer, text).unwrap();
    fs::set_permissions(&viewer, Permissions::from_mode(0o755)).unwrap();
    let set = ann.run(&["config", "set", "viewer", viewer.to_str().unwrap()], "");
    assert_eq!(set.code, Some(0), "{set:?}");
    let sessions = |person: &Person| -> Value {
        serde_json::from_str(&person.run(&["list", "--json"], "").said).unwrap()
    };
    let server = |session: &Value| {
        let spec = plane
            .node()
            .file(session["session_id"].as_str().unwrap(), "spec.json");
        spec["policy"]["quality_cap"].clone()
    };

    let launched = ann.run(&["launch", "browser", "--quality", "low"], "");
    assert_eq!(launched.code, Some(0), "{launched:?}");
    let told = fs::read_to_string(&heard).unwrap();
    assert!(told.contains("--quality low"), "{told}");
    let session = &sessions(&ann)[0];
    assert_eq!(session["quality"], "low", "{session}");
    assert_eq!(server(session), "high");
    let id = session["session_id"].as_str().unwrap();
    // Who comes back need not say it again, and may say something else.
    for (words, told) in [
        (&["connect"][..], "--quality low"),
        (&["connect", "--quality", "high"], "--quality high"),
    ] {
        let connected = ann.run(words, "");
        assert_eq!(connected.code, Some(0), "{connected:?}");
        let heard = fs::read_to_string(&heard).unwrap();
        assert!(heard.contains(told), "{heard}");
    }
    assert_eq!(ann.run(&["stop", id], "").code, Some(0));
    plane.wait_until_no_session_is_left();

    let set = admin.control(&["policies", "set", "user", "--quality-cap", "low"], "");
    assert_eq!(set.code, Some(0), "{set:?}");
    let launched = ann.run(&["launch", "browser", "--quality", "high"], "");
    assert_eq!(launched.code, Some(0), "{launched:?}");
    let session = &sessions(&ann)[0];
    assert_eq!(session["quality"], "low", "{session}");
    assert_eq!(server(session), "low");
}
