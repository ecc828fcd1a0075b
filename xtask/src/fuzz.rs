//! `cargo xtask fuzz`: each target in `fuzz/` for a while.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command;
use crate::tools;

/// Runs every fuzz target for `seconds`, starting from the committed corpus.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let root = command::root()?;
    let folder = root.join("fuzz/fuzz_targets");
    if !folder.exists() {
        eprintln!("There is nothing to fuzz: no folder fuzz/fuzz_targets.");
        return Ok(());
    }
    tools::ensure(&tools::FUZZ)?;
    for target in targets(&folder)? {
        run_target(&root, &target, seconds)?;
    }
    Ok(())
}

/// One target for each source file.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(folder).context("cannot read fuzz/fuzz_targets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            targets.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    targets.sort();
    Ok(targets)
}

fn run_target(root: &Path, target: &str, seconds: u32) -> Result<()> {
    // libFuzzer adds what it finds to the first folder: not to the committed one.
    let found = format!("fuzz/target/found/{target}");
    let seeds = format!("fuzz/corpus/{target}");
    for folder in [&found, &seeds] {
        std::fs::create_dir_all(root.join(folder))
            .with_context(|| format!("cannot create {folder}"))?;
    }
    let time = format!("-max_total_time={seconds}");
    let arguments = [
        "fuzz",
        "run",
        target,
        &found,
        &seeds,
        "--",
        &time,
        "-verbosity=0",
        "-rss_limit_mb=1024",
        // Nothing that a peer sends may take long.
        "-timeout=10",
    ];
    let mut cargo = command::cargo(&arguments)?;
    // The sanitizer is an unstable option; this allows it on the stable toolchain.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    eprintln!("Fuzzing {target} for {seconds} s.");
    command::run(&mut cargo).with_context(|| {
        format!(
            "the fuzz target {target} failed; put the input it names above, from \
             fuzz/artifacts/{target}/, into fuzz/corpus/{target}/ so that `cargo xtask test` \
             replays it"
        )
    })
}
