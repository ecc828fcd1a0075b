//! `cargo xtask cross count …`: the instructions that decoding takes on such a machine, as the emulator
//! counts them, beside those of the baseline, which are x86-64's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Machine, build, prepare};
use crate::bench_check::{counting::number_after, program_in, projection};
use crate::{command, metadata};

/// What counts, for the emulator to load.
const COUNTER: &str = "xtask/src/cross/instructions.c";

/// Counts the works that `device-times` projects, and prints how many instructions one of x86-64 becomes.
pub(crate) fn run(machine: Machine) -> Result<()> {
    if machine == Machine::Armv6 {
        bail!(
            "what is to be decoded is encoded first, with floating point numbers, for which the emulator has \
             no C library on ARMv6: count for armhf, which has no NEON here either"
        );
    }
    prepare()?;
    let projected = projection::all()?;
    let program = micro_benches(machine)?;
    let counter = counter()?;
    let emulator = build::emulator(machine)?;
    command::run(emulated(&emulator).arg(&program).arg("record"))?;
    eprintln!(
        "{:<32} {:>13} {:>13} {:>8}",
        "",
        "x86-64",
        machine.name(),
        "ratio"
    );
    for work in projected {
        let here = work.instructions;
        let there = count(&emulator, &counter, &program, work.case)?;
        let ratio = there as f64 / here as f64;
        eprintln!("{:<32} {here:>13} {there:>13} {ratio:>8.2}", work.what);
    }
    Ok(())
}

/// Compiles the micro-benches for `machine`, nearly as what is released.
fn micro_benches(machine: Machine) -> Result<PathBuf> {
    let mut bench = build::cargo(machine, "bench", &[])?;
    bench.args(["--package", "hackstream-bench", "--bench", "micro"]);
    bench.args(["--no-run", "--message-format=json-render-diagnostics"]);
    program_in(&command::output(&mut bench)?).context("cargo does not say where the benches are")
}

fn counter() -> Result<PathBuf> {
    let built = metadata::target_directory()?.join("cross/instructions.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-O2", "-Wall", "-fPIC", "-shared", "-o"])
        .arg(&built);
    command::run(compiler.arg(command::root()?.join(COUNTER)))?;
    Ok(built)
}

/// The emulator, in the words of `build::emulator`.
fn emulated(words: &[String]) -> Command {
    let mut emulator = Command::new(&words[0]);
    emulator.args(&words[1..]);
    emulator
}

/// The instructions of a case.
fn count(emulator: &[String], counter: &Path, program: &Path, case: &str) -> Result<u64> {
    let mut counting = emulated(emulator);
    counting.arg("-plugin").arg(counter).arg(program);
    let output = counting.args(["count", case]).output();
    let output = output.context("cannot start the emulator")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{case} failed in the emulator ({}):\n{said}", output.status);
    }
    number_after("instructions", &said).with_context(|| format!("{case} was not counted:\n{said}"))
}
