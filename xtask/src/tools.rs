//! Cargo's extensions, installed when they are missing.

use std::process::Stdio;

use anyhow::{Context, Result};

use crate::command;

/// An extension of cargo and the version that is installed where there is none.
pub(crate) struct Tool {
    /// What comes after `cargo`.
    subcommand: &'static str,
    /// Its crate.
    package: &'static str,
    version: &'static str,
}

/// Checks licences, sources and banned crates.
pub(crate) const DENY: Tool = Tool {
    subcommand: "deny",
    package: "cargo-deny",
    version: "0.20.2",
};

/// Builds and runs fuzz targets.
pub(crate) const FUZZ: Tool = Tool {
    subcommand: "fuzz",
    package: "cargo-fuzz",
    version: "0.13.2",
};

/// Compiles `tool` if cargo does not have it.
pub(crate) fn ensure(tool: &Tool) -> Result<()> {
    let Tool {
        subcommand,
        package,
        version,
    } = tool;
    // Asked of cargo, because it also looks where `cargo install` puts programs.
    let mut version_of = command::cargo(&[subcommand, "--version"])?;
    let answer = version_of
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if answer.context("cannot start cargo")?.success() {
        return Ok(());
    }
    eprintln!("{package} is missing; compiling version {version} takes some minutes, once.");
    let mut install = command::cargo(&["install", "--locked", package, "--version", version])?;
    command::run(&mut install).with_context(|| {
        format!("`cargo {subcommand}` is needed; install it: cargo install --locked {package}")
    })
}
