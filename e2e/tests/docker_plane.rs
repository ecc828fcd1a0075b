//! A control plane whose node runs its sessions in containers of a real engine: `cargo xtask image test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::Screen as _;
use hackstream_e2e::container::of_session;
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::plane::stand_in::{BROWSER, ENTERED, OPENED, PAGE};
use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Node, Plane};
use hackstream_e2e::wait_until;
use hackstream_view::headless::{LinkState, Viewer};
use serde_json::{Value, json};

fn wait_for_colour(viewer: &Viewer, colour: u32) {
    wait_until(&format!("{colour:06x}"), || {
        (viewer.picture().at(300, 200) == Some(colour)).then_some(())
    });
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn a_warm_container_becomes_somebodys_and_outlives_hub_and_agent() {
    let mut plane = Plane::with_node(&Node {
        command: &BROWSER,
        takes_url: true,
        in_containers: true,
        ..Node::default()
    });
    let token = plane.log_in();
    let pool = json!({ "min": 1, "max": 1 });
    plane.ok("PUT", "/v1/pool/browser", &token, &pool);
    wait_until("one to wait", || {
        let pools = plane.ok("GET", "/v1/pool", &token, &Value::Null);
        (pools[0]["ready"] == 1).then_some(())
    });
    let wish = json!({ "app": "browser", "url": PAGE });
    let launched = plane.ok("POST", "/v1/sessions", &token, &wish);
    let id = launched["session_id"].as_str().unwrap();
    assert_eq!(plane.session(id, "claimed", &token)["pool_hit"], true);
    let container = of_session(id);
    assert_ne!(container, "");
    let viewer = Invitation::ask(&plane, id, &token).follow(None);
    wait_for_colour(&viewer, OPENED);
    plane.ok("POST", "/v1/pool/browser/pause", &token, &Value::Null);

    plane.kill_hub();
    plane.agent().kill();
    type_text(&viewer, "seen\n");
    wait_for_colour(&viewer, ENTERED);
    plane.start_hub(None);
    plane.agent().start(None);
    plane.wait_until_a_node_reports();
    plane.session(id, "running", &token);
    assert_eq!(of_session(id), container);
    assert_eq!(viewer.link(), LinkState::Live);

    let stop = format!("/v1/sessions/{id}/stop");
    plane.ok("POST", &stop, &token, &Value::Null);
    let ended = plane.session(id, "stopped", &token);
    assert_eq!(ended["stop_cause"], "user");
    plane.wait_until_no_session_is_left();
    assert_eq!(of_session(id), "");
    let _ = viewer.close();
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn why_a_container_did_not_start_reaches_whoever_launched_it() {
    let plane = Plane::with_node(&Node {
        command: &["no-such-program"],
        in_containers: true,
        ..Node::default()
    });
    let token = plane.log_in();
    let launched = plane.ok("POST", "/v1/sessions", &token, &json!({ "app": "browser" }));
    let id = launched["session_id"].as_str().unwrap();
    let failed = plane.session(id, "failed", &token);
    assert!(failed.to_string().contains("no-such-program"), "{failed}");
    plane.wait_until_no_session_is_left();
    assert_eq!(of_session(id), "");
}
