//! A network that goes away and comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::compare::{change, step};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::heal::Heal;
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::netns::{Namespace, Network, OTHER_ADDRESS, SERVER_ADDRESS, VIEWER_ADDRESS};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::{Board, terminal};
use hackstream_e2e::{PATIENCE, viewer, wait_until};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use hackstream_view::config::DEFAULT_HEADLESS_RECONNECT;
use hackstream_view::headless::LinkState;

/// The key of the letter a.
const A: KeyCode = KeyCode(30);

/// Much longer than a display takes from one repeat of a key to the next, or to the first.
const REPEAT: Duration = Duration::from_secs(2);

#[test]
fn the_same_connection_goes_on_after_five_seconds() {
    in_a_network_of_its_own(|network| {
        cut_and_mend(
            network,
            &Cut {
                pulled_from: &network.server,
                lasts: Duration::from_secs(5),
                patience: Some(DEFAULT_HEADLESS_RECONNECT),
            },
        );
    });
}

#[test]
fn the_same_connection_goes_on_after_twenty_seconds() {
    in_a_network_of_its_own(|network| {
        cut_and_mend(
            network,
            &Cut {
                pulled_from: &network.viewer,
                lasts: Duration::from_secs(20),
                patience: Some(DEFAULT_HEADLESS_RECONNECT),
            },
        );
    });
}

/// Longer than any connection lives without a word: the viewer makes a new one.
#[test]
fn the_same_viewer_goes_on_after_forty_seconds() {
    in_a_network_of_its_own(|network| {
        cut_and_mend(
            network,
            &Cut {
                pulled_from: &network.server,
                lasts: Duration::from_secs(40),
                patience: None,
            },
        );
    });
}

/// Long enough that the viewer asks only now and then; the cable tells it when to ask.
#[test]
fn the_same_viewer_goes_on_after_a_minute() {
    in_a_network_of_its_own(|network| {
        cut_and_mend(
            network,
            &Cut {
                pulled_from: &network.viewer,
                lasts: Duration::from_secs(60),
                patience: None,
            },
        );
    });
}

/// From Wi-Fi to the phone and back: the connection goes on from wherever the machine is.
#[test]
fn the_same_connection_goes_on_from_another_address() {
    in_a_network_of_its_own(|network| {
        let folder = Folder::new();
        let board = Board::new(&folder);
        let run = Run {
            size: SIZE,
            listen: &format!("{SERVER_ADDRESS}:0"),
            namespace: Some(&network.server),
            ..Run::default()
        };
        let server = Server::run_as(&run, folder, &board.command());
        network.viewer.enter();
        let viewer = viewer::connect(&server);
        let mut addresses = [VIEWER_ADDRESS, OTHER_ADDRESS];
        for round in 0..4 {
            network.viewer.readdress(addresses[0], addresses[1]);
            addresses.reverse();
            step(&server, &[&viewer], "writing after a move", || {
                board.fill(round * 1000, 20)
            });
            let live = viewer.wait_for_link(|link| link == LinkState::Live, PATIENCE);
            assert!(live, "{:?}", viewer.link());
        }
        assert_eq!(viewer::joined(&server), 1);
        let log = server.process.stderr.all();
        let left = log.iter().any(|line| line.contains("viewer left"));
        assert!(!left, "{log:?}");
    });
}

/// Otherwise the display repeats the key until the server gives the connection up.
#[test]
fn a_key_is_let_go_when_its_viewer_falls_silent() {
    in_a_network_of_its_own(|network| {
        let folder = Folder::new();
        let typed = folder.path("typed");
        let script = format!("stty raw -echo; cat >{}", typed.display());
        let run = Run {
            size: SIZE,
            listen: &format!("{SERVER_ADDRESS}:0"),
            namespace: Some(&network.server),
            ..Run::default()
        };
        let server = Server::run_as(&run, folder, &terminal(&["sh", "-c", &script]));
        network.viewer.enter();
        let viewer = viewer::connect(&server);
        let length = || std::fs::metadata(&typed).map_or(0, |file| file.len());
        wait_until("the terminal", || typed.exists().then_some(()));
        viewer.send(InputEvent::Key(A, Transition::Press));
        wait_until("a repeated key", || (length() > 2).then_some(()));

        network.server.pull();
        let noticed = viewer.wait_for_link(is_interrupted, PATIENCE);
        assert!(noticed, "the viewer does not notice the cut");
        wait_until("the end of the repeats", || {
            let before = length();
            std::thread::sleep(REPEAT);
            (length() == before).then_some(())
        });
        let log = server.process.stderr.all();
        assert!(
            !log.iter().any(|line| line.contains("viewer left")),
            "{log:?}"
        );
        network.server.mend();

        let live = viewer.wait_for_link(|link| link == LinkState::Live, PATIENCE);
        assert!(live, "the viewer does not come back: {:?}", viewer.link());
        let before = length();
        type_text(&viewer, "b");
        wait_until("the next key", || (length() > before).then_some(()));
        let text = std::fs::read_to_string(&typed).unwrap();
        assert_eq!(text.trim_start_matches('a'), "b");
    });
}

/// An interruption of the network.
struct Cut<'a> {
    /// The end of the cable that is pulled.
    pulled_from: &'a Namespace,
    lasts: Duration,
    /// How long the viewer tries to come back.
    patience: Option<Duration>,
}

fn is_interrupted(link: LinkState) -> bool {
    matches!(link, LinkState::Interrupted { .. })
}

/// Runs the test on a thread of its own, because it changes its network for good.
fn in_a_network_of_its_own(test: impl FnOnce(&Network) + Send + 'static) {
    let network = Network::create().unwrap();
    let thread = std::thread::spawn(move || test(&network));
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn cut_and_mend(network: &Network, cut: &Cut<'_>) {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let run = Run {
        size: SIZE,
        listen: &format!("{SERVER_ADDRESS}:0"),
        namespace: Some(&network.server),
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &board.command());
    network.viewer.enter();
    let mut options = viewer::options(&server);
    options.reconnect_timeout = cut.patience;
    let viewer = viewer::connect_with(&server, options);
    step(&server, &[&viewer], "writing before the cut", || {
        board.fill(1, 20)
    });

    cut.pulled_from.pull();
    let noticed = viewer.wait_for_link(is_interrupted, PATIENCE);
    assert!(noticed, "the viewer does not notice the cut");
    change(&server, "writing during the cut", || board.fill(2, 60));
    std::thread::sleep(cut.lasts);
    assert_ne!(viewer.link(), LinkState::Ended);
    Heal::of(&server, &viewer).after(|| cut.pulled_from.mend());
    let log = server.process.stderr.all();
    let new = log.iter().filter(|line| line.contains("entrance=New"));
    assert_eq!(new.count(), 1, "all the same visit: {log:?}");
    step(&server, &[&viewer], "writing after the cut", || {
        board.fill(3, 20)
    });
}
