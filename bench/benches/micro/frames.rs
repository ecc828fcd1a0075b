//! Whole frames: from damage to payloads, and from payloads to pixels.

use core::time::Duration;

use anyhow::{Result, ensure};
use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::{Bitrate, Timestamp};

use crate::case::{Case, Work};
use crate::corpus::{DESKTOP, FILM, PAGE, Recording, SMOOTH, TYPING, WINDOW};

const HISTORY_BYTES: usize = 4 << 20;
const CACHE_BYTES: usize = 16 << 20;

/// A local network.
const FAST: Link = Link {
    budget: 1 << 20,
    rate: Bitrate::mbps(300),
};

/// A telephone.
const THIN: Link = Link {
    budget: 32 << 10,
    rate: Bitrate::mbps(2),
};

/// When a screen follows another.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// When nothing is left to be done.
    Calm,
    /// Thirty times a second.
    Film,
}

/// Screens that a viewer sees one after the other.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    recording: &'static Recording,
    /// Screens that the viewer has seen before.
    known: usize,
    /// Screens after these, which are measured: each becomes one frame or several.
    measured: usize,
    link: Link,
    pace: Pace,
}

const fn scenario(name: &'static str, recording: &'static Recording, known: usize) -> Scenario {
    Scenario {
        name,
        recording,
        known,
        measured: 1,
        link: FAST,
        pace: Pace::Calm,
    }
}

const SCENARIOS: [Scenario; 12] = [
    scenario("first-page", &PAGE, 0),
    scenario("scroll", &PAGE, 1),
    scenario("repaint", &PAGE, 2),
    Scenario {
        link: THIN,
        ..scenario("repaint-thin-link", &PAGE, 2)
    },
    scenario("repaint-smooth", &SMOOTH, 2),
    Scenario {
        measured: 4,
        ..scenario("typing", &TYPING, 1)
    },
    scenario("photograph", &DESKTOP, 0),
    Scenario {
        link: THIN,
        ..scenario("photograph-thin-link", &DESKTOP, 0)
    },
    scenario("menu-open", &DESKTOP, 1),
    scenario("menu-close", &DESKTOP, 2),
    scenario("window-moved", &WINDOW, 1),
    Scenario {
        measured: 2,
        pace: Pace::Film,
        ..scenario("film", &FILM, 14)
    },
];

pub(crate) fn cases() -> Vec<Case> {
    let encode = SCENARIOS.map(|scenario| {
        let name = format!("frame/{}/encode", scenario.name);
        Case::new(name, move || encode(&scenario))
    });
    let idle = Case::new("frame/damage-without-change/encode", idle);
    let decode = SCENARIOS.map(|scenario| {
        let name = format!("frame/{}/decode", scenario.name);
        Case::new(name, move || decode(&scenario))
    });
    encode.into_iter().chain([idle]).chain(decode).collect()
}

fn encode(scenario: &Scenario) -> Result<Work> {
    let mut session = Session::start(scenario)?;
    session.show_known(scenario, |_| Ok(()))?;
    let measured = scenario.measured;
    Ok(Box::new(move || {
        let mut bytes = 0;
        for _ in 0..measured {
            session.show_next(&mut |frame| {
                bytes += frame.payload.len();
                Ok(())
            })?;
        }
        Ok(bytes)
    }))
}

/// The X server reports damage where a program has drawn the same again.
fn idle() -> Result<Work> {
    let mut session = Session::start(&scenario("", &PAGE, 1))?;
    session.show_known(&scenario("", &PAGE, 1), |_| Ok(()))?;
    let whole = session.screen.showing().bounds().into();
    Ok(Box::new(move || {
        session.encoder.damage(&whole, session.now);
        session.send(&mut |_| Ok(()))?;
        Ok(0)
    }))
}

fn decode(scenario: &Scenario) -> Result<Work> {
    let mut session = Session::start(scenario)?;
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: HISTORY_BYTES,
        cache_bytes: CACHE_BYTES,
    });
    let mut canvas = Canvas::new(Size::new(1, 1));
    let keep = Region::new();
    session.show_known(scenario, |frame| {
        decoder.decode(&frame.payload, &mut canvas, &keep)?;
        Ok(())
    })?;
    let mut payloads = Vec::new();
    for _ in 0..scenario.measured {
        session.show_next(&mut |frame| {
            payloads.push(frame.payload.clone());
            Ok(())
        })?;
    }
    Ok(Box::new(move || {
        for payload in &payloads {
            decoder.decode(payload, &mut canvas, &keep)?;
        }
        Ok(0)
    }))
}

/// What is done with each frame.
type Deliver<'a> = &'a mut dyn FnMut(&Frame) -> Result<()>;

/// An encoder and the screens that it is shown.
struct Session {
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
    fn start(scenario: &Scenario) -> Result<Self> {
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

    /// Shows what the viewer has seen before what is measured.
    fn show_known(
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
    fn show_next(&mut self, deliver: Deliver<'_>) -> Result<()> {
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
