//! The bell of the session is noticed at the viewer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hackstream_capture::{Capture, DisplayEvent, PixelAccess};
use hackstream_e2e::compare::exact;
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::windows::Windows;
use hackstream_e2e::{PATIENCE, viewer, wait_until};

/// A session whose program rings at each line that is typed.
fn session(options: &[&str]) -> Server {
    let run = Run {
        options,
        ..Run::default()
    };
    let ringing = "while read line; do printf '\\a'; done";
    Server::run_as(&run, Folder::new(), &terminal(&["sh", "-c", ringing]))
}

#[test]
fn a_bell_in_the_session_rings_at_the_viewer() {
    let server = session(&[]);
    let display = Display::start(SIZE, Folder::new(), &viewer::window_command(&server));
    let capture = Capture::open(display.name(), PixelAccess::SharedMemory).unwrap();
    let heard = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&heard);
    let _watcher = capture
        .watch(move |event| {
            if matches!(event, DisplayEvent::Bell) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        })
        .unwrap();
    let hands = viewer::connect(&server);
    wait_until("the bell at both viewers", || {
        type_text(&hands, "\n");
        (hands.bells() > 0 && heard.load(Ordering::Relaxed) > 0).then_some(())
    });
}

#[test]
fn a_bell_that_is_disabled_is_not_heard() {
    let server = session(&["--disable", "bell"]);
    let viewer = viewer::connect(&server);
    Windows::of_session(&server).wait_for_focus();
    exact(&server, &[&viewer], "the terminal");
    // The bell of a line would have come before what is shown of the third one after it.
    for _ in 0..4 {
        let frames = viewer.frames_applied();
        type_text(&viewer, "\n");
        assert!(viewer.wait_for(|picture| picture.frames_applied() > frames, PATIENCE));
    }
    assert_eq!(viewer.bells(), 0);
}
