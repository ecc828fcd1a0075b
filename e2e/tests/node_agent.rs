//! The node agent and a hub: what it is told it does, and what it does while nobody tells it anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_control_api::node::{Boot, Claim, JobKind, JobOutcome, NodeSessionState, SendLog};
use hackstream_control_api::policy::{Policy, Timers};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;
use hackstream_e2e::agent_scene::{AgentScene, viewer};
use hackstream_e2e::mock_hub::{NODE, assert_done};
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::{program, wait_until};
use hackstream_view::headless::LinkState;
use rustix::process::Signal;

/// A whole life: told to start, seen by a viewer while hub and agent are gone, told to end.
#[test]
fn a_session_goes_on_while_hub_and_agent_are_gone() {
    let mut scene = AgentScene::new();
    let boot = scene.boot("terminal", Timers::default());
    let ready = scene.ready(&boot);
    assert_eq!((ready.owner, &ready.labels), (boot.owner, &boot.labels));
    assert!(ready.stops_at.is_some() && ready.usage.memory_bytes > 0);
    let viewer = viewer(&ready);
    scene
        .hub
        .reported(boot.session, |session| (session.viewers == 1).then_some(()));

    scene.hub.set_away(true);
    scene.agent.as_ref().unwrap().signal(Signal::KILL);
    drop(scene.agent.take());
    scene.hub.forget_reports();
    scene.start();
    scene.hub.set_away(false);
    let again = scene
        .hub
        .reported(boot.session, |session| Some(session.clone()));
    assert_eq!((again.state, again.since), (ready.state, ready.since));
    assert_eq!(again.server_spki, ready.server_spki);
    assert_eq!(viewer.link(), LinkState::Live);
    // Told again to start it, the new agent leaves it alone.
    let job = scene.hub.order(JobKind::Boot(Box::new(boot.clone())));
    assert_done(&scene.hub.result(job));

    scene.stop(boot.session);
    scene.stop(boot.session);
    let ended = scene.hub.reported(boot.session, |session| {
        (session.state == NodeSessionState::Ended).then(|| session.clone())
    });
    assert_eq!(ended.stop_cause, Some(StopCause::User));
    scene.hub.forget(boot.session);
    wait_until("the session to be forgotten", || {
        scene.sessions().is_empty().then_some(())
    });
    assert_eq!(scene.hub.strangers(), 0);
}

#[test]
fn a_session_ends_by_itself_while_the_hub_is_gone() {
    let scene = AgentScene::new();
    let soon = Timers {
        disconnect: Seconds(1),
        ..Timers::default()
    };
    let boot = scene.boot("terminal", soon);
    let job = scene.hub.order(JobKind::Boot(Box::new(boot.clone())));
    assert_done(&scene.hub.result(job));
    scene.hub.set_away(true);
    let state = scene
        .path("state/sessions")
        .join(boot.session.to_string())
        .join("state.json");
    wait_until("the end of the session", || {
        let state = std::fs::read_to_string(&state).ok()?;
        state.contains("\"ended\"").then_some(())
    });
    scene.hub.set_away(false);
    let ended = scene.hub.reported(boot.session, |session| {
        (session.state == NodeSessionState::Ended).then(|| session.clone())
    });
    assert_eq!(ended.stop_cause, Some(StopCause::Disconnected));
}

#[test]
fn what_the_configuration_does_not_allow_is_refused() {
    let scene = AgentScene::new();
    let boot = |app| JobKind::Boot(Box::new(scene.boot(app, Timers::default())));
    let refused = [
        scene.hub.order(boot("browser")),
        scene.hub.order_as(
            "01ARZ3NDEKTSV4RRFFQ69G5FAX".parse().unwrap(),
            60_000,
            boot("terminal"),
        ),
        scene
            .hub
            .order_as(NODE.parse().unwrap(), -1, boot("terminal")),
        scene.hub.order(JobKind::Unknown),
        scene.hub.order(JobKind::Boot(Box::new(Boot {
            url: Some("https://example.org".to_owned()),
            ..scene.boot("terminal", Timers::default())
        }))),
        scene.hub.order(JobKind::Boot(Box::new(Boot {
            ticket_keys: Default::default(),
            ..scene.boot("terminal", Timers::default())
        }))),
    ];
    for job in refused {
        let result = scene.hub.result(job);
        assert_eq!(result.outcome, JobOutcome::Refused, "{result:?}");
        assert!(result.detail.is_some());
    }
    assert_eq!(scene.sessions(), [""; 0]);
    let mut apps = scene.hub.report().apps;
    apps.sort();
    assert_eq!(apps, ["chatter", "missing", "talker", "terminal"]);
}

/// A hub that does not take it at first is told again how a job went.
#[test]
fn a_hub_hears_how_a_job_went() {
    let scene = AgentScene::new();
    scene.hub.be_deaf(3);
    let boot = scene.boot("missing", Timers::default());
    let failed = scene.hub.order(JobKind::Boot(Box::new(boot)));
    let result = scene.hub.result(failed);
    assert_eq!(result.outcome, JobOutcome::Failed, "{result:?}");
    assert!(
        result
            .detail
            .is_some_and(|detail| detail.contains("no-such-program"))
    );
}

/// Two agents would end each other's sessions.
#[test]
fn a_node_has_one_agent() {
    let scene = AgentScene::new();
    let _ = scene.hub.report();
    let mut second = bound_command(program("hackstream-noded"));
    second.arg("--config").arg(scene.path("node.toml"));
    let ended = Process::start(&mut second).wait();
    assert_eq!(ended.code, Some(73));
    let said = ended.stderr.join("\n");
    assert!(said.contains("another agent"), "{said}");
}

#[test]
fn a_warm_session_is_claimed_once() {
    let scene = AgentScene::new();
    let warm = Boot {
        owner: None,
        ..scene.boot("terminal", Timers::default())
    };
    let ready = scene.ready(&warm);
    assert_eq!((ready.owner, ready.stops_at), (None, None));
    let claim = |claim: &str| {
        JobKind::Claim(Box::new(Claim {
            session: warm.session,
            claim: claim.parse().unwrap(),
            owner: "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(),
            url: None,
            screen: None,
            quality: Default::default(),
            policy: Policy::default(),
            timers: Timers::default(),
        }))
    };
    let [one, other] = ["01ARZ3NDEKTSV4RRFFQ69G5FB1", "01ARZ3NDEKTSV4RRFFQ69G5FB2"];
    for _ in 0..2 {
        assert_done(&scene.hub.result(scene.hub.order(claim(one))));
    }
    let second = scene.hub.result(scene.hub.order(claim(other)));
    assert_eq!(second.outcome, JobOutcome::Refused);
    scene.hub.reported(warm.session, |session| {
        (session.owner.is_some() && session.stops_at.is_some()).then_some(())
    });
}

/// What was said before somebody asked, and what is said afterwards.
#[test]
fn a_log_comes_from_its_beginning_and_goes_on() {
    let scene = AgentScene::new();
    let boot = scene.boot("talker", Timers::default());
    let _ = scene.ready(&boot);
    let wish = SendLog {
        session: boot.session,
        after: 0,
    };
    assert_done(&scene.hub.result(scene.hub.order(JobKind::SendLog(wish))));
    wait_until("the whole log", || {
        let log = scene.hub.log();
        let first = log.find("first words")?;
        let last = log.find("last words")?;
        (first < last).then_some(())
    });
}
