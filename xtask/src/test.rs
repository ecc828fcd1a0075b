//! `cargo xtask test`: all tests.

use anyhow::Result;

use crate::command;
use crate::packages::Goal;
use crate::setup;

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
    command::run(test.args(arguments))
}
