//! A current browser, used as a person uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::PATIENCE;
use hackstream_e2e::compare::{exact, step};
use hackstream_e2e::firefox::{SIZE, Sign, command, place};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyboard::{click, key, point, press, press_with, type_text, wheel};
use hackstream_e2e::microphone::ENABLED;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::viewer;
use hackstream_view::headless::Viewer;

#[test]
fn firefox_is_shown_exactly() {
    let folder = Folder::new();
    let command = command(&folder, "first.html");
    let run = Run {
        size: SIZE,
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &command);
    let viewer = viewer::connect(&server);
    Sign::FirstPage.wait(&server);
    Sign::Calm(true).wait(&server);
    exact(&server, &[&viewer], "the first page");
    type_into_the_field(&server, &viewer);
    scroll(&server, &viewer);
    animate(&server, &viewer);
    navigate(&server, &viewer);
    viewer.close().unwrap();
}

#[test]
fn firefox_gives_pages_the_microphone_of_the_session() {
    for (options, found) in [(ENABLED, true), (&[], false)] {
        let folder = Folder::new();
        let command = command(&folder, "microphone.html");
        let run = Run {
            size: SIZE,
            options,
            ..Run::default()
        };
        let server = Server::run_as(&run, folder, &command);
        Sign::Microphone(found).wait(&server);
    }
}

fn type_into_the_field(server: &Server, viewer: &Viewer) {
    step(server, &[viewer], "clicking into the field", || {
        let (x, y) = place::FIELD;
        click(viewer, x, y);
    });
    step(server, &[viewer], "typing into the field", || {
        type_text(viewer, "stream 42 pages");
        Sign::Typed(true).wait(server);
    });
    step(server, &[viewer], "typing one more letter", || {
        type_text(viewer, "x");
        Sign::Typed(false).wait(server);
    });
}

fn scroll(server: &Server, viewer: &Viewer) {
    // Keys go to the page, not to the field.
    let (x, y) = place::TEXT;
    step(server, &[viewer], "clicking on text", || {
        click(viewer, x, y)
    });
    step(server, &[viewer], "turning the wheel down", || {
        point(viewer, x, y);
        wheel(viewer, 5);
        Sign::Scrolled(true).wait(server);
    });
    step(server, &[viewer], "one notch at a time", || {
        for _ in 0..6 {
            wheel(viewer, 1);
        }
    });
    step(server, &[viewer], "paging down", || {
        press(viewer, key::PAGE_DOWN)
    });
    step(server, &[viewer], "going to the end", || {
        press(viewer, key::END)
    });
    step(server, &[viewer], "going to the top", || {
        press(viewer, key::HOME);
        Sign::Scrolled(false).wait(server);
    });
}

fn animate(server: &Server, viewer: &Viewer) {
    let (x, y) = place::TOGGLE;
    click(viewer, x, y);
    Sign::Running(true).wait(server);
    Sign::Running(true).wait(viewer);
    let frames = viewer.frames_applied();
    let moving = viewer.wait_for(|picture| picture.frames_applied() >= frames + 120, PATIENCE);
    assert!(moving, "the animation does not reach the viewer");
    click(viewer, x, y);
    Sign::Running(false).wait(server);
    exact(server, &[viewer], "the end of the animation");
}

fn navigate(server: &Server, viewer: &Viewer) {
    step(server, &[viewer], "following a link", || {
        let (x, y) = place::LINK;
        click(viewer, x, y);
        Sign::SecondPage.wait(server);
    });
    step(server, &[viewer], "going back", || {
        press_with(viewer, key::LEFT_ALT, key::LEFT);
        Sign::FirstPage.wait(server);
    });
}
