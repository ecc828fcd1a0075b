//! What each part of the product costs, alone: by the clock for a person, by instructions for
//! `cargo xtask bench-check`.
//!
//! ```text
//! cargo bench --package hackstream-bench --bench micro [-- PART-OF-A-NAME]     times
//! micro record        writes the recordings that the cases need
//! micro list          prints the names of the cases
//! micro count CASE    does the work of a case once, in `measured_work`; prints the bytes it made
//! ```
//! The last three are for `bench-check`, which runs `count` under callgrind and has it count the
//! instructions in `measured_work` only.

mod capture;
mod case;
mod control;
mod corpus;
mod envelopes;
mod frames;
mod h264;
// Of the stimulus, whose photographs are drawn with it.
#[path = "../../src/random.rs"]
#[allow(unused_imports, reason = "of its tests, which are not compiled here")]
mod random;
mod regions;
mod sections;
mod session;
mod showing;
mod wire;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use divan::Bencher;

use case::{Case, measured_work};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("micro: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["record"] => corpus::record_all(),
        ["list"] => list(),
        ["count", name] => count(name),
        _ => {
            corpus::record_all()?;
            divan::main();
            Ok(())
        }
    }
}

/// Every case, in the order of the tables.
fn cases() -> Vec<Case> {
    let groups = [
        capture::cases(),
        wire::cases(),
        control::cases(),
        sections::cases(),
        envelopes::cases(),
        frames::cases(),
        h264::cases(),
        regions::cases(),
        session::cases(),
    ];
    groups.into_iter().flatten().collect()
}

fn names() -> Vec<String> {
    cases().into_iter().map(|case| case.name).collect()
}

fn case_called(name: &str) -> Result<Case> {
    let case = cases().into_iter().find(|case| case.name == name);
    case.with_context(|| format!("there is no case {name}; `micro list` names them"))
}

fn list() -> Result<()> {
    let names = names();
    let unique: BTreeSet<&String> = names.iter().collect();
    ensure!(unique.len() == names.len(), "two cases have the same name");
    print(&names.join("\n"))
}

fn count(name: &str) -> Result<()> {
    let mut work = case_called(name)?.prepare()?;
    let bytes = measured_work(&mut *work)?;
    print(&format!("bytes {bytes}"))
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Work that leaves traces is prepared anew for each time it is done, outside the time measured.
#[divan::bench(args = names(), sample_count = 20, max_time = 2)]
#[allow(
    clippy::unwrap_used,
    reason = "divan knows no errors; a case that fails must not look fast"
)]
fn case(bencher: Bencher, name: &str) {
    let case = case_called(name).unwrap();
    bencher
        .with_inputs(|| case.prepare().unwrap())
        .bench_local_refs(|work| measured_work(&mut **work).unwrap());
}
