//! `cargo xtask ci`: every check but the tests, cheapest first.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::packages::Goal;
use crate::{bench_check, command, edges, fences, fuzz, metadata, setup, sizes, tools};

/// One check.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        about: "rustfmt has nothing to change",
        run: format,
    },
    Step {
        name: "edges",
        about: "the map in ARCHITECTURE.md is true",
        run: edges::check,
    },
    Step {
        name: "fences",
        about: "unsafe code stands in modules called raw",
        run: fences::check,
    },
    Step {
        name: "sizes",
        about: "no file or function is far too long",
        run: sizes::check,
    },
    Step {
        name: "clippy",
        about: "no warnings, tests included",
        run: clippy,
    },
    Step {
        name: "features",
        about: "each feature builds alone, and none at all",
        run: features,
    },
    Step {
        name: "docs",
        about: "the documentation builds without warnings",
        run: docs,
    },
    Step {
        name: "deny",
        about: "licences, sources and banned crates",
        run: deny,
    },
    Step {
        name: "bench-check",
        about: "no micro-bench takes more instructions than its baseline",
        run: bench_check::check,
    },
    Step {
        name: "device-times",
        about: "decoding would be quick enough on the smallest machine",
        run: bench_check::projection::run,
    },
    Step {
        name: "fuzz",
        about: "a minute of hostile bytes for each fuzz target",
        run: smoke,
    },
];

/// Seconds for each fuzz target.
const SMOKE_SECONDS: u32 = 60;

/// Names the steps.
pub(crate) fn list() {
    for step in STEPS {
        eprintln!("  {:<12} {}", step.name, step.about);
    }
}

/// Runs the steps called `names`, all when there are none. The first failure ends it.
pub(crate) fn run(names: &[String]) -> Result<()> {
    let chosen = choose(names)?;
    setup::run(Goal::Ci)?;
    let mut done = Vec::new();
    for step in chosen {
        eprintln!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        (step.run)().with_context(|| {
            format!(
                "the step {0} failed; `cargo xtask ci {0}` runs it alone",
                step.name
            )
        })?;
        let seconds = start.elapsed().as_secs_f32();
        eprintln!("== {}: passed in {seconds:.1} s", step.name);
        done.push(format!("{} {seconds:.1} s", step.name));
    }
    eprintln!("\nAll passed: {}", done.join(", "));
    Ok(())
}

fn choose(names: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        bail!("there is no step {unknown}; `cargo xtask ci --list` names them");
    }
    let wanted = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

fn format() -> Result<()> {
    let fix = "`cargo fmt` (and `cargo fmt --manifest-path fuzz/Cargo.toml`) repairs it";
    command::run(&mut command::cargo(&["fmt", "--all", "--check"])?).context(fix)?;
    let fuzz = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"];
    command::run(&mut command::cargo(&fuzz)?).context(fix)
}

fn clippy() -> Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    command::run(&mut command::cargo(&arguments)?)
}

fn features() -> Result<()> {
    for package in metadata::packages()?
        .iter()
        .filter(|package| !package.features.is_empty())
    {
        let check = [
            "check",
            "--locked",
            "--package",
            &package.name,
            "--no-default-features",
        ];
        command::run(&mut command::cargo(&check)?)?;
        for feature in &package.features {
            command::run(command::cargo(&check)?.args(["--features", feature]))?;
        }
    }
    Ok(())
}

fn docs() -> Result<()> {
    let mut doc = command::cargo(&["doc", "--workspace", "--no-deps", "--locked"])?;
    command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny() -> Result<()> {
    tools::ensure(&tools::DENY)?;
    let check = ["deny", "--locked", "check", "bans", "licenses", "sources"];
    command::run(&mut command::cargo(&check)?)
}

fn smoke() -> Result<()> {
    fuzz::run(SMOKE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Result<Vec<&'static str>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(choose(&names)?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn steps_are_chosen_by_name_and_run_in_their_order() {
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len());
        assert_eq!(chosen(&["deny", "edges"]).unwrap(), ["edges", "deny"]);
        assert!(chosen(&["edgy"]).is_err());
    }
}
