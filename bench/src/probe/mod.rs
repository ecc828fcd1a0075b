//! The measuring end: presses keys on the viewer's display and watches its pixels.

mod keys;
mod pixels;
mod screen;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

pub(crate) use keys::Keys;
pub(crate) use pixels::{Fetcher, Pixels};
pub(crate) use screen::Screen;

use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::mapping::Framebuffer;
use crate::scene::{Command, MarkerColor, Scene};
use crate::stimulus::Keymap;

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
    keys: Keys,
    screen: Screen,
    /// The only window that may get the keys; absent on a display that nobody else uses.
    target: Option<u32>,
    interrupt: Interrupt,
}

/// The viewer's window on a display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) window: u32,
    /// Where the top left corner of the session's picture is on the display.
    pub(crate) origin: (u16, u16),
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
        let keys = Keys::Symbols(Keymap::load(&connection)?);
        let screen = Screen::new(Pixels::Mapped(framebuffer), scene, (0, 0));
        let probe = Self {
            connection,
            root,
            keys,
            screen,
            target: None,
            interrupt,
        };
        probe.park_pointer(scene, (0, 0))?;
        Ok(probe)
    }

    /// A probe of one window among others, for a viewer that passes on the places of keys.
    pub(crate) fn at_window(
        display: &str,
        seen: Seen,
        pixels: Pixels,
        scene: Scene,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let (connection, screen_number) = RustConnection::connect(Some(display))
            .with_context(|| format!("cannot connect to the viewer's display {display}"))?;
        let root = connection.setup().roots[screen_number].root;
        connection
            .xtest_get_version(2, 2)?
            .reply()
            .context("the display does not let programs press keys (XTEST)")?;
        let probe = Self {
            connection,
            root,
            keys: Keys::Places,
            screen: Screen::new(pixels, scene, seen.origin),
            target: Some(seen.window),
            interrupt,
        };
        probe.park_pointer(scene, seen.origin)?;
        Ok(probe)
    }

    /// Whether the window that is to get the keys has the focus.
    pub(crate) fn has_focus(&self) -> Result<bool> {
        let Some(target) = self.target else {
            return Ok(true);
        };
        Ok(self.connection.get_input_focus()?.reply()?.focus == target)
    }

    /// Into the middle: the pointer must cover no marker and be over the viewer's window.
    fn park_pointer(&self, scene: Scene, (left, top): (u16, u16)) -> Result<()> {
        let (x, y) = (
            (left + scene.size().width / 2) as i16,
            (top + scene.size().height / 2) as i16,
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
        self.check_focus()?;
        self.inject(command)
    }

    /// A person may have turned to another window meanwhile, which must not get our keys.
    fn check_focus(&self) -> Result<()> {
        if !self.has_focus()? {
            bail!("the viewer's window lost the keyboard focus; leave it alone while measuring");
        }
        Ok(())
    }

    fn inject(&self, command: Command) -> Result<()> {
        let keycode = self.keys.keycode(command)?;
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
        self.check_focus()?;
        let expected = before.next();
        let start = Instant::now();
        self.inject(command)?;
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
            std::thread::sleep(self.screen.look_step());
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
            std::thread::sleep(self.screen.look_step());
        }
    }
}
