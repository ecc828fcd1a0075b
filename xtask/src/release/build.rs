//! Building so that the same sources give the same bytes, wherever that is.
//!
//! The compiler and the C compiler are told to call this clone and cargo's folders by fixed names, and
//! symbols are stripped. What remains is the toolchain: the same Rust and the same C compiler.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::PROGRAMS;
use crate::command;

/// The programs, newly built in the folder.
pub(super) fn programs(folder: &Path) -> Result<Vec<PathBuf>> {
    let root = command::root()?;
    let names = [
        (root, "/hackstream"),
        (cargo_home()?, "/cargo"),
        (folder.to_owned(), "/target"),
    ];
    let names = names.map(|(path, name)| format!("{}={name}", path.display()));
    // The unit separator, because paths may hold spaces. The last one that fits counts.
    let rust = names
        .iter()
        .map(|name| format!("--remap-path-prefix={name}"));
    let rust = rust.collect::<Vec<_>>().join("\u{1f}");
    let c = names.iter().map(|name| format!("-ffile-prefix-map={name}"));
    let c = c.collect::<Vec<_>>().join(" ");
    let mut build = command::cargo(&["build", "--release", "--locked", "--target-dir"])?;
    build.arg(folder);
    for program in PROGRAMS {
        build.args(["--package", program]);
    }
    build
        .env("CARGO_ENCODED_RUSTFLAGS", rust)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CFLAGS", &c)
        .env("CXXFLAGS", &c)
        // Archives with times in them differ each second.
        .env("SOURCE_DATE_EPOCH", "0")
        .env("ZERO_AR_DATE", "1");
    command::run(&mut build)?;
    let built = PROGRAMS.map(|program| folder.join("release").join(program));
    if let Some(missing) = built.iter().find(|program| !program.exists()) {
        bail!("the build made no {}", missing.display());
    }
    Ok(built.to_vec())
}

fn cargo_home() -> Result<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    named
        .or_else(usual)
        .context("neither CARGO_HOME nor HOME is set")
}
