//! One session, one viewer: what is on the server's screen is on the viewer's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::compare::{assert_shown, change, exact, step};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::{Folder, wait_until_nothing_is_left};
use hackstream_e2e::keyboard::{click, key, press_with, type_text, wait_for_focus, wheel};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::{Board, terminal};
use hackstream_e2e::{viewer, wait_until};
use hackstream_view::headless::Viewer;
use rustix::process::Signal;

/// A terminal with some history to scroll through; what is typed is shown and kept in `typed`.
fn notebook(folder: &Folder) -> Vec<String> {
    let path = folder.path("typed");
    let script = format!(
        "seq -f 'line %.0f of the history' 300; tee {}",
        path.display()
    );
    terminal(&["sh", "-c", &script])
}

/// Types, scrolls and clicks, and compares after each step.
fn use_notebook(server: &Server, viewer: &Viewer, folder: &Folder) {
    wait_for_focus(viewer, &folder.path("typed"));
    exact(server, &[viewer], "the first picture");
    step(server, &[viewer], "typing a word", || {
        type_text(viewer, "hackstream")
    });
    step(server, &[viewer], "typing lines", || {
        type_text(viewer, " types\nand more; 123\n");
    });
    let typed = wait_until("what was typed", || {
        let text = std::fs::read_to_string(folder.path("typed")).ok()?;
        text.ends_with("123\n").then_some(text)
    });
    let typed = typed.trim_start_matches('\n');
    assert_eq!(typed, "hackstream types\nand more; 123\n");
    step(server, &[viewer], "turning the wheel up", || {
        wheel(viewer, -5)
    });
    step(server, &[viewer], "turning the wheel down", || {
        wheel(viewer, 2)
    });
    step(server, &[viewer], "paging up", || {
        press_with(viewer, key::LEFT_SHIFT, key::PAGE_UP);
    });
    step(server, &[viewer], "paging down", || {
        press_with(viewer, key::LEFT_SHIFT, key::PAGE_DOWN);
    });
    // Two clicks at one place select a word.
    step(server, &[viewer], "a double click", || {
        click(viewer, 30, 200);
        click(viewer, 30, 200);
    });
}

#[test]
fn a_session_of_our_own_is_shown_exactly() {
    let folder = Folder::new();
    let command = notebook(&folder);
    let server = Server::run_as(&Run::default(), folder, &command);
    let viewer = viewer::connect(&server);
    use_notebook(&server, &viewer, server.folder());
    viewer.close().unwrap();
}

#[test]
fn an_existing_display_is_shown_exactly() {
    let folder = Folder::new();
    let command = notebook(&folder);
    let display = Display::start(SIZE, folder, &command);
    let server = Server::attach(&display);
    let viewer = viewer::connect(&server);
    use_notebook(&server, &viewer, &display.folder);
    viewer.close().unwrap();
}

#[test]
fn the_picture_is_back_after_the_viewer_died() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let server = Server::run_as(&Run::default(), folder, &board.command());
    let first = viewer::connect(&server);
    step(&server, &[&first], "writing for the first viewer", || {
        board.fill(1, 20)
    });
    drop(first);
    board.fill(2, 20);
    let second = viewer::connect(&server);
    exact(&server, &[&second], "the viewer after a dropped one");
    drop(second);

    let mut process = viewer::start(&server, &[]);
    process.signal(Signal::KILL);
    assert_eq!(process.wait().code, None);
    change(&server, "writing for nobody", || board.fill(3, 20));
    assert_shown(&server, "the viewer after a killed one", || {
        viewer::screenshot(&server)
    });
}

#[test]
fn a_killed_server_leaves_nothing() {
    let mut server = Server::run(&terminal(&["cat"]));
    let viewer = viewer::connect(&server);
    exact(&server, &[&viewer], "a session that will be killed");
    let names: Vec<String> = server
        .folder()
        .processes()
        .into_iter()
        .map(|p| p.1)
        .collect();
    for name in ["Xvfb", "openbox", "xterm", "hackstream-session"] {
        assert!(
            names.iter().any(|n| n.contains(name)),
            "{name} in {names:?}"
        );
    }
    server.process.signal(Signal::KILL);
    assert_eq!(server.process.wait().code, None);
    wait_until_nothing_is_left(server.folder());
}

#[test]
fn an_idle_screen_costs_nothing() {
    // Clock ticks of 10 ms in ten seconds.
    const MOST_TICKS: u64 = 2;
    let server = Server::run(&terminal(&["cat"]));
    let viewer = viewer::connect(&server);
    let process = viewer::start(&server, &[]);
    exact(&server, &[&viewer], "a screen that will be idle");
    let usage = || {
        let ticks = [&server.process, &process].map(|p| p.processor_ticks());
        (viewer.frames_applied(), ticks)
    };
    // Until both have their first picture, and what was sent with loss is repaired.
    let (frames, before) = wait_until("two seconds without work", || {
        let before = usage();
        std::thread::sleep(Duration::from_secs(2));
        (usage() == before).then_some(before)
    });
    std::thread::sleep(Duration::from_secs(10));
    let (frames_after, after) = usage();
    assert_eq!(
        frames_after, frames,
        "frames of a screen that does not change"
    );
    let used = [after[0] - before[0], after[1] - before[1]];
    assert!(
        used.iter().all(|ticks| *ticks <= MOST_TICKS),
        "ticks of server and viewer: {used:?}"
    );
}
