//! Building for another machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Machine, armv6, toolchain};
use crate::{command, metadata, release};

/// Builds the viewer, stripped, and returns where it is.
pub(super) fn viewer(machine: Machine) -> Result<PathBuf> {
    let mut build = cargo(machine, "build")?;
    build.args(["--package", release::VIEWER]);
    command::run(&mut build)?;
    let folder = metadata::target_directory()?.join("cross");
    let built = folder
        .join(machine.target())
        .join("release")
        .join(release::VIEWER);
    if machine == Machine::Armv6 {
        armv6::check(&built)?;
    }
    let program = folder.join(format!("{}-{}", release::VIEWER, machine.name()));
    let mut strip = Command::new(format!("{}-strip", machine.gnu()));
    command::run(strip.arg("-o").arg(&program).arg(built))?;
    Ok(program)
}

/// Tells the size of a viewer; fails if it is too large.
pub(super) fn report(program: &Path) -> Result<()> {
    let bytes = std::fs::metadata(program)
        .with_context(|| format!("{} was not built", program.display()))?
        .len();
    let most = release::LARGEST_VIEWER;
    eprintln!("{}: {bytes} bytes (at most {most})", program.display());
    if bytes > most {
        bail!("the viewer is too large; `cargo bloat` and the release profile tell why");
    }
    Ok(())
}

/// Cargo for `machine`, in the profile that is released.
pub(super) fn cargo(machine: Machine, task: &str) -> Result<Command> {
    let (target, gnu) = (machine.target(), machine.gnu());
    let in_names = target.replace('-', "_");
    let in_capitals = in_names.to_uppercase();
    let for_cargo = |what: &str| format!("CARGO_TARGET_{in_capitals}_{what}");
    let mut cargo = toolchain::cargo(machine)?;
    cargo
        .args([task, "--release", "--locked", "--target", target])
        .arg("--target-dir")
        .arg(metadata::target_directory()?.join("cross"))
        .env(for_cargo("LINKER"), format!("{gnu}-gcc"))
        .env(for_cargo("RUNNER"), emulator(machine)?.join(" "))
        .env(format!("CC_{in_names}"), format!("{gnu}-gcc"))
        .env(format!("CXX_{in_names}"), format!("{gnu}-g++"))
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    if machine == Machine::Armv6 {
        let first = format!("-Clink-arg=-B{}", armv6::parts()?.display());
        cargo
            .env(for_cargo("RUSTFLAGS"), first)
            .env(format!("CFLAGS_{in_names}"), armv6::C_OPTIONS)
            .env(format!("CXXFLAGS_{in_names}"), armv6::C_OPTIONS)
            // For the check.
            .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
    }
    Ok(cargo)
}

/// The words that run a program of `machine` here.
pub(super) fn emulator(machine: Machine) -> Result<Vec<String>> {
    let root = match machine {
        Machine::Armv6 => armv6::root()?,
        Machine::Armhf | Machine::Arm64 => Path::new("/usr").join(machine.gnu()),
    };
    Ok(machine.emulator(&root))
}
