//! The viewer as a program among others: its title, its icon, its menu, its last word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::Ipv4Addr;
use std::path::PathBuf;

use hackstream_capture::Injector;
use hackstream_e2e::compare::{Picture, Screen, assert_same, rest};
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::pointer::Witness;
use hackstream_e2e::relay::{Relay, Way};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::windows::{NamedWindow, Told, Windows};
use hackstream_e2e::{PATIENCE, program, viewer, wait_until};
use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::wire::control::{Quality, ServerMessage, ViewerMessage, Welcome};
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use hackstream_transport::{ControlReader, ControlWriter, Identity, Listener};
use rustix::process::Signal;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// The edge of the viewer's own boxes.
const EDGE: u32 = 0x00d0_a030;

/// Keys by position.
mod key {
    use hackstream_protocol::wire::input::KeyCode;

    pub(crate) const ESCAPE: KeyCode = KeyCode(1);
    pub(crate) const B: KeyCode = KeyCode(48);
    pub(crate) const D: KeyCode = KeyCode(32);
    pub(crate) const F: KeyCode = KeyCode(33);
    pub(crate) const S: KeyCode = KeyCode(31);
    pub(crate) const X: KeyCode = KeyCode(45);
    pub(crate) const Z: KeyCode = KeyCode(44);
    pub(crate) const SHIFT: KeyCode = KeyCode(42);
    pub(crate) const F8: KeyCode = KeyCode(66);
    pub(crate) const DOWN: KeyCode = KeyCode(108);
}

/// As X numbers them.
const fn x(key: KeyCode) -> u8 {
    key.0 as u8 + 8
}

/// A program in a session, and a person before a viewer of it.
struct Scene {
    program: NamedWindow,
    session: Display,
    server: Server,
    viewer: Display,
    person: Injector,
}

impl Scene {
    fn new() -> Self {
        Self::with(&[])
    }

    /// The viewer has these options.
    fn with(options: &[&str]) -> Self {
        let session = Display::start(SIZE, Folder::new(), &["sleep", "1000"].map(str::to_owned));
        let server = Server::attach(&session);
        let program = NamedWindow::on(session.name(), SIZE, "Editor");
        let mut words = viewer::window_command(&server);
        words.extend(options.iter().map(|&word| word.to_owned()));
        let viewer = Display::start(SIZE, Folder::new(), &words);
        let mut person = viewer.injector();
        person
            .inject(InputEvent::PointerMotion(Point::new(400, 340)))
            .unwrap();
        let scene = Self {
            program,
            session,
            server,
            viewer,
            person,
        };
        scene.wait_for_the_picture();
        Windows::of(scene.session.name()).wait_for_focus();
        Windows::of(scene.viewer.name()).wait_for_focus();
        scene
    }

    fn wait_for_the_picture(&self) {
        let (session, viewer) = (self.session.screen(), self.viewer.screen());
        wait_until("the picture in the window", || {
            let (expected, seen) = (session.picture(), viewer.picture());
            (seen == expected && expected.pixels.contains(&0x0030_5070)).then_some(())
        });
    }

    fn wait_for_the_menu(&self) -> Picture {
        let screen = self.viewer.screen();
        let open = wait_until("the menu", || {
            let seen = screen.picture();
            seen.pixels.contains(&EDGE).then_some(seen)
        });
        // All of it is drawn at once.
        open
    }

    fn play(&mut self, event: InputEvent) {
        self.person.inject(event).unwrap();
    }

    fn hold(&mut self, key: KeyCode) {
        self.play(InputEvent::Key(key, Transition::Press));
    }

    fn let_go(&mut self, key: KeyCode) {
        self.play(InputEvent::Key(key, Transition::Release));
    }

    fn press(&mut self, key: KeyCode) {
        self.hold(key);
        self.let_go(key);
    }

    /// All that the program is told up to the key z, which is typed for that.
    fn told(&mut self) -> Vec<Told> {
        self.press(key::Z);
        let mut told = Vec::new();
        wait_until("the last key", || {
            told.extend(self.program.heard());
            told.ends_with(&[Told::Release(x(key::Z))]).then_some(())
        });
        told.truncate(told.len() - 2);
        told
    }

    fn title(&self) -> String {
        Windows::of(self.viewer.name()).title()
    }

    fn wait_for_title(&self, title: &str) {
        wait_until(&format!("the title {title}: {}", self.title()), || {
            (self.title() == title).then_some(())
        });
    }
}

