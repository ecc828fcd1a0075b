//! Running what was built for another machine, on this one.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Machine, build};
use crate::command;

/// Names the words that start the viewer of `e2e/tests/device.rs`, one in each line.
const VIEWER: &str = "HACKSTREAM_DEVICE_VIEWER";

/// Runs the tests of the codec in the emulator: each way to code pixels, H.264 too.
pub(super) fn codec(machine: Machine) -> Result<()> {
    // Tests unwind, so that they are not built in the viewer's profile.
    let mut test = build::cargo(machine, "test", &[])?;
    command::run(test.args([
        "--release",
        "--package",
        "hackstream-codec",
        "--lib",
        "--tests",
    ]))
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
