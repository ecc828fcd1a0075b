//! From an application's last change to the same picture at the viewer.

use std::time::Duration;

use anyhow::{Context, Result};

use super::latency::pause;
use super::usage::{Meter, Usage};
use crate::applications::Application;
use crate::interrupt::Interrupt;
use crate::probe::Settled;
use crate::random::Random;
use crate::rig::Rig;

/// The answers to a number of like actions in an application. Times that a viewer never reached
/// are missing.
#[derive(Debug, Clone)]
pub(crate) struct SettlingFigures {
    /// Actions that the application answered.
    pub(crate) actions: usize,
    /// From the last change until the picture is close: a mean difference below 1 of 255.
    pub(crate) close: Vec<Duration>,
    /// From the last change until the picture is exact.
    pub(crate) exact: Vec<Duration>,
    /// From the key or the wheel until the picture is close: with the application's own time.
    pub(crate) whole: Vec<Duration>,
    /// Over all actions and the pauses between them.
    pub(crate) usage: Usage,
}

pub(super) fn measure_settling(
    rig: &mut Rig,
    application: Application,
    (warm_up, runs): (u32, u32),
    random: &mut Random,
    interrupt: &Interrupt,
) -> Result<SettlingFigures> {
    let mut turn = 0;
    for _ in 0..warm_up {
        act(rig, application, &mut turn, random, interrupt)?;
    }
    let meter = Meter::start(rig)?;
    let mut answers = Vec::with_capacity(runs as usize);
    for run in 0..runs {
        let answer = act(rig, application, &mut turn, random, interrupt);
        answers.push(answer.with_context(|| format!("action {} of {runs}", run + 1))?);
    }
    let usage = meter.stop(rig)?;
    Ok(SettlingFigures {
        actions: answers.len(),
        close: answers.iter().filter_map(|answer| answer.close).collect(),
        exact: answers.iter().filter_map(|answer| answer.exact).collect(),
        whole: answers.iter().filter_map(|answer| answer.whole).collect(),
        usage,
    })
}

fn act(
    rig: &mut Rig,
    application: Application,
    turn: &mut u32,
    random: &mut Random,
    interrupt: &Interrupt,
) -> Result<Settled> {
    rig.check_alive()?;
    let record = rig.record().context("there is no witness")?;
    let settled = rig.probe().settle(application.gesture(*turn), record)?;
    *turn += 1;
    pause(rig, random, interrupt)?;
    Ok(settled)
}
