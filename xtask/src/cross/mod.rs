//! `cargo xtask cross …`: the viewer for machines with an ARM processor, built on this one.
//!
//! Debian has a Rust with standard libraries for ARM, C++ compilers for it, and an emulator that
//! runs single programs. The Rust is unpacked into the target folder, not installed: a machine that
//! has one of its own keeps using that for all else.

mod build;
mod machine;
mod toolchain;
mod trial;

use anyhow::Result;

pub(crate) use machine::Machine;

use crate::packages::Goal;
use crate::setup;

/// Builds the viewer for `machine` and tells how large it is.
pub(crate) fn build(machine: Machine) -> Result<()> {
    setup::run(Goal::Cross)?;
    let program = build::viewer(machine)?;
    build::report(&program)
}

/// Builds the viewer for `machine`, runs it here against a real session, and compares the pictures.
pub(crate) fn test(machine: Machine) -> Result<()> {
    setup::run(Goal::Cross)?;
    setup::run(Goal::Test)?;
    let program = build::viewer(machine)?;
    build::report(&program)?;
    trial::codec(machine)?;
    trial::session(machine, &program)
}
