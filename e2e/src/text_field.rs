//! A program in a session that takes text, and a person who types it at a viewer.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hackstream_capture::Injector;
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

use crate::compare::Screen;
use crate::display::Display;
use crate::folder::Folder;
use crate::input_method::{self, InputMethod};
use crate::keyboard::type_text;
use crate::server::{Run, SIZE, Server};
use crate::windows::Windows;
use crate::{PATIENCE, viewer, wait_until};

/// What a person holds while pressing a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// The left shift key.
    Shift,
    /// The right Alt key, which is AltGr in many layouts.
    RightAlt,
    /// The left control key.
    Control,
}

impl Held {
    const fn key(self) -> Option<KeyCode> {
        match self {
            Self::Nothing => None,
            Self::Shift => Some(KeyCode(42)),
            Self::RightAlt => Some(KeyCode(100)),
            Self::Control => Some(KeyCode(29)),
        }
    }
}

/// A terminal that keeps the bytes that were typed into it.
pub struct TextField {
    /// The server whose session it is in.
    pub server: Server,
    bytes: PathBuf,
    /// Where in the file begins what counts.
    begin: usize,
    /// The display that it is on, if the server did not start it.
    display: Option<Display>,
}

impl TextField {
    /// One in a session that the server starts.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn in_session() -> Self {
        let folder = Folder::new();
        let (command, bytes) = program(&folder);
        let server = Server::run_as(&Run::default(), folder, &command);
        Self::ready(server, bytes, None)
    }

    /// One on a display that the server did not start.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn on_a_display() -> Self {
        let folder = Folder::new();
        let (command, bytes) = program(&folder);
        let display = Display::start(SIZE, folder, &command);
        let server = Server::attach(&display);
        Self::ready(server, bytes, Some(display))
    }

    fn ready(server: Server, bytes: PathBuf, display: Option<Display>) -> Self {
        wait_until("the terminal", || bytes.exists().then_some(()));
        let mut field = Self {
            server,
            bytes,
            begin: 0,
            display,
        };
        field.wait_for_the_focus();
        field
    }

    /// Types until something arrives; what arrives until the last letter does not count.
    fn wait_for_the_focus(&mut self) {
        let viewer = viewer::connect(&self.server);
        wait_until("the terminal to have the focus", || {
            type_text(&viewer, "x");
            (!self.text().is_empty()).then_some(())
        });
        type_text(&viewer, "q");
        wait_until("the last letter", || {
            self.text().ends_with('q').then_some(())
        });
        self.begin = self.text().len();
    }

    /// The display that it is on, if the server did not start it.
    ///
    /// # Panics
    /// If it did.
    #[must_use]
    pub const fn display(&self) -> &Display {
        self.display.as_ref().expect("a display of the test")
    }

    /// What was typed so far.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = std::fs::read(&self.bytes).expect("the file");
        String::from_utf8_lossy(&bytes[self.begin..]).into_owned()
    }

    /// Waits until `expected`, and nothing else, was typed.
    ///
    /// # Panics
    /// If something else is there, or not enough for a long time.
    pub fn expect(&self, expected: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.text();
        while text.len() < expected.len() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
            text = self.text();
        }
        assert_eq!(text, expected, "{:?}", self.server.process.stderr);
    }

    /// Waits until the session has the layout of the viewer's keyboard.
    ///
    /// # Panics
    /// If it never has.
    pub fn wait_for_layout(&self, layout: &str) {
        let needle = format!("layout=\"{layout}\"");
        self.server.process.stderr.wait_for("the layout", |line| {
            let found = line.contains("has the viewer's layout") && line.contains(&needle);
            found.then_some(())
        });
    }
}

fn program(folder: &Folder) -> (Vec<String>, PathBuf) {
    let bytes = folder.path("typed");
    let script = format!("stty raw -echo; exec cat >{}", bytes.display());
    let words = [
        "env",
        "LC_ALL=C.UTF-8",
        "xterm",
        "-u8",
        "-e",
        "sh",
        "-c",
        &script,
    ];
    (words.map(str::to_owned).into(), bytes)
}

/// A person at a viewer with a window.
pub struct Person {
    /// The display of the viewer.
    pub display: Display,
    hands: Injector,
}

impl Person {
    /// Starts a viewer of `field` on a display whose keyboard was set up with these arguments of
    /// setxkbmap.
    ///
    /// # Panics
    /// If its window does not show the session.
    #[must_use]
    pub fn at(field: &TextField, keyboard: &str) -> Self {
        let display = display_of_viewer(field, &format!("setxkbmap {keyboard}"));
        let screen = display.screen();
        wait_until("the picture in the window", || {
            (screen.picture() == field.server.picture()).then_some(())
        });
        // The window manager may give it the keys later than it shows it.
        Windows::of(display.name()).wait_for_focus();
        let hands = display.injector();
        Self { display, hands }
    }

    /// The same with an American keyboard and a Korean input method, which is off.
    ///
    /// # Panics
    /// If the window does not get the keys.
    #[must_use]
    pub fn with_input_method(field: &TextField) -> (Self, InputMethod) {
        let display = display_of_viewer(field, input_method::READY);
        let method = InputMethod::on(&display);
        // It has a window too, which is in front.
        Windows::of(display.name()).wait_for_focus_of("127.0.0.1");
        let hands = display.injector();
        (Self { display, hands }, method)
    }

    /// Presses a key, by its position, and lets it go.
    ///
    /// # Panics
    /// If the display is gone.
    pub fn press(&mut self, held: Held, key: u16) {
        let mut play = |key, transition| {
            self.hands
                .inject(InputEvent::Key(key, transition))
                .expect("a key");
        };
        if let Some(held) = held.key() {
            play(held, Transition::Press);
        }
        play(KeyCode(key), Transition::Press);
        play(KeyCode(key), Transition::Release);
        if let Some(held) = held.key() {
            play(held, Transition::Release);
        }
    }

    /// Does something else.
    ///
    /// # Panics
    /// If the display is gone.
    pub fn play(&mut self, event: InputEvent) {
        self.hands.inject(event).expect("an event");
    }
}

/// A display with a viewer of `field`, which starts once a script has done its work.
fn display_of_viewer(field: &TextField, first: &str) -> Display {
    let viewer = viewer::window_command(&field.server).join(" ");
    let script = format!("export LC_ALL=C.UTF-8; {first} && exec {viewer}");
    let command = ["sh", "-c", &script].map(str::to_owned);
    Display::start(SIZE, Folder::new(), &command)
}
