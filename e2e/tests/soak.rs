//! A long use in a short time: what a viewer keeps does not grow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::ops::Range;

use hackstream_e2e::compare::{Screen, rest};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::terminal::Board;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::geometry::Size;

/// What a small device shows.
const SCREEN: Size = Size::new(1280, 720);

/// More lines than fit the screen.
const LINES: u32 = 60;

/// Pages between two looks at the memory: a quarter of an hour for somebody who turns one every ten
/// seconds.
const ROUND: u32 = 90;

/// Rounds within which the caches have to be full and the memory at rest.
const MOST_ROUNDS: u32 = 12;

/// Rounds in a row without growth that show that there is none.
const CALM_ROUNDS: u32 = 2;

/// A leak of a kilobyte in each page would be more; what the allocator moves is less.
const CALM_KIB: u64 = 64;

#[test]
fn a_viewer_that_shows_page_after_page_comes_to_an_end_of_growing() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let run = Run {
        size: SCREEN,
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &board.command());
    let viewer = viewer::start(&server, &["--quality", "low"]);
    let mut seen = Vec::new();
    let (mut most, mut calm) = (0, 0);
    for round in 0..MOST_ROUNDS {
        show(&server, &board, round * ROUND..(round + 1) * ROUND);
        let memory = viewer.memory_kib();
        seen.push(memory);
        calm = if memory <= most + CALM_KIB {
            calm + 1
        } else {
            0
        };
        if calm == CALM_ROUNDS {
            eprintln!("PSS of the viewer in KiB, every {ROUND} pages: {seen:?}");
            return;
        }
        most = most.max(memory);
    }
    panic!("the viewer grows: PSS in KiB, every {ROUND} pages: {seen:?}");
}

/// Fills the board with one page after the other, and lets the last come to rest.
fn show(server: &Server, board: &Board, pages: Range<u32>) {
    for page in pages {
        let before = server.picture();
        board.fill(page * 1009, LINES);
        wait_until("the next page", || {
            (server.picture() != before).then_some(())
        });
    }
    rest(server, "the last page");
}
