//! Building for another machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Machine, toolchain};
use crate::{command, metadata};

/// The viewer may not be larger, in bytes: it shares a small machine's memory card and page cache.
const LARGEST_VIEWER: u64 = 6_000_000;

/// Builds the viewer, stripped, and returns where it is.
pub(super) fn viewer(machine: Machine) -> Result<PathBuf> {
    let mut build = cargo(machine, "build")?;
    build.args(["--package", "hackstream-view"]);
    command::run(&mut build)?;
    let folder = metadata::target_directory()?.join("cross");
    let program = folder.join(format!("hackstream-view-{}", machine.debian()));
    let built = folder
        .join(machine.target())
        .join("release/hackstream-view");
    let mut strip = Command::new(format!("{}-strip", machine.gnu()));
    command::run(strip.arg("-o").arg(&program).arg(built))?;
    Ok(program)
}

/// Tells the size of a viewer; fails if it is too large.
pub(super) fn report(program: &Path) -> Result<()> {
    let bytes = std::fs::metadata(program)
        .with_context(|| format!("{} was not built", program.display()))?
        .len();
    eprintln!(
        "{}: {:.2} MB (at most {:.2} MB)",
        program.display(),
        bytes as f64 / 1e6,
        LARGEST_VIEWER as f64 / 1e6
    );
    if bytes > LARGEST_VIEWER {
        bail!("the viewer is too large; `cargo bloat` and the release profile tell why");
    }
    Ok(())
}

/// Cargo for `machine`, in the profile that is released.
pub(super) fn cargo(machine: Machine, task: &str) -> Result<Command> {
    let compiler = toolchain::compiler(machine)?;
    let (target, gnu) = (machine.target(), machine.gnu());
    let in_names = target.replace('-', "_");
    let in_capitals = in_names.to_uppercase();
    let mut cargo = command::cargo(&[task, "--release", "--locked", "--target", target])?;
    cargo
        .arg("--target-dir")
        .arg(metadata::target_directory()?.join("cross"))
        .env("RUSTC", compiler)
        .env(
            format!("CARGO_TARGET_{in_capitals}_LINKER"),
            format!("{gnu}-gcc"),
        )
        .env(
            format!("CARGO_TARGET_{in_capitals}_RUNNER"),
            machine.emulator().join(" "),
        )
        .env(format!("CC_{in_names}"), format!("{gnu}-gcc"))
        .env(format!("CXX_{in_names}"), format!("{gnu}-g++"))
        .env(format!("AR_{in_names}"), format!("{gnu}-ar"));
    Ok(cargo)
}
