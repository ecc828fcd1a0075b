//! Everything that interrupts a session for a while, and what the viewer makes of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::{Duration, Instant};

use hackstream_e2e::compare::{Screen, change, exact, step};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::heal::Heal;
use hackstream_e2e::keyboard::key::LEFT_SHIFT;
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::process::Process;
use hackstream_e2e::relay::{Relay, Way};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::{Board, terminal};
use hackstream_e2e::windows::Windows;
use hackstream_e2e::{PATIENCE, viewer, wait_until};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use hackstream_view::headless::{LinkState, Viewer};
use rustix::process::Signal;

/// The key of the letter a.
const A: KeyCode = KeyCode(30);

/// Much longer than a display takes from one repeat of a key to the next, or to the first.
const REPEAT: Duration = Duration::from_secs(2);

const BOTH: [Way; 2] = [Way::Up, Way::Down];

/// A session, a viewer of it, and the router between them.
struct Scene {
    server: Server,
    board: Board,
    relay: Relay,
    viewer: Viewer,
}

impl Scene {
    fn new() -> Self {
        let folder = Folder::new();
        let board = Board::new(&folder);
        let server = Server::run_as(&Run::default(), folder, &board.command());
        let relay = Relay::to(&server);
        let mut options = viewer::options(&server);
        options.server = relay.address().to_string().parse().unwrap();
        // As good as for ever, and no clock goes that far.
        options.reconnect_timeout = Some(Duration::from_secs(u64::MAX));
        let viewer = viewer::connect_with(&server, options);
        let scene = Self {
            server,
            board,
            relay,
            viewer,
        };
        scene.write(1, "writing before");
        scene
    }

    fn write(&self, seed: u32, what: &str) {
        step(&self.server, &[&self.viewer], what, || {
            self.board.fill(seed * 1000, 20);
        });
    }

    fn wait_for(&self, what: &str, state: impl Fn(LinkState) -> bool) {
        let came = self.viewer.wait_for_link(state, PATIENCE);
        assert!(
            came,
            "{what}: {:?}, {:?}",
            self.viewer.link(),
            self.server.process.stderr
        );
    }

    /// Cuts these ways for so long, with a changing screen; soon afterwards the viewer is live again
    /// and shows all of it.
    fn survive(&self, ways: &[Way], lasts: Duration) {
        let begun = Instant::now();
        self.relay.cut(ways);
        self.wait_for("the viewer does not notice", is_interrupted);
        self.board.fill(7000, 60);
        std::thread::sleep(lasts.saturating_sub(begun.elapsed()));
        assert_ne!(self.viewer.link(), LinkState::Ended);
        Heal::of(&self.server, &self.viewer).after(|| self.relay.mend());
        self.write(8, "writing after the cut");
    }
}

fn is_interrupted(link: LinkState) -> bool {
    matches!(link, LinkState::Interrupted { .. })
}

fn log_of(server: &Server, part: &str) -> usize {
    let log = server.process.stderr.all();
    log.iter().filter(|line| line.contains(part)).count()
}

#[test]
fn nothing_heard_for_three_seconds() {
    Scene::new().survive(&BOTH, Duration::from_secs(3));
}

#[test]
fn nothing_heard_for_twenty_seconds() {
    Scene::new().survive(&BOTH, Duration::from_secs(20));
}

/// Longer than a connection lives without a word: the viewer makes a new one, with its ticket.
#[test]
fn nothing_heard_for_forty_seconds() {
    let scene = Scene::new();
    scene.survive(&BOTH, Duration::from_secs(40));
    wait_until("the viewer's return in the log", || {
        (log_of(&scene.server, "entrance=Again") == 1).then_some(())
    });
    assert_eq!(log_of(&scene.server, "entrance=New"), 1);
}

#[test]
fn one_way_is_lost() {
    let scene = Scene::new();
    scene.survive(&[Way::Down], Duration::from_secs(6));
    scene.survive(&[Way::Up], Duration::from_secs(6));
}

/// Longer than a server keeps a viewer that acknowledges nothing, and whose word it hears.
#[test]
fn one_way_is_lost_for_longer_than_a_server_waits() {
    for way in BOTH {
        let scene = Scene::new();
        scene.survive(&[way], Duration::from_secs(32));
        assert_eq!(log_of(&scene.server, "entrance=New"), 1, "{way:?}");
    }
}

