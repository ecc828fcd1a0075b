//! A session that nobody uses ends, however much goes on in it; one that somebody uses does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::{Duration, Instant};

use hackstream_control_api::node::NodeSessionState;
use hackstream_control_api::policy::Timers;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;
use hackstream_e2e::agent_scene::{AgentScene, viewer};
use hackstream_e2e::wait_until;
use hackstream_node::clock::Uptime;
use hackstream_node::record::Record;
use hackstream_protocol::geometry::Point;
use hackstream_protocol::wire::control::EndCause;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_view::headless::LinkState;

/// Between two movements of a pointer that trembles.
const TREMBLE: Duration = Duration::from_millis(500);

/// What is promised: a session ends so long after the last input, give or take this.
const EXACTLY: u64 = 2000;

/// A program that writes ten times a second, a viewer that is there and does nothing, a hub that is
/// gone: the viewer is warned, and takes the warning back. While its pointer trembles the session goes
/// on; so long after the last of that it has ended, by the node's own clock, with its reason.
#[test]
fn only_input_keeps_a_session() {
    let scene = AgentScene::new();
    let idle = Duration::from_secs(8);
    let timers = Timers {
        idle: Seconds(idle.as_secs()),
        ..Timers::default()
    };
    let boot = scene.boot("chatter", timers);
    let ready = scene.ready(&boot);
    let viewer = viewer(&ready);
    let warning = || viewer.coming_end();
    scene.hub.set_away(true);
    let end = wait_until("a warning", warning);
    assert_eq!(end.cause, EndCause::Idle);
    assert!(end.within <= idle / 4, "{end:?}");
    viewer.send(InputEvent::PointerMotion(Point::new(40, 40)));
    wait_until("the warning to be taken back", || {
        warning().is_none().then_some(())
    });

    // By a pixel, back and forth, for longer than nobody may do anything.
    let until = Instant::now() + idle + 2 * TREMBLE;
    let mut places = [41, 40].into_iter().cycle();
    let mut last = Uptime::now();
    while Instant::now() < until {
        std::thread::sleep(TREMBLE);
        last = Uptime::now();
        let right = places.next().unwrap();
        viewer.send(InputEvent::PointerMotion(Point::new(right, 40)));
        assert_eq!(viewer.link(), LinkState::Live, "it did not count");
    }

    let frames = viewer.frames_applied();
    assert_eq!(wait_until("another warning", warning).cause, EndCause::Idle);
    let over = viewer.wait_for_link(|link| link == LinkState::Ended, 2 * idle);
    assert!(over, "the session goes on");
    assert!(viewer.frames_applied() > frames, "nothing went on");
    let file = scene.path(&format!("state/sessions/{}/state.json", boot.session));
    let record = wait_until("the end", || {
        let record: Record = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
        record.life.is_over().then_some(record)
    });
    let (due, at) = (last + timers.idle, record.entered);
    let differs = at.millis_since(due).max(due.millis_since(at));
    assert!(differs <= EXACTLY, "ended {at:?}, not {due:?}");

    scene.hub.set_away(false);
    let ended = scene.hub.reported(boot.session, |session| {
        (session.state == NodeSessionState::Ended).then(|| session.clone())
    });
    assert_eq!(ended.stop_cause, Some(StopCause::Idle));
}
