//! Building so that the same sources give the same bytes, wherever that is.
//!
//! The compiler and the C compiler are told to call this clone and cargo's folders by fixed names, and
//! symbols are stripped. What remains is the toolchain: the same Rust and the same C compiler.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Program;
use crate::command;

/// The programs, newly built in the folder.
pub(super) fn programs(folder: &Path) -> Result<Vec<PathBuf>> {
    let names = fixed_names(folder)?;
    let built = Program::ALL.map(|program| build(program, folder, &names));
    built.into_iter().collect()
}

/// What is called by which name: `FOLDER=NAME`. The last one that fits counts.
fn fixed_names(folder: &Path) -> Result<[String; 3]> {
    let names = [
        (command::root()?, "/hackstream"),
        (cargo_home()?, "/cargo"),
        (folder.to_owned(), "/target"),
    ];
    Ok(names.map(|(path, name)| format!("{}={name}", path.display())))
}

fn build(program: Program, folder: &Path, names: &[String]) -> Result<PathBuf> {
    let rust = names
        .iter()
        .map(|name| format!("--remap-path-prefix={name}"));
    // The unit separator, because paths may hold spaces.
    let rust = rust.collect::<Vec<_>>().join("\u{1f}");
    let c = names.iter().map(|name| format!("-ffile-prefix-map={name}"));
    let c = c.chain(program.c_options().iter().map(|&option| option.to_owned()));
    let c = c.collect::<Vec<_>>().join(" ");
    let profile = program.profile();
    let mut build = command::cargo(&["rustc", "--locked", "--profile", profile])?;
    build
        .args(["--package", program.package(), "--bin", program.name()])
        .arg("--target-dir")
        .arg(folder)
        .arg("--")
        .args(program.link_options(std::env::consts::ARCH)?)
        .env("CARGO_ENCODED_RUSTFLAGS", rust)
        .env("CARGO_INCREMENTAL", "0")
        .env(program.strip_variable(), "symbols")
        .env("CFLAGS", &c)
        .env("CXXFLAGS", &c)
        // Archives with times in them differ each second.
        .env("SOURCE_DATE_EPOCH", "0")
        .env("ZERO_AR_DATE", "1");
    command::run(&mut build)?;
    let built = folder.join(profile).join(program.name());
    if !built.exists() {
        bail!("the build made no {}", built.display());
    }
    Ok(built)
}

fn cargo_home() -> Result<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    named
        .or_else(usual)
        .context("neither CARGO_HOME nor HOME is set")
}
