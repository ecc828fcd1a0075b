//! The viewer on a Wayland compositor: its window, its picture, its keyboard. The compositor shows its
//! own output on an X display, which is where the test has eyes and hands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::{Picture, Screen};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::server::{SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

/// The key of the letter x.
const X: KeyCode = KeyCode(45);

/// Pixels that the compositor's pointer may cover.
const POINTER: usize = 32 * 32;

/// The name of the compositor's socket.
const SOCKET: &str = "wayland-test";

/// A compositor that gives all of the display to the first window.
fn compositor() -> Display {
    let width = format!("--width={}", SIZE.width);
    let height = format!("--height={}", SIZE.height);
    let command = [
        "weston",
        "--backend=x11-backend.so",
        "--shell=kiosk-shell.so",
        "--use-pixman",
        "--no-config",
        "--idle-time=0",
        &width,
        &height,
        "--socket",
        SOCKET,
    ];
    let display = Display::start_bare(SIZE, Folder::new(), &command.map(str::to_owned));
    let socket = display.folder.path("runtime").join(SOCKET);
    wait_until("the compositor", || socket.exists().then_some(()));
    display
}

fn viewer_on(display: &Display, server: &Server) -> Process {
    let command = viewer::window_command(server);
    let mut viewer = bound_command(&command[0]);
    display.folder.use_in(&mut viewer);
    // No DISPLAY: it could only be Wayland's.
    viewer.env("WAYLAND_DISPLAY", SOCKET).args(&command[1..]);
    Process::start(&mut viewer)
}

/// Whether the two differ in no more than a pointer.
fn look_alike(one: &Picture, other: &Picture) -> bool {
    let pixels = one.pixels.iter().zip(&other.pixels);
    one.size == other.size && pixels.filter(|(a, b)| a != b).count() <= POINTER
}

#[test]
fn a_window_on_wayland_shows_the_picture_and_takes_keys() {
    let server = Server::run(&terminal(&["cat"]));
    let display = compositor();
    let _viewer = viewer_on(&display, &server);
    let screen = display.screen();
    let empty = wait_until("the picture in the window", || {
        let picture = server.picture();
        look_alike(&screen.picture(), &picture).then_some(picture)
    });
    let mut person = display.injector();
    // Far more than a pointer can hide.
    wait_until("the letters in the window", || {
        for transition in [Transition::Press, Transition::Release] {
            person.inject(InputEvent::Key(X, transition)).unwrap();
        }
        let picture = server.picture();
        let is_typed = !look_alike(&picture, &empty);
        (is_typed && look_alike(&screen.picture(), &picture)).then_some(())
    });
}
