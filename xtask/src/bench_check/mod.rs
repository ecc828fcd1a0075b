//! `cargo xtask bench-check`: the instructions of the micro-benches against the committed baseline.
//!
//! Instructions, because they are the same on a busy machine, and nearly so on another.

mod baseline;
pub(crate) mod counting;
pub(crate) mod projection;
mod table;
mod toolchain;
mod verdict;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::packages::Goal;
use crate::{command, setup};
use baseline::Baseline;
use toolchain::Toolchain;
use verdict::{Comparison, Verdict};

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// What to do with what was counted.
    pub(crate) purpose: Purpose,
    /// Parts of the names of the cases that are wanted; all when there are none.
    pub(crate) wanted: Vec<String>,
}

/// What to do with what was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Compare it with the baseline.
    #[default]
    Check,
    /// Make it the baseline.
    Accept,
}

impl Request {
    fn wants(&self, case: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|part| case.contains(part.as_str()))
    }
}

/// Compares all cases with the baseline.
pub(crate) fn check() -> Result<()> {
    run(&Request::default())
}

/// Counts, shows what changed, and fails if something got worse or is not in the baseline; or makes
/// what was counted the baseline.
pub(crate) fn run(request: &Request) -> Result<()> {
    setup::run(Goal::Ci)?;
    let toolchain = Toolchain::here()?;
    let program = build()?;
    command::run(Command::new(&program).arg("record"))?;
    let listed = command::output(Command::new(&program).arg("list"))?;
    let cases: Vec<&str> = listed.lines().filter(|case| request.wants(case)).collect();
    if cases.is_empty() {
        bail!("no case has such a name; these are known:\n{listed}");
    }
    let counted = counting::count_all(&program, &cases)?;

    let mut baseline = Baseline::read()?.unwrap_or_default();
    let comparison = Comparison::new(
        baseline
            .costs
            .iter()
            .filter(|(case, _)| request.wants(case)),
        &counted,
        &baseline.toolchain.differences(&toolchain),
    );
    table::show(&comparison);
    match request.purpose {
        Purpose::Check => conclude(&comparison),
        Purpose::Accept => {
            if !request.wanted.is_empty() && baseline.toolchain != toolchain {
                bail!("the baseline was made with other tools: accept all cases at once");
            }
            baseline.toolchain = toolchain;
            baseline.costs.retain(|case, _| !request.wants(case));
            baseline.costs.extend(counted);
            baseline.write()
        }
    }
}

/// Compiles the micro-benches, nearly as what is released, and returns the program.
fn build() -> Result<PathBuf> {
    let mut cargo = command::cargo(&[
        "bench",
        "--locked",
        "--package",
        "hackstream-bench",
        "--bench",
        "micro",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ])?;
    program_in(&command::output(&mut cargo)?).context("cargo does not say where the benches are")
}

/// The program that cargo's messages, one JSON object in each line, say was made.
pub(crate) fn program_in(messages: &str) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut programs = messages.filter_map(|message: Value| {
        let path = message["executable"].as_str()?;
        (message["target"]["name"] == "micro").then(|| path.into())
    });
    programs.next()
}

/// Says what to do about the changes, and fails if the baseline does not hold.
fn conclude(comparison: &Comparison) -> Result<()> {
    if comparison.count(Verdict::Better) > 0 {
        eprintln!(
            "Some cases got better. Accept them, so that they stay so: \
             `cargo xtask bench-check --accept`, and commit {}.",
            baseline::FILE
        );
    }
    let worse = comparison.count(Verdict::Worse);
    let unknown = comparison.count(Verdict::New) + comparison.count(Verdict::Gone);
    if worse + unknown == 0 {
        return Ok(());
    }
    bail!(
        "{worse} cases got worse, {unknown} are new or gone. The profiles are in target/{}: \
         `callgrind_annotate FILE` shows where the instructions are. If the change is worth it, \
         or a case is new or gone on purpose: `cargo xtask bench-check --accept`, and commit {}",
        counting::FOLDER,
        baseline::FILE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_bench_and_not_what_else_cargo_made() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"build-script"},"executable":"/t/b"}
            {"reason":"compiler-artifact","target":{"name":"micro"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"micro"},"executable":"/t/micro-1"}
            {"reason":"build-finished","success":true}
        "#;
        assert_eq!(program_in(messages), Some("/t/micro-1".into()));
        assert_eq!(program_in("{}"), None);
    }

    #[test]
    fn cases_are_wanted_by_parts_of_their_names() {
        let wanted = |parts: &[&str], case| {
            let wanted = parts.iter().map(|part| (*part).to_owned()).collect();
            let purpose = Purpose::Check;
            Request { purpose, wanted }.wants(case)
        };
        assert!(wanted(&[], "wire/input/encode"));
        assert!(wanted(&["h264", "input"], "wire/input/encode"));
        assert!(!wanted(&["h264"], "wire/input/encode"));
    }
}
