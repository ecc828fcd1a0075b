//! Several viewers of one session.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::{Screen, exact, step};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::Board;
use hackstream_e2e::{viewer, wait_until};
use rustix::process::Signal;

fn session() -> (Server, Board) {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let server = Server::run_as(&Run::default(), folder, &board.command());
    (server, board)
}

#[test]
fn two_viewers_see_the_same() {
    let (server, board) = session();
    let first = viewer::connect(&server);
    board.fill(1, 30);
    let second = viewer::connect(&server);
    exact(&server, &[&first, &second], "two viewers");
    for round in 0..5 {
        step(
            &server,
            &[&first, &second],
            "writing for two viewers",
            || {
                board.fill(10 + round, 8);
            },
        );
    }
    drop(first);
    step(
        &server,
        &[&second],
        "writing for the one that stayed",
        || board.fill(99, 8),
    );
}

#[test]
fn a_stopped_viewer_does_not_slow_another() {
    let (server, board) = session();
    let lively = viewer::connect(&server);
    let mut display = Display::start(SIZE, Folder::new(), &viewer::window_command(&server));
    let window = display.screen();
    let shown = || {
        wait_until("the picture in the window", || {
            (window.picture() == server.picture()).then_some(())
        });
    };
    shown();
    display.program().signal(Signal::STOP);
    for round in 0..10 {
        step(
            &server,
            &[&lively],
            "writing beside a stopped viewer",
            || {
                board.fill(round * 1000, 40);
            },
        );
    }
    assert_ne!(window.picture().pixels, server.picture().pixels);
    display.program().signal(Signal::CONT);
    shown();
}