/// What a router does that was restarted, or that forgets quiet connections.
#[test]
fn a_port_that_changes_goes_unnoticed() {
    let scene = Scene::new();
    for round in 2..6 {
        scene.relay.forget();
        scene.write(round, "writing after a change of the port");
    }
    assert_eq!(viewer::joined(&scene.server), 1);
    assert_eq!(log_of(&scene.server, "viewer left"), 0);
}

#[test]
fn packets_replayed_from_elsewhere_change_nothing() {
    let scene = Scene::new();
    for round in 2..6 {
        scene.relay.replay();
        scene.write(round, "writing beside an attacker");
    }
    scene.wait_for("it is not live", |link| link == LinkState::Live);
    assert_eq!(viewer::joined(&scene.server), 1);
}

#[test]
fn a_server_that_is_frozen_for_a_while() {
    let scene = Scene::new();
    scene.server.process.signal(Signal::STOP);
    scene.wait_for("the viewer does not notice", is_interrupted);
    scene.board.fill(7000, 60);
    scene.server.process.signal(Signal::CONT);
    scene.wait_for("it does not come back", |link| link == LinkState::Live);
    scene.write(8, "writing after the frost");
    assert_eq!(
        log_of(&scene.server, "entrance=New"),
        1,
        "the viewer was never forgotten"
    );
}

/// What the person let go during the outage is not pressed once it is over.
#[test]
fn keys_let_go_during_an_outage_stay_let_go() {
    let folder = Folder::new();
    let typed = folder.path("typed");
    let script = format!("stty raw -echo; cat >{}", typed.display());
    let server = Server::run_as(&Run::default(), folder, &terminal(&["sh", "-c", &script]));
    let relay = Relay::to(&server);
    let mut options = viewer::options(&server);
    options.server = relay.address().to_string().parse().unwrap();
    let viewer = viewer::connect_with(&server, options);
    let text = || std::fs::read_to_string(&typed).unwrap_or_default();
    wait_until("the terminal", || typed.exists().then_some(()));
    viewer.send(InputEvent::Key(A, Transition::Press));
    wait_until("a repeated key", || (text().len() > 2).then_some(()));

    relay.cut(&BOTH);
    assert!(viewer.wait_for_link(is_interrupted, PATIENCE));
    viewer.send(InputEvent::Key(A, Transition::Release));
    type_text(&viewer, "lost");
    relay.mend();
    assert!(viewer.wait_for_link(|link| link == LinkState::Live, PATIENCE));
    type_text(&viewer, "b");
    wait_until("the next key", || text().contains('b').then_some(()));
    std::thread::sleep(REPEAT);
    assert_eq!(text().trim_start_matches('a'), "b");
}

/// The session does not depend on anybody watching it.
#[test]
fn a_killed_viewer_can_be_started_again() {
    let Scene { server, board, .. } = Scene::new();
    let mut killed = viewer::start(&server, &["--screenshot", "/dev/null", "--after", "60000"]);
    killed.signal(Signal::KILL);
    assert_eq!(killed.wait().code, None);
    board.fill(5000, 30);
    let again = viewer::connect(&server);
    exact(&server, &[&again], "a viewer that was started again");
    step(&server, &[&again], "writing for it", || {
        board.fill(6000, 30)
    });
}

#[test]
fn a_server_that_is_killed_and_started_again() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let command = board.command();
    let server = Server::run_as(&Run::default(), folder, &command);
    let mut words = viewer::window_command(&server);
    words.extend(["--reconnect-timeout", "600"].map(str::to_owned));
    let mut display = Display::start(SIZE, Folder::new(), &words);
    let screen = display.screen();
    wait_until("the picture in the window", || {
        (screen.picture() == server.picture()).then_some(())
    });
    let server = server.killed_and_run_again(&command);
    assert_says(display.program(), "interrupted: ");
    assert_says(
        display.program(),
        "to a new session: the server was restarted",
    );
    wait_until("the viewer at the new server", || {
        (viewer::joined(&server) == 1).then_some(())
    });
    change(&server, "writing in the new session", || {
        board.fill(1000, 30)
    });
    Windows::of(display.name()).wait_for_focus();
    let mut person = display.injector();
    wait_until("the new session in the window", || {
        // That it is a new one is written over it until the person does something.
        for transition in [Transition::Press, Transition::Release] {
            person
                .inject(InputEvent::Key(LEFT_SHIFT, transition))
                .unwrap();
        }
        (screen.picture() == server.picture()).then_some(())
    });
}

fn assert_says(viewer: &Process, part: &str) {
    viewer
        .stderr
        .wait_for(part, |line| line.contains(part).then_some(()));
}
