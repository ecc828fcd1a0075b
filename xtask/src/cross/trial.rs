//! Running what was built for another machine, on this one.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Machine, build};
use crate::command;

/// Names the words that start the viewer of `e2e/tests/device.rs`, one in each line.
const VIEWER: &str = "HACKSTREAM_DEVICE_VIEWER";

/// Runs the tests of the codec in the emulator: each way to code pixels, H.264 too. For ARMv6 without
/// those that need our H.264 encoder: it computes with floating point numbers, for which the emulator has
/// [no C library](super::armv6::root).
pub(super) fn codec(machine: Machine) -> Result<()> {
    // Tests unwind, so that they are not built in the viewer's profile.
    let mut test = build::cargo(machine, "test", &[])?;
    test.args(["--release", "--package", "hackstream-codec"]);
    if machine == Machine::Armv6 {
        test.args(["--no-default-features", "--features", "h264-decode"]);
    }
    command::run(test.args(["--lib", "--tests"]))
}

/// Has the viewer, in the emulator, show a session of this machine.
pub(super) fn session(machine: Machine, program: &Path) -> Result<()> {
    let program = program.to_str().context("a path that is not UTF-8")?;
    let mut words = build::emulator(machine)?;
    words.push(program.to_owned());
    command::run(&mut command::cargo(&[
        "build",
        "--locked",
        "--package",
        "hackstream-server",
        "--bins",
    ])?)?;
    let test = [
        "test",
        "--locked",
        "--package",
        "hackstream-e2e",
        "--test",
        "device",
        "--",
        "--ignored",
    ];
    command::run(command::cargo(&test)?.env(VIEWER, words.join("\n")))
}
