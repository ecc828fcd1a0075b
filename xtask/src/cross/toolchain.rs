//! The Rust that the viewer is built with for other machines: the oldest that the workspace promises
//! to be content with, so that each build also checks the promise.

use std::process::Command;

use anyhow::{Context, Result};

use super::Machine;
use crate::{command, metadata};

/// A cargo of that Rust, with the standard library of `machine`. What is missing is fetched through
/// rustup.
pub(super) fn cargo(machine: Machine) -> Result<Command> {
    let version = version()?;
    let mut install = Command::new("rustup");
    install
        .args(["toolchain", "install", &version, "--profile", "minimal"])
        .args(["--no-self-update", "--target", machine.target()]);
    command::run(&mut install).context(
        "rustup fetches Rust's standard library for other machines: is it installed \
         (https://rustup.rs), and is this machine online?",
    )?;
    let mut cargo = Command::new("rustup");
    cargo
        .args(["run", &version, "cargo"])
        .current_dir(command::root()?);
    // What this cargo and rustup told xtask about themselves.
    for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        cargo.env_remove(name);
    }
    Ok(cargo)
}

/// The whole version, such as 1.85.0.
fn version() -> Result<String> {
    let promised = metadata::rust_version()?;
    Ok(match promised.matches('.').count() {
        1 => format!("{promised}.0"),
        _ => promised,
    })
}
