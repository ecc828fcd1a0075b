//! `cargo xtask release`: the programs as they are given to people, with all that must go with them.

mod build;
pub(crate) mod licences;
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::metadata;
use crate::packages::Goal;
use crate::setup;

pub(crate) use program::Program;

/// Bytes that the viewer may have: it is loaded from the card of a small device.
pub(crate) const LARGEST_VIEWER: u64 = 6_000_000;

/// What goes with the programs.
pub(crate) const LEGAL: [&str; 4] = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "NOTICE"];

/// The licences of everybody whose work is in the programs.
pub(crate) const THIRD_PARTY: &str = "THIRD-PARTY.txt";

/// How sure to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rigour {
    /// Build.
    Once,
    /// Build again, from nothing and in another folder, and compare.
    Twice,
}

/// Puts everything into `target/dist`.
pub(crate) fn run(rigour: Rigour) -> Result<()> {
    setup::run(Goal::Build)?;
    let target = metadata::target_directory()?;
    let built = build::programs(&target.join("dist-build"))?;
    if rigour == Rigour::Twice {
        compare(&built, &target.join("dist-again"))?;
    }
    let dist = target.join("dist");
    fs::create_dir_all(&dist).with_context(|| format!("cannot make {}", dist.display()))?;
    for program in &built {
        copy(program, &dist)?;
    }
    let root = command::root()?;
    for name in LEGAL {
        copy(&root.join(name), &dist)?;
    }
    let programs = Program::ALL.map(Program::name);
    let third_party = licences::text(&Program::ALL.map(Program::package))?;
    fs::write(dist.join(THIRD_PARTY), third_party).context("cannot write the licences")?;
    let mut sums = Command::new("sha256sum");
    let sums = command::output(sums.args(programs).current_dir(&dist))?;
    fs::write(dist.join("SHA256SUMS"), &sums).context("cannot write the sums")?;
    eprint!("{sums}");
    sizes(&built)?;
    eprintln!("All of it is in {}", dist.display());
    Ok(())
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file without a name")?;
    let copied = fs::copy(file, folder.join(name));
    copied.with_context(|| format!("cannot copy {}", file.display()))?;
    Ok(())
}

/// Says how large the programs are, and fails if the viewer is too large.
fn sizes(programs: &[PathBuf]) -> Result<()> {
    for program in programs {
        let bytes = fs::metadata(program).context("a program")?.len();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        eprintln!("{name}: {bytes} bytes");
        if name == Program::Viewer.name() && bytes > LARGEST_VIEWER {
            bail!("too large: {name} may have {LARGEST_VIEWER} bytes");
        }
    }
    Ok(())
}

/// Builds once more and fails if a byte differs.
fn compare(built: &[PathBuf], folder: &Path) -> Result<()> {
    let again = build::programs(folder)?;
    for (first, second) in built.iter().zip(&again) {
        if fs::read(first).context("a program")? != fs::read(second).context("a program")? {
            bail!(
                "{} and {} differ: the build is not reproducible",
                first.display(),
                second.display()
            );
        }
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    eprintln!("Built twice, with the same bytes.");
    Ok(())
}
