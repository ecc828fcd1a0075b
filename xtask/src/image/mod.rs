//! `cargo xtask image`: the container image of a session, built and tried.

mod base;
mod context;
mod engine;

use std::path::Path;

use anyhow::{Context, Result};

use crate::command;
use crate::metadata;
use crate::packages::Goal;
use crate::scratch::Scratch;
use crate::setup;
use engine::{Engine, Found};

/// What the image is called if nothing else is said.
pub(crate) const USUAL_TAG: &str = "hackstream-session";

/// What to do with the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Build it, called this.
    Build {
        /// Its name, with a version or without.
        tag: String,
    },
    /// Build it and run the tests that need it, those whose names contain one of these words.
    Test {
        /// All if empty.
        wanted: Vec<String>,
    },
}

/// Does it.
pub(crate) fn run(request: &Request) -> Result<()> {
    setup::run(Goal::Image)?;
    let engine = match Engine::find()? {
        Found::Engine(engine) => engine,
        Found::Nothing { why } => match request {
            Request::Build { .. } => anyhow::bail!("no container engine can run here: {why}"),
            Request::Test { .. } => {
                eprintln!("SKIPPED: the tests of the image; no container engine can run: {why}");
                eprintln!(
                    "What needs no engine is tested by `cargo xtask test --test entrypoint`."
                );
                return Ok(());
            }
        },
    };
    match request {
        Request::Build { tag } => build(&engine, tag),
        Request::Test { wanted } => {
            build(&engine, USUAL_TAG)?;
            test(&engine, wanted)
        }
    }
}

fn build(engine: &Engine, tag: &str) -> Result<()> {
    let release = [
        "build",
        "--release",
        "--locked",
        "--package",
        "hackstream-server",
    ];
    command::run(&mut command::cargo(&release)?)?;
    let base = base::ensure(engine)?;
    let context = Scratch::create("hackstream-image")?;
    context::fill(context.path())?;
    let mut build = engine.docker();
    build.args(["build", "--tag", tag, "--build-arg"]);
    build.arg(format!("BASE={base}"));
    if engine.is_our_own() {
        // It leaves the machine's packet filter alone, so that only this network leads anywhere.
        build.args(["--network", "host"]);
    }
    command::run(build.arg(context.path()))?;
    report(engine, tag)
}

/// Says how large it is.
fn report(engine: &Engine, tag: &str) -> Result<()> {
    let mut inspect = engine.docker();
    inspect.args(["image", "inspect", "--format", "{{.Size}}", tag]);
    let bytes = command::output(&mut inspect)?;
    let bytes: u64 = bytes.trim().parse().context("the size of an image")?;
    eprintln!(
        "The image {tag} has {} MB, its base included.",
        bytes / 1_000_000
    );
    if engine.is_our_own() {
        let data = engine.data()?;
        eprintln!(
            "It is in {}, the store of an engine that has ended again. To get it out, start one of \
             your own before: `cargo xtask image` uses it, if `docker info` sees it.",
            data.display()
        );
    }
    Ok(())
}

fn test(engine: &Engine, wanted: &[String]) -> Result<()> {
    // The tests' own viewer and harness; the server is the image's.
    command::run(&mut command::cargo(&[
        "build",
        "--workspace",
        "--bins",
        "--locked",
    ])?)?;
    let run = [
        "test",
        "--locked",
        "--package",
        "hackstream-e2e",
        "--test",
        "image",
        "--test",
        "docker",
        "--test",
        "docker_plane",
    ];
    let mut test = command::cargo(&run)?;
    // One after another: they measure, and two browsers would wait for each other.
    test.args(["--", "--ignored", "--nocapture", "--test-threads=1"]);
    test.args(wanted).env("HACKSTREAM_TEST_IMAGE", USUAL_TAG);
    engine.use_in(&mut test);
    command::run(&mut test)
}

/// The folder that the engine of our own keeps its images in.
fn store() -> Result<std::path::PathBuf> {
    Ok(metadata::target_directory()?.join("image"))
}

/// Removes what may be missing.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
