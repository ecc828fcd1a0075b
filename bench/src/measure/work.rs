//! The kinds of work and their dispatch.

use std::time::Duration;

use anyhow::Result;

use super::film::{FilmFigures, measure_film};
use super::latency::{LatencyFigures, measure_latency, pause};
use super::settling::{SettlingFigures, measure_settling};
use super::usage::{Meter, Usage};
use crate::applications::Application;
use crate::interrupt::Interrupt;
use crate::random::Random;
use crate::rig::Rig;
use crate::scene::{Command, Film, FrameRate};
use crate::stimulus::Subject;

/// Actions before measuring starts.
const WARM_UP: u32 = 5;

/// What is done to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// A key draws one letter.
    Key,
    /// A key scrolls a page by a line; the application moves it with CopyArea.
    Scroll,
    /// A key scrolls a page by a line; the application redraws all of it.
    RedrawScroll,
    /// A key repaints a page of 10,500 random letters.
    Repaint,
    /// A 1280x720 pan over a photograph at 30 frames per second.
    Video,
    /// The same at 60 frames per second.
    Video60,
    /// Things that move before a still background, with cuts; 1280x720 at 30 frames per second.
    Motion,
    /// The same at 60 frames per second.
    Motion60,
    /// Firefox: three notches of the wheel on a long page of text, scrolled smoothly.
    FirefoxScroll,
    /// Firefox: the same on a page of photographs.
    FirefoxPictures,
    /// Firefox: from one tab to the other, text and photographs.
    FirefoxTabs,
    /// Firefox: a page with two photographs is loaded, each time another.
    FirefoxLoad,
    /// Firefox: a canvas of 1280x720 is drawn 30 times per second.
    FirefoxCanvas,
    /// xterm: a file of 2,000 lines is printed.
    XtermFlood,
    /// Nothing happens: what it costs to stay connected.
    Idle,
}

/// How a work is done and measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A key, until its answer is seen.
    Action(Command),
    /// Frames are drawn all the time.
    Film(Film),
    /// An action in a real application, until the picture is the same.
    Settling(Application),
    Idle,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Scroll => "scroll",
            Self::RedrawScroll => "redraw-scroll",
            Self::Repaint => "repaint",
            Self::Video => "video",
            Self::Video60 => "video60",
            Self::Motion => "motion",
            Self::Motion60 => "motion60",
            Self::FirefoxScroll => "firefox-scroll",
            Self::FirefoxPictures => "firefox-pictures",
            Self::FirefoxTabs => "firefox-tabs",
            Self::FirefoxLoad => "firefox-load",
            Self::FirefoxCanvas => "firefox-canvas",
            Self::XtermFlood => "xterm-flood",
            Self::Idle => "idle",
        }
    }

    /// The application that it is done in; none: the stimulus draws by itself.
    pub(crate) const fn application(self) -> Option<Application> {
        match self {
            Self::FirefoxCanvas => Some(Application::FirefoxCanvas),
            _ => match self.kind() {
                Kind::Settling(application) => Some(application),
                Kind::Action(_) | Kind::Film(_) | Kind::Idle => None,
            },
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Key => Kind::Action(Command::Letter),
            Self::Scroll => Kind::Action(Command::ScrollByCopy),
            Self::RedrawScroll => Kind::Action(Command::ScrollByRedraw),
            Self::Repaint => Kind::Action(Command::Repaint),
            // The page of the canvas starts and stops with the same keys.
            Self::Video | Self::FirefoxCanvas => film(Subject::Pan, FrameRate::Thirty),
            Self::Video60 => film(Subject::Pan, FrameRate::Sixty),
            Self::Motion => film(Subject::Motion, FrameRate::Thirty),
            Self::Motion60 => film(Subject::Motion, FrameRate::Sixty),
            Self::FirefoxScroll => Kind::Settling(Application::FirefoxText),
            Self::FirefoxPictures => Kind::Settling(Application::FirefoxPictures),
            Self::FirefoxTabs => Kind::Settling(Application::FirefoxTabs),
            Self::FirefoxLoad => Kind::Settling(Application::FirefoxLoad),
            Self::XtermFlood => Kind::Settling(Application::XtermFlood),
            Self::Idle => Kind::Idle,
        }
    }
}

const fn film(subject: Subject, rate: FrameRate) -> Kind {
    Kind::Film(Film { subject, rate })
}

/// How much of it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) runs: u32,
    pub(crate) duration: Duration,
    pub(crate) seed: u64,
    pub(crate) interrupt: Interrupt,
}

/// The outcome of a cell.
#[derive(Debug, Clone)]
pub(crate) enum Findings {
    Latency(LatencyFigures),
    Film(FilmFigures),
    Settling(SettlingFigures),
    Idle(Usage),
}

impl Findings {
    pub(crate) const fn usage(&self) -> &Usage {
        match self {
            Self::Latency(figures) => &figures.usage,
            Self::Film(figures) => &figures.usage,
            Self::Settling(figures) => &figures.usage,
            Self::Idle(usage) => usage,
        }
    }
}

/// Does the work on a running rig.
pub(crate) fn measure(work: Work, rig: &mut Rig, plan: &Plan) -> Result<Findings> {
    let interrupt = &plan.interrupt;
    let mut random = Random::new(plan.seed);
    // The picture of the attach itself has to be over.
    pause(rig, &mut random, interrupt)?;
    let counts = (WARM_UP, plan.runs);
    Ok(match work.kind() {
        Kind::Action(command) => {
            let figures = measure_latency(rig, command, counts, &mut random, interrupt)?;
            Findings::Latency(figures)
        }
        Kind::Film(film) => Findings::Film(measure_film(rig, film, plan.duration, interrupt)?),
        Kind::Settling(application) => {
            let figures = measure_settling(rig, application, counts, &mut random, interrupt)?;
            Findings::Settling(figures)
        }
        Kind::Idle => {
            let meter = Meter::start(rig)?;
            interrupt.sleep(plan.duration)?;
            Findings::Idle(meter.stop(rig)?)
        }
    })
}
