//! The kinds of work and their dispatch.

use std::time::Duration;

use anyhow::Result;

use super::film::{FilmFigures, measure_film};
use super::latency::{LatencyFigures, measure_latency, pause};
use super::settling::{SettlingFigures, measure_settling};
use super::usage::{Meter, Usage};
use crate::applications::Application;
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::random::Random;
use crate::rig::Rig;
use crate::scene::{Command, Film, FrameRate};
use crate::stimulus::Subject;

/// Actions before measuring starts.
pub(crate) const WARM_UP: u32 = 5;

/// What is done to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// A key draws one letter.
    Key,
    /// The same while sound plays in the session, and 20 MB that were copied there are pasted at the
    /// viewer over and over. HackStream only. Compare with `key` of the same run.
    KeyBusy,
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

/// How a kind of work is done and measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// One key after the other, each until its answer is seen.
    Act(Command),
    /// A key starts a film.
    Film(Film),
    /// Actions in a real application, each until the picture is the same.
    Settle(Application),
    /// Nothing.
    Idle,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::KeyBusy => "key-busy",
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
            _ => match self.deed() {
                Deed::Settle(application) => Some(application),
                Deed::Act(_) | Deed::Film(_) | Deed::Idle => None,
            },
        }
    }

    /// Whether there is [company](crate::company) beside it.
    pub(crate) const fn has_company(self) -> bool {
        matches!(self, Self::KeyBusy)
    }

    /// How it is done.
    pub(crate) const fn deed(self) -> Deed {
        match self {
            Self::Key | Self::KeyBusy => Deed::Act(Command::Letter),
            Self::Scroll => Deed::Act(Command::ScrollByCopy),
            Self::RedrawScroll => Deed::Act(Command::ScrollByRedraw),
            Self::Repaint => Deed::Act(Command::Repaint),
            // The page of the canvas starts and stops with the same keys.
            Self::Video | Self::FirefoxCanvas => film(Subject::Pan, FrameRate::Thirty),
            Self::Video60 => film(Subject::Pan, FrameRate::Sixty),
            Self::Motion => film(Subject::Motion, FrameRate::Thirty),
            Self::Motion60 => film(Subject::Motion, FrameRate::Sixty),
            Self::FirefoxScroll => Deed::Settle(Application::FirefoxText),
            Self::FirefoxPictures => Deed::Settle(Application::FirefoxPictures),
            Self::FirefoxTabs => Deed::Settle(Application::FirefoxTabs),
            Self::FirefoxLoad => Deed::Settle(Application::FirefoxLoad),
            Self::XtermFlood => Deed::Settle(Application::XtermFlood),
            Self::Idle => Deed::Idle,
        }
    }
}

const fn film(subject: Subject, rate: FrameRate) -> Deed {
    Deed::Film(Film { subject, rate })
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

/// Does the work on a running rig; also returns when the work began, the warm-up included.
pub(crate) fn measure(work: Work, rig: &mut Rig, plan: &Plan) -> Result<(Findings, Instant)> {
    let interrupt = &plan.interrupt;
    let mut random = Random::new(plan.seed);
    // The picture of the attach itself has to be over.
    pause(rig, &mut random, interrupt)?;
    let from = Instant::now();
    let findings = work_on(work, rig, plan, &mut random)?;
    Ok((findings, from))
}

fn work_on(work: Work, rig: &mut Rig, plan: &Plan, random: &mut Random) -> Result<Findings> {
    let interrupt = &plan.interrupt;
    let counts = (WARM_UP, plan.runs);
    Ok(match work.deed() {
        Deed::Act(command) => {
            let figures = measure_latency(rig, command, counts, random, interrupt)?;
            Findings::Latency(figures)
        }
        Deed::Film(film) => Findings::Film(measure_film(rig, film, plan.duration, interrupt)?),
        Deed::Settle(application) => {
            let figures = measure_settling(rig, application, counts, random, interrupt)?;
            Findings::Settling(figures)
        }
        Deed::Idle => {
            let meter = Meter::start(rig)?;
            interrupt.sleep(plan.duration)?;
            Findings::Idle(meter.stop(rig)?)
        }
    })
}
