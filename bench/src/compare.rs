//! `compare`: all cells one after the other, and their report.

use std::process::ExitCode;

use anyhow::Result;

use crate::applications::Application;
use crate::cell;
use crate::cli::CompareArguments;
use crate::clock::Instant;
use crate::company;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::measure::{Plan, Work};
use crate::network::Link;
use crate::peers::{Peer, PeerName};
use crate::report::{Cell, LinkFacts, Outcome, PeerFacts, Report, RunFacts, progress, show};
use crate::rig::Setting;
use crate::routes::{self, Route};

/// Before so many are done, nobody can say how long the others will take.
const CELLS_TO_LEARN_FROM: usize = 2;
/// Of less than this nothing is said.
const SHORT_SECONDS: f64 = 45.0;

/// A peer of this run: its programs, or why it is left out. No programs: the floor.
type Candidate = (PeerName, Result<Option<Box<dyn Peer>>, String>);

pub(crate) fn run(arguments: &CompareArguments, interrupt: &Interrupt) -> Result<ExitCode> {
    Report::check_folder(arguments.out.as_deref())?;
    let candidates = find_peers(arguments)?;
    let routes = routes::find(arguments.links.as_deref());
    let works = arguments.works();
    let planned = routes.len() * works.len() * candidates.len();
    let links = match routes::describe(&routes, interrupt) {
        Err(_) if interrupt.is_set() => return Ok(ExitCode::from(INTERRUPTED)),
        described => described?,
    };
    let mut report = Report::new(run_facts(arguments, &candidates, links, planned));
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
    let mut counter = Counter::new(planned);
    for (route, work) in pairs(&routes, &works) {
        // Peers innermost: what is compared is measured close together in time.
        for candidate in &candidates {
            if interrupt.is_set() {
                break;
            }
            counter.announce(route.link, work, candidate.0);
            let Some(cell) = run_cell(candidate, route, work, &setting, &plan) else {
                break;
            };
            report.add(cell);
            report.save(arguments.out.as_deref())?;
        }
    }
    if interrupt.is_set() {
        progress("interrupted; what was measured until now:");
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
    done: usize,
    all: usize,
    start: Instant,
}

impl Counter {
    fn new(all: usize) -> Self {
        let (done, start) = (0, Instant::now());
        Self { done, all, start }
    }

    fn announce(&mut self, link: Link, work: Work, peer: PeerName) {
        let (link, work, peer) = (link.name(), work.name(), peer.name());
        let (number, all, left) = (self.done + 1, self.all, self.time_left());
        progress(&format!("[{number}/{all}] {link}, {work}, {peer} …{left}"));
        self.done += 1;
    }

    /// By what the cells so far took; nothing when that says little or the end is near.
    fn time_left(&self) -> String {
        let elapsed = Instant::now().since(self.start).as_secs_f64();
        let left = elapsed / self.done.max(1) as f64 * (self.all - self.done) as f64;
        if self.done < CELLS_TO_LEARN_FROM || left < SHORT_SECONDS {
            return String::new();
        }
        format!(" (about {:.0} min left)", (left / 60.0).max(1.0))
    }
}

fn pairs<'a>(routes: &'a [Route], works: &'a [Work]) -> impl Iterator<Item = (&'a Route, Work)> {
    routes
        .iter()
        .flat_map(|route| works.iter().map(move |work| (route, *work)))
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

fn run_facts(
    arguments: &CompareArguments,
    candidates: &[Candidate],
    links: Vec<LinkFacts>,
    planned: usize,
) -> RunFacts {
    let peers = candidates.iter().filter_map(|(name, found)| {
        let peer = found.as_ref().ok()?.as_deref()?;
        Some(PeerFacts {
            name: name.name(),
            version: peer.version(),
            memory: peer.server_memory_meaning(),
            remark: peer.remark(),
        })
    });
    RunFacts {
        seed: arguments.seed,
        size: arguments.size,
        runs: arguments.runs,
        duration: arguments.duration(),
        links,
        planned,
        peers: peers.collect(),
    }
}

/// `None`: interrupted, so there is nothing to report.
fn run_cell(
    (name, found): &Candidate,
    route: &Route,
    work: Work,
    setting: &Setting,
    plan: &Plan,
) -> Option<Cell> {
    let cell_with = |outcome, split| Cell {
        peer: *name,
        link: route.link,
        work,
        outcome,
        split,
    };
    let cell = |outcome| cell_with(outcome, None);
    let peer = match found {
        Ok(peer) => peer.as_deref(),
        Err(reason) => return Some(cell(Outcome::Skipped(reason.clone())).announced()),
    };
    if let Some(reason) = work.application().and_then(Application::missing) {
        return Some(cell(Outcome::Skipped(reason)).announced());
    }
    if work.has_company() {
        let reason = match name {
            PeerName::Hackstream => company::missing(),
            _ => Some("measured of HackStream only".to_owned()),
        };
        if let Some(reason) = reason {
            return Some(cell(Outcome::Skipped(reason)).announced());
        }
    }
    if peer.is_none() && work == Work::Idle {
        let reason = "nothing to measure without a remoting system".to_owned();
        return Some(cell(Outcome::Skipped(reason)).announced());
    }
    if let (Some(_), Some(barrier)) = (peer, &route.barrier) {
        return Some(cell(Outcome::Skipped(barrier.clone())).announced());
    }
    match cell::run(peer, route.link, work, setting, plan) {
        Ok((findings, split)) => {
            let outcome = Outcome::Measured(Box::new(findings));
            Some(cell_with(outcome, split).announced())
        }
        Err(_) if plan.interrupt.is_set() => None,
        Err(failure) => {
            let cell = cell(Outcome::Failed(format!("{:#}", failure.reason))).announced();
            if !failure.last_words.is_empty() {
                let words = failure.last_words;
                progress(&format!("    the last words of the programs:{words}"));
            }
            Some(cell)
        }
    }
}
