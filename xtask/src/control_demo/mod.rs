//! `cargo xtask control-demo`: a hub, a node and a first user, all on this machine, and a browser that
//! the user launches through them.

mod person;
mod plane;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::metadata;
use crate::packages::Goal;
use crate::processes::{Event, Processes, Role};
use crate::scratch::Scratch;
use crate::setup;
use person::Person;
use plane::Plane;

/// Where the picture goes when there is no display to show it on, under the target directory.
const PICTURE: &str = "control-demo.png";

/// Milliseconds until that picture is taken: a browser needs some seconds to start.
const PICTURE_AFTER: &str = "12000";

/// The programs that take part.
const PACKAGES: [&str; 5] = [
    "hackstream-server",
    "hackstream-view",
    "hackstream-hub",
    "hackstream-node",
    "hackstream-cli",
];

/// Launches a browser, with a page if one is named, and shows it until it is closed.
pub(crate) fn run(url: Option<&str>) -> Result<()> {
    setup::run(Goal::Demo)?;
    build()?;
    let scratch = Scratch::create("hackstream-control-demo")?;
    // Sessions run as other users, who pass through it and read nothing.
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o711))?;
    let mut processes = Processes::new()?;
    let outcome = show(&mut processes, scratch.path(), url);
    processes.stop();
    outcome
}

fn build() -> Result<()> {
    let mut build = command::cargo(&["build", "--release", "--locked", "--bins"])?;
    for package in PACKAGES {
        build.args(["--package", package]);
    }
    command::run(&mut build)
}

fn show(processes: &mut Processes, folder: &Path, url: Option<&str>) -> Result<()> {
    let plane = Plane::start(processes, folder)?;
    let person = Person::new(folder, &plane)?;
    person.log_in(&plane.password)?;
    person.wait_for_node()?;
    eprintln!(
        "Another terminal can do this, too:\n  {}",
        person.line("list")
    );
    let picture = launch(processes, &person, url)?;
    let outcome = watch(processes);
    // While the hub is there to be told.
    processes.end(Role::Person);
    // Sessions outlive those who launched them, and their node.
    let ended = person.end_sessions(&plane);
    outcome.and(ended)?;
    if let Some(picture) = picture {
        eprintln!(
            "There is no display here; the picture is {}",
            picture.display()
        );
    }
    Ok(())
}

/// Starts the browser; returns where its picture will be if no window can be shown.
fn launch(
    processes: &mut Processes,
    person: &Person,
    url: Option<&str>,
) -> Result<Option<PathBuf>> {
    let mut launch = person.command(&["launch", "browser", "--stop-on-exit"])?;
    if let Some(url) = url {
        launch.args(["--url", url]);
    }
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let picture = if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        None
    } else {
        let picture = metadata::target_directory()?.join(PICTURE);
        eprintln!("There is no display here: taking a picture in a few seconds.");
        let options = ["--", "--headless", "--after", PICTURE_AFTER, "--screenshot"];
        launch.args(options).arg(&picture);
        Some(picture)
    };
    processes.start(Role::Person, &mut launch)?;
    Ok(picture)
}

/// Until the window is closed, the person has had enough, or something breaks.
fn watch(processes: &mut Processes) -> Result<()> {
    loop {
        match processes.next()? {
            Event::Said(_) => {}
            Event::Interrupted => return Ok(()),
            Event::Ended(Role::Person, status) if status.success() => return Ok(()),
            Event::Ended(role, status) => bail!("the {role} ended: {status}"),
        }
    }
}

/// One of our programs.
fn program(name: &str) -> Result<PathBuf> {
    let path = metadata::target_directory()?.join("release").join(name);
    path.exists()
        .then_some(())
        .with_context(|| format!("the build made no {}", path.display()))?;
    Ok(path)
}
