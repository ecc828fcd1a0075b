//! Building for another machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Machine, armv6, toolchain};
use crate::release::{LARGEST_VIEWER, Program};
use crate::{command, metadata};

const VIEWER: Program = Program::Viewer;

/// Builds the viewer as it is released, stripped, and returns where it is.
pub(super) fn viewer(machine: Machine, features: &str) -> Result<PathBuf> {
    let mut build = cargo(machine, "rustc", VIEWER.c_options())?;
    build
        .args(["--features", features])
        .args(["--profile", VIEWER.profile()])
        .args(["--package", VIEWER.name(), "--bin", VIEWER.name(), "--"])
        .args(VIEWER.link_options(machine.architecture())?);
    // With symbols, for the check.
    build.env(VIEWER.strip_variable(), "debuginfo");
    command::run(&mut build)?;
    let folder = metadata::target_directory()?.join("cross");
    let built = folder
        .join(machine.target())
        .join(VIEWER.profile())
        .join(VIEWER.name());
    if machine == Machine::Armv6 {
        armv6::check(&built)?;
    }
    let mut words = vec![VIEWER.name(), machine.name()];
    words.extend(features.split(',').filter(|word| !word.is_empty()));
    let program = folder.join(words.join("-"));
    let mut strip = Command::new(format!("{}-strip", machine.gnu()));
    command::run(strip.arg("-o").arg(&program).arg(built))?;
    Ok(program)
}

/// Tells the size of a viewer; fails if the usual one is too large.
pub(super) fn report(program: &Path, features: &str) -> Result<()> {
    let bytes = std::fs::metadata(program)
        .with_context(|| format!("{} was not built", program.display()))?
        .len();
    let most = LARGEST_VIEWER;
    if !features.is_empty() {
        eprintln!("{}: {bytes} bytes", program.display());
        return Ok(());
    }
    eprintln!("{}: {bytes} bytes (at most {most})", program.display());
    if bytes > most {
        bail!("the viewer is too large; `cargo bloat` and the release profile tell why");
    }
    Ok(())
}

/// Cargo for `machine`, with these options for the C and C++ compilers besides those that the machine
/// needs.
pub(super) fn cargo(machine: Machine, task: &str, c: &[&str]) -> Result<Command> {
    let (target, gnu) = (machine.target(), machine.gnu());
    let in_names = target.replace('-', "_");
    let in_capitals = in_names.to_uppercase();
    let for_cargo = |what: &str| format!("CARGO_TARGET_{in_capitals}_{what}");
    let mut c = c.to_vec();
    if machine == Machine::Armv6 {
        c.push(armv6::C_OPTIONS);
    }
    let c = c.join(" ");
    let mut cargo = toolchain::cargo(machine)?;
    cargo
        .args([task, "--locked", "--target", target, "--target-dir"])
        .arg(metadata::target_directory()?.join("cross"))
        .env(for_cargo("LINKER"), format!("{gnu}-gcc"))
        .env(for_cargo("RUNNER"), emulator(machine)?.join(" "))
        .env(format!("CC_{in_names}"), format!("{gnu}-gcc"))
        .env(format!("CXX_{in_names}"), format!("{gnu}-g++"))
        .env(format!("CFLAGS_{in_names}"), &c)
        .env(format!("CXXFLAGS_{in_names}"), &c);
    if machine == Machine::Armv6 {
        let first = format!("-Clink-arg=-B{}", armv6::parts()?.display());
        cargo.env(for_cargo("RUSTFLAGS"), first);
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
