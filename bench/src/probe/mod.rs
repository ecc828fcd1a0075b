//! The measuring end: presses keys on the viewer's display and watches its pixels.

mod hands;
mod keys;
mod pixels;
mod screen;
mod settle;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

pub(crate) use pixels::{Fetcher, Pixels};
pub(crate) use screen::{Screen, Snapshot};
pub(crate) use settle::{Resemblance, Settled};

use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::mapping::Framebuffer;
use crate::scene::{Command, MarkerColor, Scene};
use crate::stimulus::Keymap;
use hands::{Hands, pointer_place};
use keys::Keys;

/// Between two snapshots of a film: they take a millisecond each, and are kept until the end.
const SNAPSHOT_PERIOD: Duration = Duration::from_millis(700);

/// When a frame of the film was seen whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) number: u16,
    pub(crate) seen: Instant,
}

/// What was seen of a film.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// In the order of time.
    pub(crate) sightings: Vec<Sighting>,
    /// Some of them, pixel by pixel.
    pub(crate) snapshots: Vec<Snapshot>,
}

/// Keyboard and eyes at the viewer's display.
pub(crate) struct Probe {
    hands: Hands,
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
        let keys = Keys::Symbols(Keymap::load(&connection)?);
        let pointer = pointer_place(scene.size(), (0, 0));
        let hands = Hands::open(connection, screen_number, keys, pointer)?;
        Ok(Self {
            hands,
            screen: Screen::new(Pixels::Mapped(framebuffer), scene, (0, 0)),
            target: None,
            interrupt,
        })
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
        connection
            .xtest_get_version(2, 2)?
            .reply()
            .context("the display does not let programs press keys (XTEST)")?;
        let pointer = pointer_place(scene.size(), seen.origin);
        Ok(Self {
            hands: Hands::open(connection, screen_number, Keys::Places, pointer)?,
            screen: Screen::new(pixels, scene, seen.origin),
            target: Some(seen.window),
            interrupt,
        })
    }

    /// Whether the window that is to get the keys has the focus.
    pub(crate) fn has_focus(&self) -> Result<bool> {
        match self.target {
            None => Ok(true),
            Some(target) => Ok(self.hands.focus()? == target),
        }
    }

    /// The colour that both markers show, if they show the same.
    pub(crate) fn marker(&self) -> Option<MarkerColor> {
        self.screen.marker()
    }

    /// Presses and releases the command's key.
    pub(crate) fn press(&self, command: Command) -> Result<()> {
        self.check_focus()?;
        self.hands.command(command)
    }

    /// A person may have turned to another window meanwhile, which must not get our keys.
    fn check_focus(&self) -> Result<()> {
        if !self.has_focus()? {
            bail!("the viewer's window lost the keyboard focus; leave it alone while measuring");
        }
        Ok(())
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
        self.hands.command(command)?;
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

    /// Notes every frame of the film that appears within `duration`; takes a snapshot of one of
    /// them now and then.
    pub(crate) fn watch_film(&self, duration: Duration) -> Result<Watch> {
        let start = Instant::now();
        let end = start.plus(duration);
        let mut watch = Watch::default();
        let mut next_snapshot = start.plus(SNAPSHOT_PERIOD);
        loop {
            let seen = Instant::now();
            if seen >= end {
                return Ok(watch);
            }
            if let Some(number) = self.screen.frame_number() {
                let last = watch.sightings.last();
                if last.is_none_or(|last| last.number != number) {
                    watch.sightings.push(Sighting { number, seen });
                    if seen >= next_snapshot {
                        next_snapshot = seen.plus(SNAPSHOT_PERIOD);
                        watch.snapshots.extend(self.screen.snapshot(number));
                    }
                }
            }
            self.interrupt.check()?;
            std::thread::sleep(self.screen.look_step());
        }
    }
}
