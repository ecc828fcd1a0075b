//! The measuring end: presses keys on the viewer's display and watches its pixels.

mod hands;
mod screen;
mod settle;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::rust_connection::RustConnection;

pub(crate) use screen::{Screen, Snapshot};
pub(crate) use settle::{Resemblance, Settled};

use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::mapping::Framebuffer;
use crate::scene::{Command, MarkerColor, Scene};
use hands::{Hands, pointer_place};

/// Between two looks at the pixels: fine enough for a key, cheap enough not to take a core.
const LOOK_STEP: Duration = Duration::from_micros(100);

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
        let hands = Hands::open(connection, screen_number, scene.size())?;
        let screen = Screen::new(framebuffer, scene);
        Ok(Self {
            hands,
            screen,
            interrupt,
        })
    }

    /// The colour that both markers show, if they show the same.
    pub(crate) fn marker(&self) -> Option<MarkerColor> {
        self.screen.marker()
    }

    /// Presses and releases the command's key.
    pub(crate) fn press(&self, command: Command) -> Result<()> {
        self.hands.tap(command.keysym())
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
                if watch
                    .sightings
                    .last()
                    .is_none_or(|last| last.number != number)
                {
                    watch.sightings.push(Sighting { number, seen });
                    if seen >= next_snapshot {
                        next_snapshot = seen.plus(SNAPSHOT_PERIOD);
                        watch.snapshots.extend(self.screen.snapshot(number));
                    }
                }
            }
            self.interrupt.check()?;
            std::thread::sleep(LOOK_STEP);
        }
    }
}
