//! Several viewers of one session.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::{Duration, Instant};

use hackstream_e2e::compare::{Screen, assert_same, exact, rest, step};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::terminal::Board;
use hackstream_e2e::viewer;
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
    let file = viewer::screenshot_file(&server, "late");
    let late = file.to_str().unwrap();
    // Fifteen seconds, in which it is stopped about half of the time.
    let mut stopped = viewer::start(&server, &["--screenshot", late, "--after", "15000"]);
    let begun = Instant::now();
    stopped.signal(Signal::STOP);
    // The last ones are left out where the machine is slow: it has to wake up in time.
    let rounds = (0..20).take_while(|_| begun.elapsed() < Duration::from_secs(8));
    for round in rounds {
        step(
            &server,
            &[&lively],
            "writing beside a stopped viewer",
            || {
                board.fill(round * 1000, 40);
            },
        );
    }
    stopped.signal(Signal::CONT);
    rest(&server, "the end of writing");
    let seen = viewer::finish_screenshot(&mut stopped, &file);
    assert_same("a viewer that was stopped", &server.picture(), &seen);
}
