//! The session's screen follows the viewer's window.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_capture::{Capture, PixelAccess};
use hackstream_e2e::compare::{Picture, Screen};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::{Scale, ViewerWindow};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use hackstream_view::headless::Viewer;

/// How long a change may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn server() -> Server {
    let run = Run {
        options: &["--max-size", "2560x1600"],
        ..Run::default()
    };
    Server::run_as(&run, Folder::new(), &terminal(&["cat"]))
}

const fn window(width: u32, height: u32) -> ViewerWindow {
    ViewerWindow {
        size: Size::new(width, height),
        scale: Scale::ONE,
    }
}

fn becomes(viewer: &Viewer, size: Size) -> bool {
    viewer.wait_for(
        |picture| picture.size() == size && picture.is_complete(),
        PATIENCE,
    )
}

/// The window manager of the viewer's display gives its window all of it.
#[test]
fn the_screen_follows_the_window() {
    let server = server();
    let first = Size::new(1000, 700);
    let display = Display::start(first, Folder::new(), &viewer::window_command(&server));
    let other = viewer::connect(&server);
    assert!(becomes(&other, first));
    let same = |size: Size| {
        let screen = display.screen();
        wait_until("the picture in the window", || {
            let (known, pixels) = other.canvas_snapshot();
            let picture = Picture {
                size: known,
                pixels,
            };
            (known == size && screen.picture() == picture).then_some(())
        });
    };
    same(first);
    // Its screen cannot become larger than it was at first.
    let second = Size::new(640, 480);
    let shown = Capture::open(display.name(), PixelAccess::SharedMemory).unwrap();
    shown.resize(second, Scale::ONE).unwrap();
    assert!(becomes(&other, second));
    same(second);
}

#[test]
fn of_many_sizes_the_last_one_counts() {
    let server = server();
    let viewer = viewer::connect(&server);
    assert!(becomes(&viewer, SIZE));
    for step in 0..200 {
        viewer.resize(window(700 + step, 500 + step));
    }
    viewer.resize(window(1111, 777));
    assert!(becomes(&viewer, Size::new(1111, 777)));
    // At most one of the others was carried out, before the last was known.
    assert!(viewer.frames_applied() < 40, "{}", viewer.frames_applied());
}

#[test]
fn sizes_beyond_what_the_session_allows_are_brought_within() {
    let server = server();
    let viewer = viewer::connect(&server);
    viewer.resize(window(8000, 1000));
    assert!(becomes(&viewer, Size::new(2560, 1000)));
    viewer.resize(window(1, 1));
    assert!(becomes(&viewer, Size::new(64, 64)));
}

#[test]
fn of_several_viewers_the_last_one_counts() {
    let server = server();
    let viewer = viewer::connect(&server);
    viewer.resize(window(900, 650));
    assert!(becomes(&viewer, Size::new(900, 650)));
    let other = viewer::connect(&server);
    other.resize(window(600, 400));
    assert!(becomes(&viewer, Size::new(600, 400)));
    assert!(becomes(&other, Size::new(600, 400)));
}

#[test]
fn a_screen_that_may_not_be_resized_keeps_its_size() {
    let run = Run {
        options: &["--disable", "resize"],
        ..Run::default()
    };
    let server = Server::run_as(&run, Folder::new(), &terminal(&["cat"]));
    let viewer = viewer::connect(&server);
    viewer.resize(window(700, 500));
    // The viewer asks once its window rests; a screen that followed would have done so by then.
    let before = server.picture();
    // Again until the terminal has the focus.
    wait_until("the letter", || {
        viewer.send(InputEvent::Key(KeyCode(45), Transition::Press));
        viewer.send(InputEvent::Key(KeyCode(45), Transition::Release));
        (server.picture() != before).then_some(())
    });
    std::thread::sleep(Duration::from_millis(500));
    assert!(becomes(&viewer, SIZE));
}