#[test]
fn the_window_is_called_after_what_it_shows() {
    let scene = Scene::new();
    scene.wait_for_title("Editor - 127.0.0.1");
    scene.program.call("\u{202e}Caf\u{e9}\n\u{1b}日本");
    scene.wait_for_title("Café 日本 - 127.0.0.1");
    let dialog = NamedWindow::on(scene.session.name(), Size::new(200, 100), "Save?");
    scene.wait_for_title("Save? - 127.0.0.1");
    drop(dialog);
    scene.wait_for_title("Café 日本 - 127.0.0.1");
}

#[test]
fn the_window_has_the_icon_of_what_it_shows() {
    let scene = Scene::new();
    let windows = Windows::of(scene.viewer.name());
    let icon = |edge: u32| -> Vec<u32> {
        let pixels = (0..edge * edge).map(|n| n.wrapping_mul(0x0105_3207));
        [edge, edge].into_iter().chain(pixels).collect()
    };
    let wait_for = |expected: &[u32]| {
        wait_until("the icon", || (windows.icon() == expected).then_some(()));
    };
    scene.program.show_icons(&[icon(16), icon(48)].concat());
    wait_for(&icon(48));
    // What lies about its size is no icon. What there is then is the window manager's affair.
    scene.program.show_icons(&[60_000, 60_000, 1, 2, 3]);
    wait_until("another icon", || {
        (windows.icon() != icon(48)).then_some(())
    });
    scene.program.show_icons(&icon(2));
    wait_for(&icon(2));
}

#[test]
fn the_menu_keeps_all_keys_and_clicks_to_itself() {
    let mut scene = Scene::new();
    assert_eq!(scene.told(), []);
    scene.press(key::F8);
    let open = scene.wait_for_the_menu();
    let shape = Witness::of(scene.viewer.name()).shape();
    assert!(
        shape.pixels.iter().any(|pixel| pixel >> 24 != 0),
        "a pointer"
    );
    scene.press(key::DOWN);
    wait_until("another entry", || {
        (scene.viewer.screen().picture() != open).then_some(())
    });
    scene.press(key::B);
    // A window manager may hold up clicks, and so have keys overtake them.
    let at = InputEvent::PointerMotion(Point::new(400, 340));
    let press = InputEvent::Button(Button(1), Transition::Press);
    let release = InputEvent::Button(Button(1), Transition::Release);
    for events in [&[at][..], &[press, release]] {
        let before = scene.viewer.screen().picture();
        events.iter().for_each(|&event| scene.play(event));
        wait_until("what the pointer chooses, and the click changes", || {
            (scene.viewer.screen().picture() != before).then_some(())
        });
    }
    scene.press(key::ESCAPE);
    scene.wait_for_the_picture();
    assert_eq!(scene.told(), []);
    assert_eq!(Witness::of(scene.session.name()).keys_down(), 0);
    // Clicks come where the pointer is, also without another movement.
    scene.play(press);
    scene.play(release);
    let mut told = Vec::new();
    wait_until("the click", || {
        told.extend(scene.program.heard());
        (told == [Told::Button(1), Told::Button(1)]).then_some(())
    });
    assert_eq!(scene.told(), []);
    assert_eq!(
        Witness::of(scene.session.name()).place(),
        Point::new(400, 340)
    );
}

#[test]
fn what_is_held_is_let_go_when_the_menu_opens() {
    let mut scene = Scene::new();
    scene.hold(key::B);
    scene.press(key::F8);
    scene.wait_for_the_menu();
    wait_until("no key down in the session", || {
        (Witness::of(scene.session.name()).keys_down() == 0).then_some(())
    });
    scene.let_go(key::B);
    scene.press(key::ESCAPE);
    scene.wait_for_the_picture();
    let told = scene.told();
    assert_eq!(told.first(), Some(&Told::Press(x(key::B))));
    assert_eq!(told.last(), Some(&Told::Release(x(key::B))));
    // The session's own repeats of a held key may come in between.
    assert!(
        told.iter()
            .all(|&t| matches!(t, Told::Press(56) | Told::Release(56)))
    );
}

#[test]
fn the_key_of_the_menu_gets_to_the_session_when_it_is_pressed_twice_or_with_another() {
    let mut scene = Scene::new();
    let f8 = [Told::Press(x(key::F8)), Told::Release(x(key::F8))];
    scene.press(key::F8);
    scene.press(key::F8);
    assert_eq!(scene.told(), f8);
    scene.hold(key::SHIFT);
    scene.press(key::F8);
    scene.let_go(key::SHIFT);
    let shift = [Told::Press(x(key::SHIFT)), Told::Release(x(key::SHIFT))];
    assert_eq!(scene.told(), [shift[0], f8[0], f8[1], shift[1]]);
}

