//! A viewer that cannot show the whole screen gets a smaller picture of it, and acts on the screen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::{Duration, Instant};

use hackstream_capture::{Capture, PixelAccess};
use hackstream_e2e::compare::{Picture, Screen, assert_same, rest};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::pointer::Witness;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::Board;
use hackstream_e2e::{viewer, wait_until};
use hackstream_encoder::Fitted;
use hackstream_protocol::fit::Room;
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::wire::control::{Scale, ViewerWindow};
use hackstream_protocol::wire::input::InputEvent;
use hackstream_view::config::Scaling;
use hackstream_view::headless::Viewer;

/// How long a change may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

const LOOK: Duration = Duration::from_millis(20);

/// Less than [`SIZE`], in other proportions, and no part of it.
const SMALL: Size = Size::new(500, 400);

struct Shown(Picture);

impl PixelSource for Shown {
    fn size(&self) -> Size {
        self.0.size
    }

    fn fetch(&mut self, _: &Region) -> Result<(), SourceError> {
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let at = start.y as usize * self.0.size.width as usize + start.x as usize;
        row.copy_from_slice(&self.0.pixels[at..at + row.len()]);
    }
}

/// What a viewer with room for [`SMALL`] should see of a screen.
fn seen_small(screen: Picture) -> Picture {
    let mut fitted = Fitted::new(Box::new(Shown(screen)));
    fitted.set_room(Room::AtMost(SMALL));
    let picture = fitted.picture();
    let size = picture.size();
    picture.fetch(&Rect::of_size(size).into()).unwrap();
    let mut pixels = vec![0; size.area() as usize];
    for (row, y) in pixels.chunks_mut(size.width as usize).zip(0..) {
        picture.read_row(Point::new(0, y), row);
    }
    Picture { size, pixels }
}

/// Waits until the viewer shows the whole screen scaled.
fn is_seen_small(screen: &impl Screen, viewer: &Viewer, what: &str) {
    rest(screen, what);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (expected, seen) = (seen_small(screen.picture()), viewer.picture());
        if expected == seen || Instant::now() > deadline {
            return assert_same(what, &expected, &seen);
        }
        std::thread::sleep(LOOK);
    }
}

/// Does something that changes the screen; then waits until the viewer shows all of it scaled.
fn step(screen: &impl Screen, viewer: &Viewer, what: &str, action: impl FnOnce()) {
    let before = screen.picture();
    action();
    wait_until(what, || (screen.picture() != before).then_some(()));
    is_seen_small(screen, viewer, what);
}

fn fixed(folder: Folder, command: &[String]) -> Server {
    let run = Run {
        options: &["--disable", "resize"],
        ..Run::default()
    };
    Server::run_as(&run, folder, command)
}

fn small_viewer(server: &Server) -> Viewer {
    let mut options = viewer::options(server);
    options.scaling = Scaling::AtMost(SMALL);
    viewer::connect_with(server, options)
}

#[test]
fn a_small_viewer_sees_all_of_a_large_screen() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let server = fixed(folder, &board.command());
    let (small, whole) = (small_viewer(&server), viewer::connect(&server));
    is_seen_small(&server, &small, "the small viewer came");
    assert_eq!(small.canvas_snapshot().0, Size::new(500, 375));
    step(&server, &small, "the terminal is full", || {
        board.fill(7, 60);
    });
    step(&server, &small, "the terminal has scrolled", || {
        for line in 0..12 {
            board.write(&format!("line {line}\n"));
        }
    });
    hackstream_e2e::compare::exact(&server, &[&whole], "another viewer sees the whole screen");
}

#[test]
fn a_small_viewer_follows_a_screen_that_changes_its_size() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let run = Run {
        options: &["--max-size", "1600x1200"],
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &board.command());
    let (small, other) = (small_viewer(&server), viewer::connect(&server));
    let size_of = |viewer: &Viewer, size| {
        let seen = viewer.wait_for(
            |picture| picture.size() == size && picture.is_complete(),
            PATIENCE,
        );
        assert!(seen, "{:?} is not {size}", viewer.canvas_snapshot().0);
    };
    for (screen, seen) in [
        (Size::new(1200, 300), Size::new(500, 125)),
        (Size::new(400, 300), Size::new(400, 300)),
        (Size::new(1000, 800), Size::new(500, 400)),
    ] {
        other.resize(ViewerWindow {
            size: screen,
            scale: Scale::ONE,
        });
        size_of(&other, screen);
        size_of(&small, seen);
        is_seen_small(&other, &small, "the screen has another size");
    }
}

/// A window with half the edges of the screen, which keeps its size.
#[test]
fn what_is_pointed_at_in_a_small_window_is_what_is_seen_there() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let session = Display::start(SIZE, folder, &board.command());
    let server = Server::attach_with(&session, &["--disable", "resize"]);
    let half = Size::new(SIZE.width / 2, SIZE.height / 2);
    let mut window = viewer::window_command(&server);
    window.push("--fullscreen".to_owned());
    let display = Display::start(half, Folder::new(), &window);
    let screen = display.screen();
    board.fill(3, 30);
    let shows = |what: &str| {
        rest(&server, what);
        wait_until(what, || {
            let mut fitted = Fitted::new(Box::new(Shown(server.picture())));
            fitted.set_room(Room::AtMost(half));
            let picture = fitted.picture();
            picture.fetch(&Rect::of_size(half).into()).ok()?;
            let shown = screen.picture();
            let rows = shown.pixels.chunks(half.width as usize).zip(0..);
            let mut same = rows.map(|(row, y)| picture.shows_row(Point::new(0, y), row));
            (picture.size() == half && same.all(|same| same)).then_some(())
        });
    };
    shows("the window shows the whole screen");
    let (mut hand, pointer) = (display.injector(), Witness::of(session.name()));
    for (x, y) in [
        (0, 0),
        (100, 40),
        (half.width as i32 - 1, half.height as i32 - 1),
    ] {
        let expected = Point::new(2 * x + 1, 2 * y + 1);
        wait_until("the pointer to be where it is seen", || {
            hand.inject(InputEvent::PointerMotion(Point::new(x, y)))
                .unwrap();
            (pointer.place() == expected).then_some(())
        });
    }
    // The margins beside a picture in other proportions belong to its edge.
    let shown = Capture::open(display.name(), PixelAccess::SharedMemory).unwrap();
    shown.resize(Size::new(300, 200), Scale::ONE).unwrap();
    wait_until("the pointer to be found in a smaller window", || {
        let at = Point::new(299, 199);
        hand.inject(InputEvent::PointerMotion(at)).unwrap();
        let place = pointer.place();
        (place.x >= SIZE.width as i32 - 3 && place.y >= SIZE.height as i32 - 3).then_some(())
    });
}
