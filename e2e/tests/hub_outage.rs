//! What streams does so without hub and agent, and comes back without them.
//!
//! `HACKSTREAM_OUTAGE_SECONDS` says for how long nobody is there; if nothing is said, a little longer
//! than a connection lives without a word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use hackstream_e2e::plane::reality::agree;
use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Node, Plane};
use hackstream_e2e::relay::{Relay, Way};
use hackstream_e2e::{PATIENCE, wait_until};
use hackstream_view::headless::{LinkState, Viewer};
use serde_json::{Value, json};

/// Longer than a connection lives without a word: who is cut off for so long needs a new one.
const OUTAGE: u64 = 31;

/// Counts, so that the picture never stands still.
const CLOCK: [&str; 5] = [
    "xterm",
    "-e",
    "sh",
    "-c",
    "i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done",
];

/// Waits until the viewer is shown something new.
fn moves(viewer: &Viewer, when: &str) {
    let (before, frames) = (viewer.canvas_snapshot(), viewer.frames_applied());
    let moved = viewer.wait_for(|picture| picture.frames_applied() > frames, PATIENCE);
    assert!(moved, "{when}: nothing new comes, {:?}", viewer.link());
    wait_until(&format!("{when}: another picture"), || {
        (viewer.canvas_snapshot() != before).then_some(())
    });
}

#[test]
fn a_session_is_seen_and_come_back_to_while_hub_and_agent_are_gone() {
    let seconds = std::env::var("HACKSTREAM_OUTAGE_SECONDS").ok();
    let seconds = seconds.map_or(OUTAGE, |text| text.parse().expect("a number"));
    let mut plane = Plane::with_node(&Node {
        command: &CLOCK,
        ..Node::default()
    });
    let token = plane.log_in();
    let launched = plane.ok("POST", "/v1/sessions", &token, &json!({ "app": "browser" }));
    let session = launched["session_id"].as_str().unwrap().to_owned();
    assert_eq!(agree(&plane, &[plane.node()], &token).len(), 1);
    let record = plane.node().file(&session, "state.json");
    let near = Invitation::ask(&plane, &session, &token).follow(None);
    let far = Invitation::ask(&plane, &session, &token);
    let relay = Relay::between((Ipv4Addr::LOCALHOST, 0).into(), far.address);
    let far = far.follow(Some(relay.address()));
    moves(&far, "before");

    plane.kill_hub();
    plane.agent().kill();
    relay.cut(&[Way::Up, Way::Down]);
    let until = Instant::now() + Duration::from_secs(seconds);
    moves(&near, "without hub and agent");
    plane.agent().start(None);
    while Instant::now() < until {
        moves(&near, "without a hub");
        assert_eq!(near.link(), LinkState::Live);
        std::thread::sleep(Duration::from_millis(500));
    }
    relay.mend();
    let is_back = far.wait_for_link(|link| link == LinkState::Live, PATIENCE);
    assert!(is_back, "{:?}", far.link());
    moves(&far, "after the cut");
    if seconds >= OUTAGE {
        // It came on a new connection, by what the session itself gave it.
        assert_eq!(entrances(&plane, &session), ["New", "New", "Again"]);
    }

    plane.start_hub(None);
    plane.wait_until_a_node_reports();
    assert_eq!(agree(&plane, &[plane.node()], &token).len(), 1);
    assert_eq!(plane.node().file(&session, "state.json"), record);
    let path = format!("/v1/sessions/{session}");
    wait_until("the hub to hear of both", || {
        let seen = plane.ok("GET", &path, &token, &Value::Null);
        (seen["viewers"] == 2).then_some(())
    });
    moves(&near, "with the hub again");
}

/// How viewers got in, by the session's log.
fn entrances(plane: &Plane, session: &str) -> Vec<String> {
    let text = plane.node().log(session);
    let joined = text.lines().filter(|line| line.contains("viewer joined"));
    let kind = |line: &str| {
        let kinds = ["New", "Again"].into_iter();
        let mut found = kinds.filter(|kind| line.contains(kind));
        found.next().unwrap_or("?").to_owned()
    };
    joined.map(kind).collect()
}