#[test]
fn another_key_may_open_the_menu_or_none() {
    let mut scene = Scene::with(&["--host-key", "none"]);
    scene.press(key::F8);
    let f8 = [Told::Press(x(key::F8)), Told::Release(x(key::F8))];
    assert_eq!(scene.told(), f8);
}

#[test]
fn control_alt_delete_arrives() {
    let mut scene = Scene::new();
    scene.press(key::F8);
    scene.press(key::D);
    let [control, alt, delete] = [37, 64, 119];
    let expected = [
        Told::Press(control),
        Told::Press(alt),
        Told::Press(delete),
        Told::Release(delete),
        Told::Release(alt),
        Told::Release(control),
    ];
    assert_eq!(scene.told(), expected);
}

#[test]
fn a_screenshot_of_the_menu_is_the_picture() {
    let mut scene = Scene::new();
    scene.press(key::F8);
    let pictures = || -> Vec<PathBuf> {
        let folder = scene.viewer.folder.path("home");
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let mut files: Vec<_> = files.map(|file| file.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "png"));
        files
    };
    let open = scene.wait_for_the_menu();
    let told = |seen: Picture| {
        wait_until("where it is", || {
            (scene.viewer.screen().picture() != seen).then_some(())
        });
    };
    let mut person = scene.viewer.injector();
    for transition in [Transition::Press, Transition::Release] {
        person.inject(InputEvent::Key(key::S, transition)).unwrap();
    }
    told(open);
    let first = wait_until("a picture", || pictures().pop());
    wait_until("another one", || {
        // Again, for the first one may still be being written.
        for transition in [Transition::Press, Transition::Release] {
            person.inject(InputEvent::Key(key::S, transition)).unwrap();
        }
        (pictures().len() > 1).then_some(())
    });
    let expected = scene.session.screen().picture();
    assert_same("a screenshot", &expected, &Picture::read_png(&first));
}

#[test]
fn disconnecting_is_a_peaceful_end() {
    let mut scene = Scene::new();
    scene.press(key::F8);
    scene.wait_for_the_menu();
    scene.press(key::X);
    let ended = scene.viewer.program().wait();
    assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
    assert!(scene.server.process.is_running());
}

/// What the server is told, by a viewer that asks for few bytes at first.
#[test]
fn another_quality_is_asked_for() {
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), &identity).unwrap();
    let words = [
        program("hackstream-view").to_str().unwrap().to_owned(),
        listener.local_addr().unwrap().to_string(),
        "--quality".to_owned(),
        "low".to_owned(),
        "--fingerprint".to_owned(),
        identity.fingerprint().to_string(),
    ];
    let display = Display::start(SIZE, Folder::new(), &words);
    let within = |future| runtime.block_on(async { timeout(PATIENCE, future).await });
    let told = within(Box::pin(async {
        let incoming = listener.accept().await.unwrap();
        let (connection, _newcomer) = incoming.handshake().await.unwrap();
        let (mut out, mut told): (ControlWriter<ServerMessage>, ControlReader<ViewerMessage>) =
            connection.accept_control().await.unwrap();
        let hello = told.receive().await.unwrap().unwrap();
        assert!(matches!(hello, ViewerMessage::Hello(hello) if hello.quality == Quality::Low));
        let welcome = ServerMessage::Welcome(Welcome {
            version: PROTOCOL_VERSION,
            screen: SIZE,
            agent: String::new(),
            ticket: Vec::new(),
            files: None,
            microphone: false,
            scales: false,
            desktop: Default::default(),
            renewed: false,
        });
        out.send(&welcome).await.unwrap();
        tokio::task::block_in_place(|| {
            let windows = Windows::of(display.name());
            wait_until("the window", || windows.first());
            windows.wait_for_focus();
            let mut person = display.injector();
            // F8, then q twice: from low to auto to high.
            for key in [66, 16, 16].map(KeyCode) {
                for transition in [Transition::Press, Transition::Release] {
                    person.inject(InputEvent::Key(key, transition)).unwrap();
                }
            }
        });
        let mut qualities = Vec::new();
        while qualities.len() < 2 {
            if let Some(ViewerMessage::Quality(quality)) = told.receive().await.unwrap() {
                qualities.push(quality);
            }
        }
        qualities
    }));
    assert_eq!(told.unwrap(), [Quality::Auto, Quality::High]);
}

