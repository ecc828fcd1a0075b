//! `cargo xtask demo`: a server and a viewer of this machine, side by side.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::browser;
use crate::command;
use crate::metadata;
use crate::packages::Goal;
use crate::processes::{Event, Processes, Role};
use crate::scratch::Scratch;
use crate::setup;

/// Where the picture goes when there is no display to show it on, under the target directory.
const PICTURE: &str = "demo.png";

/// Milliseconds until that picture is taken: a browser needs some seconds to start.
const PICTURE_AFTER: &str = "12000";

/// Shows `app` (a command line; a browser if empty) until the viewer or the program ends.
pub(crate) fn run(app: &[String]) -> Result<()> {
    setup::run(Goal::Demo)?;
    build()?;
    let scratch = Scratch::create("hackstream-demo")?;
    let app = if app.is_empty() {
        browser::prepare(scratch.path())?
    } else {
        app.to_vec()
    };
    let token = scratch.path().join("token");
    crate::scratch::write_token(&token)?;

    let mut processes = Processes::new()?;
    let outcome = show(&mut processes, scratch.path(), &token, &app);
    processes.stop();
    outcome
}

fn build() -> Result<()> {
    let packages = [
        "--package",
        "hackstream-server",
        "--package",
        "hackstream-view",
    ];
    let mut build = command::cargo(&["build", "--release", "--locked", "--bins"])?;
    command::run(build.args(packages))
}

fn show(processes: &mut Processes, state: &Path, token: &Path, app: &[String]) -> Result<()> {
    start_server(processes, state, token, app)?;
    let ready = wait_until_ready(processes)?;
    eprintln!(
        "The server is ready at {}, display {}.",
        ready.listen, ready.display
    );
    let picture = start_viewer(processes, &ready, token)?;
    loop {
        match processes.next()? {
            Event::Said(line) => eprintln!("server: {line}"),
            Event::Interrupted => return Ok(()),
            Event::Ended(role, status) if !status.success() => bail!("the {role} failed: {status}"),
            Event::Ended(Role::Server, _) => {
                eprintln!("The program has ended.");
                return Ok(());
            }
            Event::Ended(_, _) => {
                if let Some(picture) = picture {
                    eprintln!(
                        "There is no display here; the picture is {}",
                        picture.display()
                    );
                }
                return Ok(());
            }
        }
    }
}

fn start_server(
    processes: &mut Processes,
    state: &Path,
    token: &Path,
    app: &[String],
) -> Result<()> {
    let mut server = Command::new(program("hackstream-server")?);
    server
        .args(["run", "--listen", "127.0.0.1:0", "--state-dir"])
        .arg(state);
    server.arg("--token-file").arg(token).arg("--").args(app);
    let stdout = processes.start(Role::Server, server.stdout(Stdio::piped()))?;
    let lines = BufReader::new(stdout.context("the server has no output")?).lines();
    processes.listen(lines.map_while(Result::ok));
    Ok(())
}

/// Starts the viewer; returns where the picture will be if no window can be shown.
fn start_viewer(processes: &mut Processes, ready: &Ready, token: &Path) -> Result<Option<PathBuf>> {
    let mut viewer = Command::new(program("hackstream-view")?);
    viewer
        .args([
            &ready.listen,
            "--fingerprint",
            &ready.fingerprint,
            "--token-file",
        ])
        .arg(token);
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let picture = if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        None
    } else {
        let picture = metadata::target_directory()?.join(PICTURE);
        eprintln!("There is no display here: taking a picture in a few seconds.");
        viewer
            .args(["--headless", "--after", PICTURE_AFTER, "--screenshot"])
            .arg(&picture);
        Some(picture)
    };
    processes.start(Role::Viewer, &mut viewer)?;
    Ok(picture)
}

fn program(name: &str) -> Result<PathBuf> {
    let path = metadata::target_directory()?.join("release").join(name);
    if !path.exists() {
        bail!("the build made no {}", path.display());
    }
    Ok(path)
}

fn wait_until_ready(processes: &mut Processes) -> Result<Ready> {
    loop {
        match processes.next()? {
            Event::Said(line) => match Ready::parse(&line) {
                Some(ready) => return Ok(ready),
                None => eprintln!("server: {line}"),
            },
            Event::Ended(role, status) => bail!("the {role} ended before it was ready: {status}"),
            Event::Interrupted => bail!("interrupted"),
        }
    }
}

/// What the server says once viewers may come.
#[derive(Debug, PartialEq, Eq)]
struct Ready {
    listen: String,
    display: String,
    fingerprint: String,
}

impl Ready {
    /// Reads `ready listen=ADDR:PORT display=:N fingerprint=sha256:HEX`, fields in any order.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        if words.next() != Some("ready") {
            return None;
        }
        let fields: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let value = |wanted| {
            fields
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        };
        Some(Self {
            listen: value("listen")?,
            display: value("display")?,
            fingerprint: value("fingerprint")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_understood() {
        let line = "ready listen=127.0.0.1:40000 display=:7 fingerprint=sha256:00ff new=1";
        let expected = Ready {
            listen: "127.0.0.1:40000".to_owned(),
            display: ":7".to_owned(),
            fingerprint: "sha256:00ff".to_owned(),
        };
        assert_eq!(Ready::parse(line), Some(expected));
    }

    #[test]
    fn other_lines_are_not() {
        assert_eq!(
            Ready::parse("already listen=a display=b fingerprint=c"),
            None
        );
        assert_eq!(Ready::parse("ready listen=127.0.0.1:40000"), None);
        assert_eq!(Ready::parse(""), None);
    }
}
