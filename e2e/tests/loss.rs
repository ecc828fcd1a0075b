//! A link that loses packets loses no key, types none twice, and leaves the picture exact.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::compare::{exact, step};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::relay::Relay;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::terminal::{Board, terminal};
use hackstream_e2e::windows::Windows;
use hackstream_e2e::{viewer, wait_until};
use hackstream_view::headless::Viewer;

/// Each way. Long enough for things to be sent twice.
const DELAY: Duration = Duration::from_millis(15);

/// One packet in so many is lost.
const ONE_IN: u64 = 12;

/// From key to key: some share a round trip and some do not.
const PAUSE: Duration = Duration::from_millis(12);

const TEXT: &str = "the quick brown fox jumps over the lazy dog 0123456789 while packets get lost";

/// A viewer of a session at the other end of a rough road.
fn far_away(folder: Folder, command: &[String]) -> (Server, Relay, Viewer) {
    let server = Server::run_as(&Run::default(), folder, command);
    let relay = Relay::to(&server);
    relay.roughen(DELAY, ONE_IN);
    let mut options = viewer::options(&server);
    options.server = relay.address().to_string().parse().unwrap();
    let viewer = viewer::connect_with(&server, options);
    (server, relay, viewer)
}

#[test]
fn each_key_is_typed_once_and_in_order() {
    let folder = Folder::new();
    let typed = folder.path("typed");
    let keep = format!("cat > '{}'", typed.display());
    let command = terminal(&["sh", "-c", &keep]);
    let (server, _relay, viewer) = far_away(folder, &command);
    wait_until("a terminal", || typed.exists().then_some(()));
    Windows::of_session(&server).wait_for_focus();
    exact(&server, &[&viewer], "an empty terminal");
    let mut expected = String::new();
    for line in 0..4 {
        let text = format!("{line}{TEXT}\n");
        for character in text.chars() {
            type_text(&viewer, &character.to_string());
            std::thread::sleep(PAUSE);
        }
        expected += &text;
    }
    wait_until("all that was typed", || {
        let text = std::fs::read_to_string(&typed).unwrap();
        (text.len() >= expected.len()).then_some(())
    });
    assert_eq!(std::fs::read_to_string(&typed).unwrap(), expected);
    exact(&server, &[&viewer], "what was typed");
}

#[test]
fn the_picture_is_exact_after_updates_of_many_packets() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let (server, _relay, viewer) = far_away(folder, &board.command());
    for page in 1..=12 {
        step(&server, &[&viewer], "a page", || {
            board.fill(page * 1000, 40)
        });
    }
}
