//! The viewer of a small machine, in an emulator, on a session of this one. Run by
//! `cargo xtask cross test armv6|armhf|arm64`, which builds that viewer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use hackstream_e2e::compare::{Picture, Screen, assert_same, exact, step};
use hackstream_e2e::firefox::{SIZE, Sign, command, place};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyboard::{click, key, press, type_text, wheel};
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::viewer;
use hackstream_e2e::{PATIENCE, wait_until};
use hackstream_view::headless::Viewer;

/// The words that start the viewer, one in each line.
const VIEWER: &str = "HACKSTREAM_DEVICE_VIEWER";

/// How long the emulated viewer watches before it writes what it shows. Where the session was not
/// done with its steps by then, the next length is tried.
const WATCHES: [Duration; 3] = [
    Duration::from_secs(20),
    Duration::from_secs(60),
    Duration::from_secs(180),
];

/// Longer than a scroll bar of Firefox stays.
const FADED: Duration = Duration::from_secs(4);

#[test]
#[ignore = "needs a viewer for another machine: cargo xtask cross test armhf"]
fn the_first_picture_of_a_browser_is_exact() {
    let server = browser();
    let file = viewer::screenshot_file(&server, "first");
    let mut device = start(&server, &file, &[]);
    let ended = wait_long(&mut device);
    assert_eq!(ended, Some(0), "{:?}", device.stderr);
    let seen = Picture::read_png(&file);
    assert_same("the first picture", &server.picture(), &seen);
}

#[test]
#[ignore = "needs a viewer for another machine: cargo xtask cross test armhf"]
fn a_browser_that_was_used_is_shown_exactly() {
    for watch in WATCHES {
        if used_while_watched(watch) {
            return;
        }
    }
    panic!("the session was not used within {WATCHES:?}");
}

/// False if the viewer wrote its picture before the session had been used.
fn used_while_watched(watch: Duration) -> bool {
    let server = browser();
    let driver = viewer::connect(&server);
    let file = viewer::screenshot_file(&server, "used");
    let milliseconds = watch.as_millis().to_string();
    let before = viewer::joined(&server);
    let mut device = start(&server, &file, &["--after", &milliseconds]);
    wait_until("the device to join", || {
        (viewer::joined(&server) > before).then_some(())
    });
    use_browser(&server, &driver);
    let expected = still(&server);
    if !device.is_running() {
        return false;
    }
    let ended = wait_long(&mut device);
    assert_eq!(ended, Some(0), "{:?}", device.stderr);
    if server.picture() != expected {
        return false;
    }
    let seen = Picture::read_png(&file);
    assert_same("after use", &expected, &seen);
    true
}

/// What is shown once nothing has changed for a while. Firefox's scroll bars fade after their use.
fn still(server: &Server) -> Picture {
    let mut last = (server.picture(), Instant::now());
    wait_until("the scroll bar to fade", || {
        let now = server.picture();
        if now != last.0 {
            last = (now, Instant::now());
        }
        (last.1.elapsed() >= FADED).then_some(())
    });
    last.0
}

/// Letters, a click, scrolling by lines and pages, and an animation, which becomes video.
fn use_browser(server: &Server, driver: &Viewer) {
    step(server, &[driver], "clicking into the field", || {
        let (x, y) = place::FIELD;
        click(driver, x, y);
    });
    step(server, &[driver], "typing into the field", || {
        type_text(driver, "stream 42 pages");
        Sign::Typed(true).wait(server);
    });
    let (x, y) = place::TOGGLE;
    click(driver, x, y);
    Sign::Running(true).wait(server);
    let frames = driver.frames_applied();
    let moving = driver.wait_for(|picture| picture.frames_applied() >= frames + 120, PATIENCE);
    assert!(moving, "the animation does not reach the viewer");
    click(driver, x, y);
    Sign::Running(false).wait(server);
    exact(server, &[driver], "the end of the animation");
    step(server, &[driver], "turning the wheel down", || {
        let (x, y) = place::TEXT;
        click(driver, x, y);
        wheel(driver, 5);
        Sign::Scrolled(true).wait(server);
    });
    step(server, &[driver], "going to the end", || {
        press(driver, key::END)
    });
}

fn browser() -> Server {
    let folder = Folder::new();
    let command = command(&folder, "first.html");
    let run = Run {
        size: SIZE,
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &command);
    Sign::FirstPage.wait(&server);
    server
}

/// Starts the viewer of the small machine as a person there would.
fn start(server: &Server, file: &Path, arguments: &[&str]) -> Process {
    let words = std::env::var(VIEWER)
        .unwrap_or_else(|_| panic!("{VIEWER} is not set: use `cargo xtask cross test`"));
    let mut words = words.lines();
    let mut command = bound_command(words.next().expect("a program"));
    server.folder().use_in(&mut command);
    command
        .args(words)
        .env(
            "HACKSTREAM_TOKEN",
            String::from_utf8_lossy(&server.token).as_ref(),
        )
        .args([&server.ready.listen, "--headless", "--quality", "low"])
        .args(["--fingerprint", &server.ready.fingerprint.to_string()])
        .arg("--screenshot")
        .arg(file)
        .args(arguments);
    Process::start(&mut command)
}

/// The exit code of a viewer that watches for long.
fn wait_long(device: &mut Process) -> Option<i32> {
    let longest = WATCHES[WATCHES.len() - 1];
    let deadline = Instant::now() + longest + PATIENCE;
    while device.is_running() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    device.wait().code
}
