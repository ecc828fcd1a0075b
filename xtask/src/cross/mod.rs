//! `cargo xtask cross …`: the viewer for machines with an ARM processor, built on this one.
//!
//! rustup has standard libraries for them, Debian has C++ compilers, and an emulator that runs single
//! programs.

mod armv6;
mod build;
pub(crate) mod count;
mod machine;
mod toolchain;
mod trial;

use anyhow::{Result, bail};

pub(crate) use machine::Machine;

use crate::packages::Goal;
use crate::setup;

/// Builds the viewer for `machine`, with these features besides the usual ones, separated by commas, and
/// tells how large it is.
pub(crate) fn build(machine: Machine, features: &str) -> Result<()> {
    prepare()?;
    let program = build::viewer(machine, features)?;
    build::report(&program, features)
}

/// Builds the viewer for `machine`, runs it here against a real session, and compares the pictures.
pub(crate) fn test(machine: Machine) -> Result<()> {
    prepare()?;
    setup::run(Goal::Test)?;
    let program = build::viewer(machine, "")?;
    trial::codec(machine)?;
    trial::session(machine, &program)?;
    build::report(&program, "")
}

fn prepare() -> Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        bail!("cross building is prepared for x86-64 only; on ARM, build natively");
    }
    setup::run(Goal::Cross)
}
