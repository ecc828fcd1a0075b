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
use hackstream_protocol::geometry::Point;
use hackstream_protocol::wire::control::EndCause;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_view::headless::LinkState;

/// A program that writes ten times a second, a viewer that is there and does nothing, a hub that is
/// gone: the viewer is warned, a movement of its pointer takes the warning back, and without another
/// one the session ends, with its reason.
#[test]
fn only_input_keeps_a_session() {
    let scene = AgentScene::new();
    let idle = Duration::from_secs(12);
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
    let before = (Instant::now(), viewer.frames_applied());
    viewer.send(InputEvent::PointerMotion(Point::new(40, 40)));
    wait_until("the warning to be taken back", || {
        warning().is_none().then_some(())
    });
    assert_eq!(wait_until("another warning", warning).cause, EndCause::Idle);
    let over = viewer.wait_for_link(|link| link == LinkState::Ended, 2 * idle);
    assert!(over, "the session goes on");
    assert!(before.0.elapsed() >= idle, "the movement did not count");
    assert!(viewer.frames_applied() > before.1, "nothing went on");
    scene.hub.set_away(false);
    let ended = scene.hub.reported(boot.session, |session| {
        (session.state == NodeSessionState::Ended).then(|| session.clone())
    });
    assert_eq!(ended.stop_cause, Some(StopCause::Idle));
}
