//! Sessions in namespaces of their own: what starts them, what ends them, and what is left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::Exit;
use hackstream_control_api::policy::Egress;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;
use hackstream_e2e::node::{Node, spec, visit};
use hackstream_e2e::wait_until;
use hackstream_node::NodeError;
use hackstream_node::driver::{Driver, Seen};
use hackstream_node::record::{Life, Record, StopOrder};
use hackstream_node::spec::SessionSpec;
use rustix::process::{Pid, Signal, kill_process};

const SOON: StopOrder = StopOrder {
    grace: Seconds(5),
    cause: StopCause::User,
};

/// Fails if anything of a session is left but its record and its log.
fn assert_nothing_left(node: &Node, session: SessionId) {
    assert_eq!(node.processes(session), [""; 0]);
    let folder = node.folder(session);
    for own in ["etc", "status.sock"] {
        assert!(!folder.join(own).exists(), "{own} is left");
    }
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&session.to_string()), "a mount is left");
}

fn cause(record: &Record) -> StopCause {
    match &record.life {
        Life::Ended { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_starts_once_and_ends_when_told() {
    let node = Node::new();
    let spec = spec(&["xterm"]);
    let ready = node.ready(&spec);
    assert_eq!(ready.server_spki.as_ref().map(String::len), Some(64));
    assert!(node.processes(spec.session).len() > 4);
    // Told once more, it goes on.
    node.driver.boot(&spec).unwrap();
    assert_eq!(node.find(spec.session).unwrap().record, ready);
    assert!(node.driver.usage(spec.session).unwrap().memory_bytes > 1 << 20);

    node.driver.stop(spec.session, SOON).unwrap();
    assert_eq!(cause(&node.ended(spec.session)), StopCause::User);
    assert_nothing_left(&node, spec.session);
    // In every state, and for whoever never was.
    for _ in 0..2 {
        node.driver.stop(spec.session, SOON).unwrap();
        node.driver.kill(spec.session).unwrap();
    }
    node.driver.stop(self::spec(&["x"]).session, SOON).unwrap();
    let again = node.driver.boot(&spec);
    assert!(matches!(again, Err(NodeError::Over(_))), "{again:?}");
    node.driver.forget(spec.session).unwrap();
    assert!(!node.folder(spec.session).exists());
    assert_eq!(node.driver.list().unwrap(), []);
}

#[test]
fn how_a_command_ended_is_known() {
    let node = Node::new();
    // It ends once a viewer was there: a session that ends before it is ready has not started.
    let ask = "/opt/hackstream/hackstream-server status --format json --state-dir /run/hackstream";
    let wait = ["{", "]"]
        .map(|then| format!("until {ask} | grep -q '\"viewers\":\\[{then}'; do sleep 0.2; done"));
    let wait = wait.join("; echo somebody is there; ");
    let three = spec(&["sh", "-c", &format!("{wait}; echo said so; exit 3")]);
    let ready = node.ready(&three);
    let viewer = visit(
        three.session,
        ready.port,
        ready.server_spki.as_ref().unwrap(),
    );
    wait_until("the application to see the viewer", || {
        let log = node.log(three.session);
        log.contains("somebody is there").then_some(())
    });
    drop(viewer);
    let ended = node.ended(three.session);
    let exit = Some(Exit::Code(3));
    assert!(
        matches!(&ended.life, Life::Ended { exit: code, .. } if *code == exit),
        "{ended:?}"
    );
    assert_eq!(cause(&ended), StopCause::ApplicationEnded);
    assert!(node.log(three.session).contains("said so"));
    assert!(node.driver.log(three.session, 0, 1 << 20).unwrap().is_last);
    assert_nothing_left(&node, three.session);

    let missing = spec(&["no-such-program"]);
    node.driver.boot(&missing).unwrap();
    let ended = node.ended(missing.session);
    assert_eq!(cause(&ended), StopCause::StartFailed);
    let why = matches!(&ended.life, Life::Ended { detail: Some(text), .. } if text.contains("no-such-program"));
    assert!(why, "{ended:?}");
    assert_nothing_left(&node, missing.session);
}

/// Programs that do all they can to stay.
const STUBBORN: &str = "trap '' TERM HUP INT; \
    (trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP INT; sleep 1000 & sleep 1000' &) ; \
    sleep 1000 & kill -STOP $!; \
    echo all there; while :; do sleep 1000; done";

#[test]
fn what_wants_to_stay_is_killed() {
    let node = Node::new();
    let [by_force, when_told] = [(); 2].map(|()| spec(&["sh", "-c", STUBBORN]));
    for spec in [&by_force, &when_told] {
        node.ready(spec);
        wait_until("the stubborn ones", || {
            node.log(spec.session).contains("all there").then_some(())
        });
    }
    kill(&node, by_force.session);
    stop(&node, when_told.session);
}

/// Ends a session by force: at once, without waiting.
fn kill(node: &Node, session: SessionId) {
    node.driver.kill(session).unwrap();
    assert_nothing_left(node, session);
    assert_eq!(cause(&node.ended(session)), StopCause::Crashed);
}

/// Tells a session to end, and gives it little time for it.
fn stop(node: &Node, session: SessionId) {
    let hurried = StopOrder {
        grace: Seconds(1),
        cause: StopCause::Idle,
    };
    node.driver.stop(session, hurried).unwrap();
    assert_eq!(cause(&node.ended(session)), StopCause::Idle);
    assert_nothing_left(node, session);
}

/// Where the control group of a session is; `None` where the machine has none.
fn group(node: &Node, session: SessionId) -> Option<PathBuf> {
    let means = std::fs::read(node.folder(session).join("keep.json")).unwrap();
    let means: serde_json::Value = serde_json::from_slice(&means).unwrap();
    means["group"].as_str().map(PathBuf::from)
}

/// Whoever is frozen hears no signal, and nobody waits for that: neither for the programs of a session
/// that is told to end, nor for the keeper of one that is killed.
#[test]
fn what_is_frozen_is_killed() {
    let node = Node::new();
    let [when_told, by_force] = [(); 2].map(|()| spec(&["sh", "-c", STUBBORN]));
    for (spec, part) in [(&when_told, "programs"), (&by_force, "")] {
        node.ready(spec);
        wait_until("the stubborn ones", || {
            node.log(spec.session).contains("all there").then_some(())
        });
        // A machine without such groups has nothing that could freeze a session either.
        let Some(group) = group(&node, spec.session) else {
            continue;
        };
        let group = group.join(part);
        std::fs::write(group.join("cgroup.freeze"), "1").unwrap();
        wait_until("all to be frozen", || {
            let events = std::fs::read_to_string(group.join("cgroup.events")).unwrap();
            events.contains("frozen 1").then_some(())
        });
    }
    stop(&node, when_told.session);
    kill(&node, by_force.session);
}

fn kill_part(process: i32) {
    let _ = kill_process(Pid::from_raw(process).unwrap(), Signal::KILL);
}

/// A session that has all the parts that there are.
fn with_way_out() -> SessionSpec {
    SessionSpec {
        egress: Egress::Internet,
        ..spec(&["xterm"])
    }
}

/// Whoever of a session is killed, and whenever: nothing of it is left, and it is known to have ended.
#[test]
fn a_session_whose_parts_are_killed_leaves_nothing() {
    let node = Node::new();
    for delay in [0, 3, 10, 30, 100, 300] {
        let spec = with_way_out();
        node.driver.boot(&spec).unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let keeper = wait_until("a keeper", || node.find(spec.session)?.record.keeper);
        kill_part(keeper.pid);
        let ended = node.ended(spec.session);
        assert!(matches!(
            cause(&ended),
            StopCause::StartFailed | StopCause::Crashed
        ));
        assert_nothing_left(&node, spec.session);
    }
    let spec = with_way_out();
    let ready = node.ready(&spec);
    kill_part(ready.init.unwrap().pid);
    assert_eq!(cause(&node.ended(spec.session)), StopCause::Crashed);
    assert_nothing_left(&node, spec.session);
}

/// What is wrong with one session is wrong with no other, and it can still be ended.
#[test]
fn a_session_whose_record_is_damaged_is_listed_and_can_be_killed() {
    let node = Node::new();
    let [whole, hurt] = [(); 2].map(|()| spec(&["xterm"]));
    let ready = node.ready(&whole);
    node.ready(&hurt);
    std::fs::write(node.folder(hurt.session).join("state.json"), "{").unwrap();
    let list = node.driver.list().unwrap();
    assert_eq!(list.len(), 2);
    let broken = list.iter().find(|seen| seen.session() == hurt.session);
    assert!(matches!(broken, Some(Seen::Broken(_))), "{broken:?}");
    assert_eq!(node.find(whole.session).unwrap().record, ready);
    node.driver.kill(hurt.session).unwrap();
    assert_eq!(cause(&node.ended(hurt.session)), StopCause::Crashed);
    assert_nothing_left(&node, hurt.session);
}

/// An agent that is gone takes no session with it, and the next one finds them all.
#[test]
fn sessions_outlive_the_agent() {
    let node = Node::new();
    let spec = spec(&["xterm"]);
    let ready = node.ready(&spec);
    let next = node.restarted();
    let found = next.list().unwrap();
    assert_eq!(found.len(), 1);
    let only = found[0].found().unwrap();
    assert_eq!((&only.spec, &only.record), (&spec, &ready));
    // It does not start it again, and another one gets another user.
    next.boot(&spec).unwrap();
    let other = self::spec(&["xterm"]);
    next.boot(&other).unwrap();
    let user = |session| {
        let file = node.folder(session).join("keep.json");
        let means: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        means["user"].clone()
    };
    assert_ne!(user(spec.session), user(other.session));
    assert_eq!(node.find(spec.session).unwrap().record, ready);
    next.stop(spec.session, SOON).unwrap();
    assert_eq!(cause(&node.ended(spec.session)), StopCause::User);
    assert_nothing_left(&node, spec.session);
    // Killed by the first one, which did not start it.
    node.driver.kill(other.session).unwrap();
    assert_nothing_left(&node, other.session);
}

#[test]
fn what_the_node_writes_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let node = Node::new();
    let spec = spec(&["xterm"]);
    node.ready(&spec);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = node.folder(spec.session);
    for file in [
        "spec.json",
        "state.json",
        "keep.json",
        "lock",
        "log-00000000000000000000",
    ] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    use std::os::unix::fs::FileTypeExt;
    let socket = folder.join("status.sock");
    assert_eq!(mode(&socket), 0o600);
    assert!(std::fs::metadata(&socket).unwrap().file_type().is_socket());
}
