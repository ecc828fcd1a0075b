//! What the viewer writes over the picture in its window.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::{Picture, Screen, assert_same, change};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyboard::key::LEFT_SHIFT;
use hackstream_e2e::relay::{Relay, Way};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::Board;
use hackstream_e2e::windows::Windows;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::input::{InputEvent, Transition};

/// The edge of the viewer's own boxes.
const EDGE: u32 = 0x00d0_a030;

fn session() -> (Server, Board) {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let server = Server::run_as(&Run::default(), folder, &board.command());
    change(&server, "the first lines", || board.fill(1, 30));
    (server, board)
}

fn window(words: &[String]) -> (Display, impl Screen + use<>) {
    let display = Display::start(SIZE, Folder::new(), words);
    let screen = display.screen();
    (display, screen)
}

fn wait_for_the_same(server: &Server, screen: &impl Screen) {
    wait_until("the picture in the window", || {
        (screen.picture() == server.picture()).then_some(())
    });
}

/// Half as bright, as the window shows what may be out of date.
fn dimmed(pixel: u32) -> u32 {
    (pixel >> 1) & 0x007f_7f7f
}

/// The box around all pixels of the edge's colour: left, top, right, bottom, each inside.
fn edge(picture: &Picture) -> Option<[u32; 4]> {
    let width = picture.size.width;
    let places = picture.pixels.iter().enumerate();
    let edges = places.filter(|&(_, &pixel)| pixel == EDGE);
    edges
        .map(|(at, _)| (at as u32 % width, at as u32 / width))
        .fold(None, |known: Option<[u32; 4]>, (x, y)| {
            let [left, top, right, bottom] = known.unwrap_or([x, y, x, y]);
            Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
        })
}

/// Whether all pixels outside of the box are those of `expected`, changed by `change`.
fn is_same_around(
    seen: &Picture,
    [left, top, right, bottom]: [u32; 4],
    expected: &Picture,
    change: impl Fn(u32) -> u32,
) -> bool {
    let width = seen.size.width;
    let pairs = seen.pixels.iter().zip(&expected.pixels).enumerate();
    pairs.into_iter().all(|(at, (&seen, &expected))| {
        let (x, y) = (at as u32 % width, at as u32 / width);
        let inside = (left..=right).contains(&x) && (top..=bottom).contains(&y);
        inside || seen == change(expected)
    })
}

#[test]
fn an_interruption_is_told_over_the_dimmed_picture() {
    let (server, _board) = session();
    let relay = Relay::to(&server);
    let mut words = viewer::window_command(&server);
    viewer::redirect(&mut words, &server, relay.address());
    let (_display, screen) = window(&words);
    wait_for_the_same(&server, &screen);

    relay.cut(&[Way::Up, Way::Down]);
    let old = server.picture();
    // Whole: it may be seen while it is drawn.
    let (seen, place) = wait_until("a notice over the dimmed picture", || {
        let seen = screen.picture();
        let place = edge(&seen)?;
        is_same_around(&seen, place, &old, dimmed).then_some((seen, place))
    });
    assert!(place[0] > 0 && place[3] < SIZE.height - 1, "{place:?}");
    let margins = (place[0], SIZE.width - 1 - place[2]);
    assert!(
        margins.0.abs_diff(margins.1) <= 1,
        "in the middle: {place:?}"
    );
    wait_until("the seconds in the notice", || {
        (screen.picture() != seen).then_some(())
    });

    relay.mend();
    wait_for_the_same(&server, &screen);
}

#[test]
fn a_new_session_is_told_until_the_person_does_something() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let server = Server::run_as(&Run::default(), folder, &board.command());
    let (display, screen) = window(&viewer::window_command(&server));
    wait_for_the_same(&server, &screen);

    let server = server.killed_and_run_again(&board.command());
    change(&server, "writing in the new session", || {
        board.fill(3000, 40)
    });
    wait_until("a notice over a picture that is not dimmed", || {
        let (seen, expected) = (screen.picture(), server.picture());
        let place = edge(&seen)?;
        is_same_around(&seen, place, &expected, |pixel| pixel).then_some(())
    });
    Windows::of(display.name()).wait_for_focus();
    let mut person = display.injector();
    for transition in [Transition::Press, Transition::Release] {
        person
            .inject(InputEvent::Key(LEFT_SHIFT, transition))
            .unwrap();
    }
    wait_for_the_same(&server, &screen);
}

#[test]
fn measurements_are_drawn_over_the_picture_and_not_into_it() {
    let (server, board) = session();
    let mut words = viewer::window_command(&server);
    words.push("--stats".to_owned());
    let (_display, screen) = window(&words);
    let place = wait_until("a panel over the picture", || edge(&screen.picture()));
    assert_eq!(place[..2], [0, 0]);
    let before = screen.picture();
    change(&server, "writing beneath the panel", || {
        board.fill(2000, 40)
    });
    wait_until("the new picture around the panel", || {
        let (seen, expected) = (screen.picture(), server.picture());
        let place = edge(&seen)?;
        (seen != before && is_same_around(&seen, place, &expected, |pixel| pixel)).then_some(())
    });
}

#[test]
fn a_screenshot_does_not_have_the_panel() {
    let (server, _board) = session();
    let file = viewer::screenshot_file(&server, "with-panel");
    let mut words = viewer::window_command(&server);
    let screenshot = [
        "--stats",
        "--screenshot",
        file.to_str().unwrap(),
        "--after",
        "3000",
    ];
    words.extend(screenshot.map(str::to_owned));
    let (_display, screen) = window(&words);
    wait_until("the panel", || edge(&screen.picture()));
    wait_until("the screenshot", || {
        let length = std::fs::metadata(&file).map_or(0, |file| file.len());
        (length > 0).then_some(())
    });
    wait_until("the end of the viewer", || {
        edge(&screen.picture()).is_none().then_some(())
    });
    assert_same("a screenshot", &server.picture(), &Picture::read_png(&file));
}
