//! The measuring end: presses keys on the viewer's display and watches its pixels.

mod screen;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

pub(crate) use screen::Screen;

use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::mapping::Framebuffer;
use crate::scene::{Command, MarkerColor, Scene};
use crate::stimulus::Keymap;

/// Between two looks at the pixels: fine enough for a key, cheap enough not to take a core.
const LOOK_STEP: Duration = Duration::from_micros(100);

/// When a frame of the film was seen whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) number: u16,
    pub(crate) seen: Instant,
}

/// Keyboard and eyes at the viewer's display.
pub(crate) struct Probe {
    connection: RustConnection,
    root: u32,
    keymap: Keymap,
    screen: Screen,
    interrupt: Interrupt,
}

impl Probe {
    pub(crate) fn open(
        display: &str,
        framebuffer: Framebuffer,
        scene: Scene,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let (connection, screen_number) = RustConnection::connect(Some(display))
            .with_context(|| format!("cannot connect to the viewer's display {display}"))?;
        let root = connection.setup().roots[screen_number].root;
        let keymap = Keymap::load(&connection)?;
        let screen = Screen::new(framebuffer, scene);
        let probe = Self {
            connection,
            root,
            keymap,
            screen,
            interrupt,
        };
        probe.park_pointer(scene)?;
        Ok(probe)
    }

    /// Into the middle: the pointer must cover no marker and be over the viewer's window.
    fn park_pointer(&self, scene: Scene) -> Result<()> {
        let (x, y) = (
            scene.size().width as i16 / 2,
            scene.size().height as i16 / 2,
        );
        self.connection
            .warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, x, y)?;
        Ok(self.connection.sync()?)
    }

    /// The colour that both markers show, if they show the same.
    pub(crate) fn marker(&self) -> Option<MarkerColor> {
        self.screen.marker()
    }

    /// Presses and releases the command's key.
    pub(crate) fn press(&self, command: Command) -> Result<()> {
        let keycode = self.keymap.keycode(command.keysym())?;
        // Released at once: a held key would repeat behind a slow link.
        for event in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            self.connection
                .xtest_fake_input(event, keycode, 0, x11rb::NONE, 0, 0, 0)?;
        }
        Ok(self.connection.flush()?)
    }

    /// Presses the key and waits until both markers show the next colour; the time in between.
    pub(crate) fn act(&self, command: Command, limit: Duration) -> Result<Duration> {
        let Some(before) = self.screen.marker() else {
            bail!(
                "the markers are not on the screen, or differ: {}",
                self.screen.describe()
            );
        };
        let expected = before.next();
        let start = Instant::now();
        self.press(command)?;
        loop {
            let now = Instant::now();
            if self.screen.shows(expected) {
                return Ok(now.since(start));
            }
            if now.since(start) > limit {
                let pixels = self.screen.describe();
                bail!("no answer to a key within {limit:?}; the markers show {pixels}");
            }
            self.interrupt.check()?;
            std::thread::sleep(LOOK_STEP);
        }
    }

    /// Notes every frame of the film that appears within `duration`.
    pub(crate) fn watch_film(&self, duration: Duration) -> Result<Vec<Sighting>> {
        let end = Instant::now().plus(duration);
        let mut sightings: Vec<Sighting> = Vec::new();
        loop {
            let seen = Instant::now();
            if seen >= end {
                return Ok(sightings);
            }
            if let Some(number) = self.screen.frame_number() {
                if sightings.last().is_none_or(|last| last.number != number) {
                    sightings.push(Sighting { number, seen });
                }
            }
            self.interrupt.check()?;
            std::thread::sleep(LOOK_STEP);
        }
    }
}
