//! `cargo xtask test`: all tests.

use anyhow::Result;

use crate::command;
use crate::packages::Goal;
use crate::setup;

/// What the usual build leaves out, and has tests.
const BEHIND_FEATURES: [&str; 9] = [
    "--package",
    "hackstream-view",
    "--package",
    "hackstream-codec",
    "--features",
    "hackstream-view/console,hackstream-view/v4l2,hackstream-codec/h264-device",
    "--lib",
    "--test",
    "h264_device",
];

/// Runs the tests that `arguments` select, all when there are none.
///
/// In the development profile: overflow checks and debug assertions find more than they cost, and
/// pixel code is optimised there too.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    setup::run(Goal::Test)?;
    // End-to-end tests start the programs, which `cargo test` alone builds for their own crate only.
    command::run(&mut command::cargo(&[
        "build",
        "--workspace",
        "--bins",
        "--locked",
    ])?)?;
    let mut test = command::cargo(&["test", "--locked"])?;
    if arguments.is_empty() {
        test.arg("--workspace");
    }
    command::run(test.args(arguments))?;
    if arguments.is_empty() {
        command::run(command::cargo(&["test", "--locked"])?.args(BEHIND_FEATURES))?;
    }
    Ok(())
}
