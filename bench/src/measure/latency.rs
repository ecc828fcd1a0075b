//! From a key to the pixels it causes.

use std::time::Duration;

use anyhow::{Context, Result};

use super::usage::{Meter, Usage};
use crate::interrupt::Interrupt;
use crate::network::Traffic;
use crate::probe::Probe;
use crate::random::Random;
use crate::report::Ticker;
use crate::rig::Rig;
use crate::scene::Command;

/// How long an answer may take before the cell is given up.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Between two actions, in milliseconds: at least, and a random part against lock-step.
const PAUSE: u64 = 100;
const PAUSE_JITTER: u32 = 100;
/// How often the link is looked at to see whether it is quiet.
const STEP: Duration = Duration::from_millis(10);
/// A peer that never stops talking is not waited for longer.
const QUIET_LIMIT: Duration = Duration::from_secs(3);

/// The answers to a number of equal actions.
#[derive(Debug, Clone)]
pub(crate) struct LatencyFigures {
    pub(crate) samples: Vec<Duration>,
    /// Over all actions and the pauses between them: what follows an answer counts too.
    pub(crate) usage: Usage,
}

/// Something that answers actions, and a probe that watches it.
pub(crate) trait Subject {
    fn probe(&self) -> &Probe;
    /// Fails when a program that must run has ended.
    fn check_alive(&mut self) -> Result<()>;
    /// Waits a random while, then until nothing happens any more: late refinements must not meet
    /// the next action.
    fn settle(&mut self, random: &mut Random, interrupt: &Interrupt) -> Result<()>;
}

impl Subject for Rig {
    fn probe(&self) -> &Probe {
        self.probe()
    }

    fn check_alive(&mut self) -> Result<()> {
        self.check_alive()
    }

    fn settle(&mut self, random: &mut Random, interrupt: &Interrupt) -> Result<()> {
        pause(self, random, interrupt)
    }
}

pub(super) fn measure_latency(
    rig: &mut Rig,
    command: Command,
    (warm_up, runs): (u32, u32),
    random: &mut Random,
    interrupt: &Interrupt,
) -> Result<LatencyFigures> {
    act_repeatedly(rig, command, warm_up, random, interrupt)?;
    let meter = Meter::start(rig)?;
    let samples = act_repeatedly(rig, command, runs, random, interrupt)?;
    Ok(LatencyFigures {
        samples,
        usage: meter.stop(rig)?,
    })
}

/// Does an action `runs` times, each once the one before has settled; how long each answer took.
pub(crate) fn act_repeatedly(
    subject: &mut impl Subject,
    command: Command,
    runs: u32,
    random: &mut Random,
    interrupt: &Interrupt,
) -> Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(runs as usize);
    let mut ticker = Ticker::new(runs);
    for run in 0..runs {
        subject.check_alive()?;
        let sample = subject.probe().act(command, ANSWER_LIMIT);
        samples.push(sample.with_context(|| format!("action {} of {runs}", run + 1))?);
        // In the pause: a terminal on this machine takes its time, too.
        ticker.tick(run + 1);
        subject.settle(random, interrupt)?;
    }
    Ok(samples)
}

/// Waits a random while, against lock-step with anything periodic.
pub(crate) fn random_pause(random: &mut Random, interrupt: &Interrupt) -> Result<()> {
    interrupt.sleep(Duration::from_millis(
        PAUSE + u64::from(random.below(PAUSE_JITTER)),
    ))
}

/// As [`Subject::settle`]: until the link is quiet.
pub(super) fn pause(rig: &Rig, random: &mut Random, interrupt: &Interrupt) -> Result<()> {
    random_pause(random, interrupt)?;
    if rig.has_company() {
        // It never is.
        return Ok(());
    }
    let mut last: Option<Traffic> = None;
    let mut quiet_steps = 0;
    let enough = rig.longest_silence().as_millis() / STEP.as_millis();
    for _ in 0..QUIET_LIMIT.as_millis() / STEP.as_millis() {
        let now = rig.traffic()?;
        quiet_steps = if last == Some(now) {
            quiet_steps + 1
        } else {
            0
        };
        if quiet_steps >= enough {
            break;
        }
        last = Some(now);
        interrupt.sleep(STEP)?;
    }
    Ok(())
}
