//! `compare`: all cells one after the other, and their report.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cell;
use crate::cli::CompareArguments;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::measure::{Plan, Work};
use crate::network::Link;
use crate::peers::{Peer, PeerName};
use crate::report::{Cell, Outcome, Report, RunFacts, progress, show};
use crate::rig::Setting;

/// A peer of this run: its programs, or why it is left out. No programs: the floor.
type Candidate = (PeerName, Result<Option<Box<dyn Peer>>, String>);

pub(crate) fn run(arguments: &CompareArguments, interrupt: &Interrupt) -> Result<ExitCode> {
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let candidates = find_peers(arguments)?;
    let mut report = Report::new(run_facts(arguments, &candidates));
    for link in &arguments.links {
        progress(&format!("link {}: {}", link.name(), link.figures()));
    }
    let plan = Plan {
        runs: arguments.runs,
        duration: arguments.duration(),
        seed: arguments.seed,
        interrupt: interrupt.clone(),
    };
    let (size, seed) = (arguments.size, arguments.seed);
    let setting = Setting {
        size,
        seed,
        interrupt: interrupt.clone(),
    };
    let mut counter = Counter::new(arguments);
    for (link, work) in pairs(&arguments.links, &arguments.works) {
        // Peers innermost: what is compared is measured close together in time.
        for candidate in &candidates {
            if interrupt.is_set() {
                break;
            }
            counter.announce(link, work, candidate.0);
            let Some(cell) = run_cell(candidate, link, work, &setting, &plan) else {
                break;
            };
            report.add(cell);
            report.save(arguments.out.as_deref())?;
        }
    }
    show(&report)?;
    report.draw(arguments.out.as_deref())?;
    Ok(match (interrupt.is_set(), report.has_failures()) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}

/// Where in the run we are.
struct Counter {
    next: usize,
    all: usize,
}

impl Counter {
    fn new(arguments: &CompareArguments) -> Self {
        let all = planned_cells(arguments);
        Self { next: 1, all }
    }

    fn announce(&mut self, link: Link, work: Work, peer: PeerName) {
        let (link, work, peer) = (link.name(), work.name(), peer.name());
        progress(&format!(
            "[{}/{}] {link} {work} {peer} …",
            self.next, self.all
        ));
        self.next += 1;
    }
}

fn planned_cells(arguments: &CompareArguments) -> usize {
    arguments.links.len() * arguments.works.len() * arguments.peers.len()
}

fn pairs<'a>(links: &'a [Link], works: &'a [Work]) -> impl Iterator<Item = (Link, Work)> + 'a {
    links
        .iter()
        .flat_map(|link| works.iter().map(|work| (*link, *work)))
}

fn find_peers(arguments: &CompareArguments) -> Result<Vec<Candidate>> {
    let folder = arguments.program_folder()?;
    let find = |name: &PeerName| {
        (
            *name,
            name.find(&folder).map_err(|error| format!("{error:#}")),
        )
    };
    Ok(arguments.peers.iter().map(find).collect())
}

fn run_facts(arguments: &CompareArguments, candidates: &[Candidate]) -> RunFacts {
    let versions = candidates.iter().filter_map(|(name, found)| {
        let peer = found.as_ref().ok()?.as_deref()?;
        Some((name.name(), peer.version(), peer.server_memory_meaning()))
    });
    RunFacts {
        seed: arguments.seed,
        size: arguments.size,
        runs: arguments.runs,
        duration: arguments.duration(),
        links: arguments
            .links
            .iter()
            .map(|link| (link.name(), link.figures()))
            .collect(),
        planned: planned_cells(arguments),
        versions: versions.collect(),
    }
}

/// `None`: interrupted, so there is nothing to report.
fn run_cell(
    (name, found): &Candidate,
    link: Link,
    work: Work,
    setting: &Setting,
    plan: &Plan,
) -> Option<Cell> {
    let cell_with = |outcome, split| Cell {
        peer: *name,
        link,
        work,
        outcome,
        split,
    };
    let cell = |outcome| cell_with(outcome, None);
    let peer = match found {
        Ok(peer) => peer.as_deref(),
        Err(reason) => return Some(cell(Outcome::Skipped(reason.clone())).announced()),
    };
    if peer.is_none() && work == Work::Idle {
        let reason = "nothing to measure without a remoting system".to_owned();
        return Some(cell(Outcome::Skipped(reason)).announced());
    }
    match cell::run(peer, link, work, setting, plan) {
        Ok((findings, split)) => Some(cell_with(Outcome::Measured(findings), split).announced()),
        Err(_) if plan.interrupt.is_set() => None,
        Err(error) => Some(cell(Outcome::Failed(format!("{error:#}"))).announced()),
    }
}
