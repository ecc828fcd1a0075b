//! Whoever has no desktop that shows notifications, or one that comes and goes, sees them in the
//! viewer's window, and the viewer goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::os::unix::net::UnixListener;

use hackstream_e2e::compare::{Picture, Screen};
use hackstream_e2e::desktop::{Desktop, address_of};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::scripts::Scripts;
use hackstream_e2e::server::{SIZE, Server};
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

/// The left shift key, which no program takes for anything.
const SHIFT: KeyCode = KeyCode(42);

/// A viewer whose environment says that the person's bus is at `address`, or nothing.
fn window(server: &Server, address: Option<&str>) -> Display {
    let mut command = vec!["env".to_owned()];
    command.extend(address.map(|address| format!("DBUS_SESSION_BUS_ADDRESS={address}")));
    command.extend(viewer::window_command(server));
    let display = Display::start(SIZE, Folder::new(), &command);
    let screen = display.screen();
    wait_until("the picture in the window", || {
        let is_there = viewer::joined(server) == 1 && screen.picture() == server.picture();
        is_there.then_some(())
    });
    display
}

/// What the viewer says where there is no desktop.
const COMPLAINT: &str = "notifications are shown in the window, because the desktop";

fn wait_for_complaint(display: &mut Display) {
    let log = &display.program().stderr;
    log.wait_for("the complaint", |line| {
        line.contains(COMPLAINT).then_some(())
    });
}

fn complaints(display: &mut Display) -> usize {
    let log = display.program().stderr.all();
    log.iter().filter(|line| line.contains(COMPLAINT)).count()
}

/// Waits until the window shows something else than the picture, and than before.
fn wait_for_notice(server: &Server, screen: &impl Screen, before: Option<&Picture>) -> Picture {
    wait_until("a notice in the window", || {
        let picture = screen.picture();
        let is_new = picture != server.picture() && before != Some(&picture);
        is_new.then_some(picture)
    })
}

/// Presses a key until there is no notice any more.
fn dismiss(server: &Server, display: &Display, screen: &impl Screen) {
    let mut person = display.injector();
    wait_until("the picture without notices", || {
        for transition in [Transition::Press, Transition::Release] {
            person.inject(InputEvent::Key(SHIFT, transition)).unwrap();
        }
        (screen.picture() == server.picture()).then_some(())
    });
}

/// None is named, none is there, a name makes no sense, or one is there that says nothing.
#[test]
fn without_a_bus_notifications_are_in_the_window_and_that_is_said_once() {
    let folder = Folder::new();
    let silent = folder.path("silent");
    let _listener = UnixListener::bind(&silent).unwrap();
    let (nowhere, silent) = (address_of(&folder.path("nowhere")), address_of(&silent));
    for address in [None, Some(&*nowhere), Some("nonsense"), Some(&*silent)] {
        let session = Scripts::session(&[]);
        let server = &session.server;
        let mut display = window(server, address);
        let screen = display.screen();
        session.run("notify-send -a mail 'From Ada'");
        wait_for_complaint(&mut display);
        let first = wait_for_notice(server, &screen, None);
        session.run("notify-send -a mail 'From Bob'");
        wait_for_notice(server, &screen, Some(&first));
        dismiss(server, &display, &screen);
        assert_eq!(complaints(&mut display), 1, "{address:?}");
        assert!(display.program().is_running(), "{address:?}");
    }
}

#[test]
fn a_desktop_that_comes_back_shows_notifications_again() {
    let session = Scripts::session(&[]);
    let server = &session.server;
    let folder = Folder::new();
    let socket = folder.path("bus");
    let desktop = Desktop::at(&socket);
    let mut display = window(server, Some(&address_of(&socket)));
    let screen = display.screen();
    // One is open when the bus ends, so that the viewer is on it.
    session.run("notify-send -a mail 'From Ada'");
    let _ = desktop.wait_for("From Ada");
    drop(desktop);
    session.run("notify-send -a mail 'From Bob'");
    wait_for_complaint(&mut display);
    wait_for_notice(server, &screen, None);

    let desktop = Desktop::at(&socket);
    session.run("notify-send -a mail 'From Cleo'");
    let _ = desktop.wait_for("From Cleo");
    drop(desktop);
    dismiss(server, &display, &screen);
    session.run("notify-send -a mail 'From Dan'");
    wait_for_notice(server, &screen, None);
    dismiss(server, &display, &screen);
    assert_eq!(complaints(&mut display), 1);
    assert!(display.program().is_running());
}
