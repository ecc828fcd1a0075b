//! The control plane whole: hub, node and viewer are the real programs, and speak over TLS and QUIC. A
//! person logs in, launches a session, sees it, and ends it; what happened stands in the audit log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::path::PathBuf;
use std::process::Output;

use hackstream_e2e::compare::Picture;
use hackstream_e2e::plane::{Node, PASSWORD, Plane, with_input};
use hackstream_e2e::process::bound_command;
use hackstream_e2e::{program, wait_until};
use hackstream_ticket::ClientKey;
use serde_json::{Value, json};

/// The descriptor for a viewer that holds `key`.
fn connect(plane: &Plane, id: &str, key: &ClientKey, token: &str) -> Value {
    let wish = json!({ "client_key": key.public().hash().to_string() });
    let path = format!("/v1/sessions/{id}/connect");
    let mut goal = plane.ok("POST", &path, token, &wish);
    let ticket = goal["token"].take();
    goal["ticket"] = ticket;
    goal["key"] = key.secret_text().into();
    goal
}

/// Runs a viewer until it has a whole picture.
fn view(plane: &Plane, goal: &Value) -> (Output, PathBuf) {
    let file = plane.path("seen.png");
    let mut viewer = bound_command(program("hackstream-view"));
    viewer
        .args(["--headless", "--mute", "--ticket-file", "-", "--screenshot"])
        .arg(&file)
        .env("HOME", plane.path("."));
    (with_input(viewer, &goal.to_string()), file)
}

/// Whether there is anything but one colour.
fn has_something(picture: &Picture) -> bool {
    let first = picture.at(0, 0);
    let mut places = (0..600).flat_map(|y| (0..700).map(move |x| (x, y)));
    places.any(|(x, y)| picture.at(x, y).is_some() && picture.at(x, y) != first)
}

#[test]
fn a_person_logs_in_launches_sees_and_stops() {
    let mut plane = Plane::with_node(&Node::default());
    let login = json!({ "username": "admin", "password": PASSWORD, "device": "test" });
    let tokens = plane.ok("POST", "/v1/login", "", &login);
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let launch = json!({ "app": "browser" });
    let launched = plane.ok("POST", "/v1/sessions", &token, &launch);
    let id = launched["session_id"].as_str().unwrap().to_owned();
    plane.session(&id, "claimed", &token);

    let key = ClientKey::from_seed(&[9; 32]).unwrap();
    let goal = wait_until("the application to be seen", || {
        let goal = connect(&plane, &id, &key, &token);
        let (seen, file) = view(&plane, &goal);
        assert!(seen.status.success(), "{seen:?}");
        has_something(&Picture::read_png(&file)).then_some(goal)
    });
    wait_until("the hub to know when that was", || {
        let path = format!("/v1/sessions/{id}");
        let session = plane.ok("GET", &path, &token, &Value::Null);
        let [wish, ready, shown] =
            ["created_at", "ready_at", "first_frame_at"].map(|moment| session[moment].as_u64());
        assert!(wish.unwrap() <= ready.unwrap());
        shown.map(|shown| assert!(ready.unwrap() <= shown))
    });
    // The same ticket lets nobody in again; another does, for one that was asked for meanwhile.
    let (again, _) = view(&plane, &goal);
    assert_eq!(again.status.code(), Some(4), "{again:?}");
    let goal = connect(&plane, &id, &key, &token);
    // Whoever has a ticket needs no hub.
    plane.hub.signal(rustix::process::Signal::TERM);
    assert_eq!(plane.hub.wait().code, Some(0));
    let (seen, _) = view(&plane, &goal);
    assert!(seen.status.success(), "{seen:?}");
}

#[test]
fn a_stopped_session_is_gone_and_the_log_tells_it() {
    let plane = Plane::with_node(&Node::default());
    let login = json!({ "username": "admin", "password": PASSWORD });
    let tokens = plane.ok("POST", "/v1/login", "", &login);
    let token = tokens["access_token"].as_str().unwrap();
    let launched = plane.ok("POST", "/v1/sessions", token, &json!({ "app": "browser" }));
    let id = launched["session_id"].as_str().unwrap();
    plane.session(id, "claimed", token);
    connect(&plane, id, &ClientKey::from_seed(&[9; 32]).unwrap(), token);
    plane.ok(
        "POST",
        &format!("/v1/sessions/{id}/stop"),
        token,
        &Value::Null,
    );
    let ended = plane.session(id, "stopped", token);
    assert_eq!(ended["stop_cause"], "user");
    plane.wait_until_no_session_is_left();
    let log = plane
        .ok("GET", "/v1/audit", token, &Value::Null)
        .to_string();
    for action in ["login", "session.create", "session.connect", "session.stop"] {
        assert!(log.contains(action), "no {action} in {log}");
    }
}
