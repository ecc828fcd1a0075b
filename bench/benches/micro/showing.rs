//! Showing recorded screens to a viewer, as the server does: from damage to frames.

use core::time::Duration;

use anyhow::{Result, ensure};
use hackstream_codec::Canvas;
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::Timestamp;

use crate::corpus::Recording;

/// What the viewer offers.
pub(crate) const HISTORY_BYTES: usize = 4 << 20;
pub(crate) const CACHE_BYTES: usize = 16 << 20;

/// When a screen follows another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// When nothing is left to be done.
    Calm,
    /// Thirty times a second.
    Film,
}

/// Screens that a viewer sees one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    /// Part of the names of its cases.
    pub(crate) name: &'static str,
    /// Where the screens are from.
    pub(crate) recording: &'static Recording,
    /// Screens that the viewer has seen before.
    pub(crate) known: usize,
    /// Screens after these, which are measured: each becomes one frame or several.
    pub(crate) measured: usize,
    /// What the link has room for, whenever a frame is made.
    pub(crate) link: Link,
    /// When the known screens follow each other.
    pub(crate) pace: Pace,
}

/// What is done with each frame.
pub(crate) type Deliver<'a> = &'a mut dyn FnMut(&Frame) -> Result<()>;

/// An encoder and the screens that it is shown.
pub(crate) struct Session {
    encoder: Encoder,
    screen: Screen,
    /// Where each screen differs from the one before it.
    damage: Vec<Region>,
    link: Link,
    pace: Pace,
    now: Timestamp,
    id: FrameId,
    frame: Frame,
}

impl Session {
    /// An encoder that was shown nothing yet.
    pub(crate) fn start(scenario: &Scenario) -> Result<Self> {
        let screens = scenario.recording.screens()?;
        ensure!(
            screens.len() >= scenario.known + scenario.measured,
            "too few screens"
        );
        let config = EncoderConfig {
            history_bytes: HISTORY_BYTES,
            cache_bytes: CACHE_BYTES,
            h264: true,
            // Not measured, so that every run makes the same choices.
            ..EncoderConfig::default()
        };
        let encoder = Encoder::new(config, screens[0].size())?;
        let changes = screens
            .windows(2)
            .map(|pair| difference(&pair[0], &pair[1]));
        let first = Region::from(screens[0].bounds());
        Ok(Self {
            encoder,
            damage: core::iter::once(first).chain(changes).collect(),
            screen: Screen { screens, next: 0 },
            link: scenario.link,
            pace: scenario.pace,
            now: Timestamp(1_000_000),
            id: FrameId(1),
            frame: Frame::default(),
        })
    }

    /// Notes damage of the whole screen, though it shows what it did, and sends what comes of it.
    pub(crate) fn damage_all(&mut self, deliver: Deliver<'_>) -> Result<()> {
        let whole = self.screen.showing().bounds().into();
        self.encoder.damage(&whole, self.now);
        self.send(deliver)
    }

    /// Shows what the viewer has seen before what is measured.
    pub(crate) fn show_known(
        &mut self,
        scenario: &Scenario,
        mut deliver: impl FnMut(&Frame) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..scenario.known {
            self.show_next(&mut deliver)?;
            match self.pace {
                Pace::Film => self.now = self.now.after(Duration::from_micros(33_333)),
                Pace::Calm => self.settle(&mut deliver)?,
            }
        }
        Ok(())
    }

    /// Sends all that is to be sent at once of the next screen.
    pub(crate) fn show_next(&mut self, deliver: Deliver<'_>) -> Result<()> {
        let damage = &self.damage[self.screen.next];
        self.screen.next += 1;
        self.encoder.damage(damage, self.now);
        self.send(deliver)
    }

    /// Sends until the encoder has nothing more to do now.
    fn send(&mut self, deliver: Deliver<'_>) -> Result<()> {
        while self.encoder.work_at().is_some_and(|due| due <= self.now) {
            let (screen, frame) = (&mut self.screen, &mut self.frame);
            if self
                .encoder
                .next_frame(screen, self.link, self.id, self.now, frame)?
            {
                self.id = self.id.next();
                deliver(frame)?;
            }
        }
        Ok(())
    }

    /// Lets time pass until the encoder has nothing to do at all, and then some.
    fn settle(&mut self, deliver: Deliver<'_>) -> Result<()> {
        while let Some(due) = self.encoder.work_at() {
            self.now = self.now.max(due);
            self.send(deliver)?;
        }
        self.now = self.now.after(Duration::from_secs(1));
        Ok(())
    }
}

/// The box around the pixels that differ, as X servers report them.
fn difference(before: &Canvas, after: &Canvas) -> Region {
    let mut bounds = Rect::from_edges(0, 0, 0, 0);
    for y in 0..before.size().height {
        let pairs = || before.row(y).iter().zip(after.row(y));
        let differs = |(a, b): (&u32, &u32)| a != b;
        if let (Some(left), Some(right)) = (pairs().position(differs), pairs().rposition(differs)) {
            let row = Rect::new(left as i32, y as i32, (right + 1 - left) as u32, 1);
            bounds = bounds.bounding(&row);
        }
    }
    bounds.into()
}

/// A display that shows one screen after the other.
struct Screen {
    screens: Vec<Canvas>,
    /// The screen after the one that is shown.
    next: usize,
}

impl Screen {
    fn showing(&self) -> &Canvas {
        &self.screens[self.next.saturating_sub(1)]
    }

    fn span(&self, start: Point, len: usize) -> &[u32] {
        &self.showing().row(start.y as u32)[start.x as usize..][..len]
    }
}

impl PixelSource for Screen {
    fn size(&self) -> Size {
        self.showing().size()
    }

    fn fetch(&mut self, _: &Region) -> Result<(), SourceError> {
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        row.copy_from_slice(self.span(start, row.len()));
    }

    fn shows_row(&self, start: Point, expected: &[u32]) -> bool {
        self.span(start, expected.len()) == expected
    }
}
