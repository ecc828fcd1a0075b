//! `measure`: every kind of work, one after the other, on one viewer.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::arguments::MeasureArguments;
use super::failure::Failure;
use super::outcome::{Figures, Outcome, Traffic, spacings};
use super::seat::Seat;
use super::session::Session;
use super::viewer::Viewer;
use super::{json, table};
use crate::clock::Instant;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::measure::{Deed, Subject, WARM_UP, Work, act_repeatedly, start_film};
use crate::random::Random;
use crate::report::progress;
use crate::scene::{Command, Film, ScreenSize};
use crate::split::Split;
use crate::workspace::Workspace;

/// All that was measured.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) server: String,
    /// Where the viewer was shown, if not on an Xvfb of ours.
    pub(super) display: Option<String>,
    /// Absent if something went wrong before the end.
    pub(super) facts: Option<Facts>,
    pub(super) outcomes: Vec<Outcome>,
}

/// What is known at the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// The session's screen.
    pub(super) size: ScreenSize,
    /// Milliseconds: the least of the last minute, and now.
    pub(super) rtt_ms: Option<[f64; 2]>,
    pub(super) viewer_pss_bytes: Option<u64>,
}

pub(crate) fn run(arguments: &MeasureArguments, interrupt: &Interrupt) -> Result<ExitCode> {
    let workspace = Workspace::create()?;
    let mut outcomes = Vec::new();
    let result = measure(arguments, &workspace, interrupt, &mut outcomes);
    drop(workspace);
    if !outcomes.is_empty() {
        // What was measured before something went wrong is right all the same.
        conclude(arguments, &result, outcomes)?;
    }
    match result {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(_) if interrupt.is_set() => {
            progress("interrupted");
            Ok(ExitCode::from(INTERRUPTED))
        }
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(failure) => {
                eprintln!("hackstream-bench: {failure}");
                Ok(ExitCode::from(failure.exit_code()))
            }
            None => Err(error),
        },
    }
}

/// Shows and keeps what was measured.
fn conclude(
    arguments: &MeasureArguments,
    facts: &Result<Facts>,
    outcomes: Vec<Outcome>,
) -> Result<()> {
    let measured = Measured {
        server: arguments.server.clone(),
        display: arguments.display.clone(),
        facts: facts.as_ref().ok().copied(),
        outcomes,
    };
    let mut out = std::io::stdout();
    out.write_all(table::render(&measured).as_bytes())?;
    match &arguments.json {
        Some(file) => save(&measured, file),
        None => Ok(()),
    }
}

fn save(measured: &Measured, file: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(&json::report(measured))? + "\n";
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Does all works; what was measured of them goes to `outcomes`.
fn measure(
    arguments: &MeasureArguments,
    workspace: &Workspace,
    interrupt: &Interrupt,
    outcomes: &mut Vec<Outcome>,
) -> Result<Facts> {
    let viewer = Viewer::find(arguments)?;
    progress(&format!("connecting to {} …", arguments.server));
    let size = viewer.visit(workspace, interrupt)?;
    let display = arguments.display.as_deref();
    let seat = Seat::take(display, size, workspace, interrupt)?;
    progress(&format!(
        "a session of {size} pixels; starting the viewer …"
    ));
    let mut session = Session::start(&viewer, seat, size, workspace, interrupt)?;
    for (number, &work) in (1..).zip(&arguments.works) {
        let (all, name) = (arguments.works.len(), work.name());
        progress(&format!("[{number}/{all}] {name} …"));
        let outcome = do_work(&mut session, work, arguments, interrupt);
        let outcome = outcome.map_err(|error| {
            let error = error.context(format!("cannot measure {name}"));
            session.explain(error, &viewer, workspace)
        })?;
        progress(&format!("    {}", table::brief(&outcome)));
        outcomes.push(outcome);
    }
    Ok(Facts {
        size,
        rtt_ms: session
            .newest()
            .map(|line| [line.least_rtt_ms, line.rtt_ms]),
        viewer_pss_bytes: session.viewer_tree().root_pss_bytes(),
    })
}

fn do_work(
    session: &mut Session,
    work: Work,
    arguments: &MeasureArguments,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    let mut random = Random::new(arguments.seed);
    session.settle(&mut random, interrupt)?;
    match work.deed() {
        Deed::Act(command) => {
            let runs = arguments.runs;
            act(session, (work, command), runs, &mut random, interrupt)
        }
        Deed::Film(film) => {
            let outcome = watch(session, (work, film), arguments, interrupt)?;
            session.settle(&mut random, interrupt)?;
            Ok(outcome)
        }
        Deed::Settle(_) | Deed::Idle => bail!("{} cannot be measured from afar", work.name()),
    }
}

/// Bytes are counted between two moments at which the viewer has told everything, so that they are
/// those of the actions to the last one.
fn act(
    session: &mut Session,
    (work, command): (Work, Command),
    runs: u32,
    random: &mut Random,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    act_repeatedly(session, command, WARM_UP, random, interrupt)?;
    session.wait_until_told(interrupt)?;
    let (tree, from) = (session.viewer_tree(), Instant::now());
    let cpu_before = tree.root_cpu_time().unwrap_or_default();
    let samples = act_repeatedly(session, command, runs, random, interrupt)?;
    let cpu = tree.root_cpu_time().unwrap_or_default();
    let elapsed = Instant::now().since(from);
    session.wait_until_told(interrupt)?;
    let lines = session.told(from, Instant::now());
    Ok(Outcome {
        work,
        figures: Figures::Answers(samples),
        cpu: (cpu.saturating_sub(cpu_before), elapsed),
        traffic: Traffic::of(&lines),
        split: Split::of(&lines),
    })
}

/// The film runs before and after, so only periods that lie wholly in the watch count; on a machine
/// so busy that there is none, the one that outlasts it.
fn watch(
    session: &mut Session,
    (work, film): (Work, Film),
    arguments: &MeasureArguments,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    start_film(session.probe(), film, interrupt)?;
    session.check_alive()?;
    let (tree, from) = (session.viewer_tree(), Instant::now());
    let cpu_before = tree.root_cpu_time().unwrap_or_default();
    let watch = session.probe().watch_film(arguments.duration())?;
    let cpu = tree.root_cpu_time().unwrap_or_default();
    let to = Instant::now();
    session.probe().press(Command::StopFilm)?;
    session.wait_until_told(interrupt)?;
    let mut lines = session.told(from, to);
    if lines.is_empty() {
        lines = session.told(from, Instant::now());
    }
    Ok(Outcome {
        work,
        figures: Figures::Spacings(spacings(&watch.sightings)),
        cpu: (cpu.saturating_sub(cpu_before), to.since(from)),
        traffic: Traffic::of(&lines),
        split: Split::of(&lines),
    })
}
