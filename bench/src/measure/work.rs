//! The kinds of work and their dispatch.

use std::time::Duration;

use anyhow::Result;

use super::film::{FilmFigures, measure_film};
use super::latency::{LatencyFigures, measure_latency, pause};
use super::usage::{Meter, Usage};
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::random::Random;
use crate::rig::Rig;
use crate::scene::Command;

/// Actions before measuring starts.
pub(crate) const WARM_UP: u32 = 5;

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
    /// Nothing happens.
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
            Self::Idle => "idle",
        }
    }

    pub(crate) const fn deed(self) -> Deed {
        match self {
            Self::Key => Deed::Act(Command::Letter),
            Self::Scroll => Deed::Act(Command::ScrollByCopy),
            Self::RedrawScroll => Deed::Act(Command::ScrollByRedraw),
            Self::Repaint => Deed::Act(Command::Repaint),
            Self::Video => Deed::Film(Command::Film30),
            Self::Video60 => Deed::Film(Command::Film60),
            Self::Idle => Deed::Idle,
        }
    }
}

/// How a kind of work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// One key after the other, each answered.
    Act(Command),
    /// A key starts a film.
    Film(Command),
    /// Nothing.
    Idle,
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
    Idle(Usage),
}

impl Findings {
    pub(crate) const fn usage(&self) -> &Usage {
        match self {
            Self::Latency(figures) => &figures.usage,
            Self::Film(figures) => &figures.usage,
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
    match work.deed() {
        Deed::Act(command) => {
            let counts = (WARM_UP, plan.runs);
            measure_latency(rig, command, counts, random, interrupt).map(Findings::Latency)
        }
        Deed::Film(start) => measure_film(rig, start, plan.duration, interrupt).map(Findings::Film),
        Deed::Idle => {
            let meter = Meter::start(rig)?;
            interrupt.sleep(plan.duration)?;
            meter.stop(rig).map(Findings::Idle)
        }
    }
}
