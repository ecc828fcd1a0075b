//! The viewer's window on a display of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::{Picture, Screen};
use hackstream_e2e::display::{Display, Way};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::windows::Windows;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::geometry::Point;
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

/// The key of the letter x.
const X: KeyCode = KeyCode(45);

/// Another letter: b.
const B: KeyCode = KeyCode(48);

/// How a terminal in mouse mode 1000 begins to tell of a button that went down. Of a wheel it tells
/// nothing else.
const DOWN: &[u8] = b"\x1b[M";

/// The wheel is one without axes for scrolling, as remote control has it.
#[test]
fn a_notch_of_the_wheel_arrives_once() {
    let folder = Folder::new();
    let told = folder.path("told");
    let script = format!(
        "stty raw -echo; printf '\\033[?1000h\\033[c'; cat >{}",
        told.display()
    );
    let server = Server::run_as(&Run::default(), folder, &terminal(&["sh", "-c", &script]));
    let display = Display::start(SIZE, Folder::new(), &viewer::window_command(&server));
    let screen = display.screen();
    // It answers what it is, and by then has taken notice of what comes before the question.
    wait_until("the terminal's answer", || {
        std::fs::metadata(&told)
            .is_ok_and(|told| told.len() > 0)
            .then_some(())
    });
    wait_until("the picture in the window", || {
        (screen.picture() == server.picture()).then_some(())
    });

    let mut person = display.injector();
    wait_until("both windows to have the focus", || {
        for transition in [Transition::Press, Transition::Release] {
            person.inject(InputEvent::Key(B, transition)).unwrap();
        }
        std::fs::read(&told).unwrap().contains(&b'b').then_some(())
    });
    let wheel = InputEvent::Wheel { right: 0, down: 3 };
    let press = InputEvent::Key(X, Transition::Press);
    let release = InputEvent::Key(X, Transition::Release);
    let motion = InputEvent::PointerMotion(Point::new(200, 200));
    for event in [motion, wheel, press, release] {
        person.inject(event).unwrap();
    }
    let told = wait_until("the key after the wheel", || {
        let told = std::fs::read(&told).unwrap();
        told.ends_with(b"x").then_some(told)
    });
    let notches = told.windows(DOWN.len()).filter(|w| *w == DOWN).count();
    assert_eq!(notches, 3, "{told:?}");
}

/// The highest bits of each colour.
fn in_16_bits(picture: &Picture) -> Vec<u16> {
    let pixels = picture.pixels.iter();
    let packed = pixels.map(|pixel| {
        let [_, red, green, blue] = pixel.to_be_bytes().map(u16::from);
        (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3
    });
    packed.collect()
}

#[test]
fn a_display_of_16_bits_shows_the_picture_and_what_changes_in_it() {
    let folder = Folder::new();
    let go = folder.path("go");
    let script = format!(
        "printf '\\033[44mone\\033[0m'; until [ -e {} ]; do sleep 0.1; done; echo two; exec cat",
        go.display()
    );
    let server = Server::run_as(&Run::default(), folder, &terminal(&["sh", "-c", &script]));
    let command = viewer::window_command(&server);
    let display = Display::start_shallow(SIZE, Folder::new(), &command);
    let windows = Windows::of(display.name());
    let shown = |what: &str, other: Option<&Picture>| {
        wait_until(what, || {
            let picture = server.picture();
            let is_shown = windows.packed(SIZE) == in_16_bits(&picture);
            (is_shown && Some(&picture) != other).then_some(picture)
        })
    };
    let first = shown("the picture in the window", None);
    std::fs::write(&go, "").unwrap();
    shown("the other picture", Some(&first));
}

/// The picture goes through the connection where memory cannot be shared.
#[test]
fn a_display_on_another_machine_shows_the_picture() {
    let server = Server::run_as(&Run::default(), Folder::new(), &terminal(&["cat"]));
    let command = viewer::window_command(&server);
    let display = Display::start_by(Way::Tcp, SIZE, Folder::new(), &command);
    let screen = display.screen();
    let first = wait_until("the picture in the window", || {
        let picture = server.picture();
        (screen.picture() == picture).then_some(picture)
    });
    let mut person = display.injector();
    let motion = InputEvent::PointerMotion(Point::new(200, 200));
    let press = InputEvent::Key(X, Transition::Press);
    let release = InputEvent::Key(X, Transition::Release);
    wait_until("the letter in the window", || {
        let picture = server.picture();
        if picture == first {
            // Again until both windows have the focus.
            for event in [motion, press, release] {
                person.inject(event).unwrap();
            }
        }
        (picture != first && screen.picture() == picture).then_some(())
    });
}