/// The session's screen follows a window that fills the screen and back.
#[test]
fn fullscreen_gives_the_session_its_size() {
    let run = Run {
        options: &["--max-size", "2560x1600"],
        ..Run::default()
    };
    let server = Server::run_as(&run, Folder::new(), &terminal(&["cat"]));
    let whole = Size::new(1000, 700);
    let mut words = viewer::window_command(&server);
    words.extend(["--fullscreen-key", "F11"].map(str::to_owned));
    let display = Display::start(whole, Folder::new(), &words);
    let other = viewer::connect(&server);
    let becomes = |size: Size| {
        let is_it = other.wait_for(|picture| picture.size() == size, PATIENCE);
        assert!(is_it, "{:?} instead of {size:?}", other.canvas_snapshot().0);
    };
    becomes(whole);
    let windows = Windows::of(display.name());
    windows.restore();
    becomes(SIZE);
    windows.wait_for_focus();
    // What it is told about a window may come later than what becomes of it.
    let is_fullscreen = |expected: bool| {
        wait_until("what the window manager tells", || {
            (windows.is_fullscreen() == expected).then_some(())
        });
    };
    let mut person = display.injector();
    let mut press = |key| {
        for transition in [Transition::Press, Transition::Release] {
            person.inject(InputEvent::Key(key, transition)).unwrap();
        }
    };
    press(key::F8);
    press(key::F);
    becomes(whole);
    is_fullscreen(true);
    press(KeyCode(87));
    becomes(SIZE);
    is_fullscreen(false);
}

/// As on a Raspberry Pi that shows nothing but the viewer.
#[test]
fn without_a_window_manager_the_window_fills_the_screen_by_itself() {
    let run = Run {
        options: &["--max-size", "2560x1600"],
        ..Run::default()
    };
    let server = Server::run_as(&run, Folder::new(), &terminal(&["cat"]));
    let whole = Size::new(1000, 700);
    let words = viewer::window_command(&server);
    let display = Display::start_bare(whole, Folder::new(), &words);
    let other = viewer::connect(&server);
    let mut person = display.injector();
    person
        .inject(InputEvent::PointerMotion(Point::new(300, 300)))
        .unwrap();
    Windows::of(display.name()).wait_for_any_focus();
    for size in [whole, SIZE] {
        for key in [key::F8, key::F] {
            for transition in [Transition::Press, Transition::Release] {
                person.inject(InputEvent::Key(key, transition)).unwrap();
            }
        }
        let is_it = other.wait_for(|picture| picture.size() == size, PATIENCE);
        assert!(is_it, "{:?} instead of {size:?}", other.canvas_snapshot().0);
    }
}

/// The box of the viewer over a picture that is dimmed.
fn wait_for_the_last_word(display: &Display) {
    let screen = display.screen();
    wait_until("why it is over", || {
        screen.picture().pixels.contains(&EDGE).then_some(())
    });
}

#[test]
fn the_window_says_why_the_session_is_over_and_waits_for_a_key() {
    let mut scene = Scene::new();
    scene.server.process.signal(Signal::TERM);
    scene.wait_for_title(&format!("{}: ended", scene.server.ready.listen));
    wait_for_the_last_word(&scene.viewer);
    assert!(scene.viewer.program().is_running());
    wait_until("the end of the viewer", || {
        // Again, for what is typed in the first moment was meant for the session.
        scene.press(key::B);
        (!scene.viewer.program().is_running()).then_some(())
    });
    assert_eq!(scene.viewer.program().wait().code, Some(0));
}

#[test]
fn the_window_says_that_the_connection_is_lost_for_good() {
    let server = Server::run_as(&Run::default(), Folder::new(), &terminal(&["cat"]));
    rest(&server, "the terminal");
    let relay = Relay::to(&server);
    let mut words = viewer::window_command(&server);
    viewer::redirect(&mut words, &server, relay.address());
    words.extend(["--reconnect-timeout", "1"].map(str::to_owned));
    let mut display = Display::start(SIZE, Folder::new(), &words);
    wait_until("the picture", || {
        (display.screen().picture() == server.picture()).then_some(())
    });
    relay.cut(&[Way::Up, Way::Down]);
    let windows = Windows::of(display.name());
    wait_until("the end", || {
        windows.title().ends_with("ended").then_some(())
    });
    wait_for_the_last_word(&display);
    assert!(display.program().is_running());
    display.program().signal(Signal::TERM);
    assert_eq!(display.program().wait().code, Some(6));
}
