//! Starting hackstream-view, and what it says when it cannot go on.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Error, Result, anyhow};

use super::arguments::MeasureArguments;
use super::failure::{Failure, Kind};
use crate::cli::program_folder;
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::process::{Launch, Process, Said, find_program};
use crate::scene::ScreenSize;
use crate::split::Told;
use crate::workspace::Workspace;

/// The viewer gives up a server that does not answer before.
const VISIT_LIMIT: Duration = Duration::from_secs(30);

/// The program and how to be admitted; the same for each start.
pub(super) struct Viewer {
    program: PathBuf,
    server: String,
    arguments: Vec<std::ffi::OsString>,
}

/// Where the viewer's picture goes.
pub(super) enum Show<'a> {
    /// Nowhere.
    Nowhere,
    /// On a display; the file that admits to it, if there is one.
    On(&'a str, Option<PathBuf>),
}

impl Viewer {
    /// Fails if the program is missing.
    pub(super) fn find(arguments: &MeasureArguments) -> Result<Self> {
        let folder = program_folder(arguments.bin_dir.as_deref())?;
        let program = find_program("hackstream-view", Some(&folder)).ok_or_else(|| {
            let folder = folder.display();
            let text = format!(
                "hackstream-view is neither in {folder} nor on PATH; build it or use --bin-dir"
            );
            Failure::new(Kind::Missing, text)
        })?;
        let mut admission = Vec::new();
        if let Some(fingerprint) = &arguments.fingerprint {
            admission.extend(["--fingerprint".into(), fingerprint.into()]);
        }
        if arguments.accept_new {
            admission.push("--accept-new".into());
        }
        if let Some(file) = &arguments.token_file {
            admission.push("--token-file".into());
            admission.push(std::path::absolute(file)?.into());
        }
        Ok(Self {
            program,
            server: arguments.server.clone(),
            arguments: admission,
        })
    }

    /// Connects without a window until the size of the session's screen is known.
    pub(super) fn visit(&self, workspace: &Workspace, interrupt: &Interrupt) -> Result<ScreenSize> {
        let mut viewer = self.start(&Show::Nowhere, workspace)?;
        let size = |text: &str| {
            let said = Said {
                at: Instant::now(),
                text: text.to_owned(),
            };
            let line = Told::of(&said)?.line;
            Some(format!("{}x{}", line.screen_width, line.screen_height))
        };
        let found = viewer.wait_for_line("a line of measurements", VISIT_LIMIT, interrupt, size);
        let size = found.map_err(|error| self.explain(error, &mut viewer, workspace))?;
        size.parse()
            .map_err(|error| anyhow!("the session's screen has {size} pixels: {error}"))
    }

    /// Starts it.
    pub(super) fn start(&self, show: &Show<'_>, workspace: &Workspace) -> Result<Process> {
        let mut launch = Launch::new("hackstream-view", &self.program)
            .argument(&self.server)
            .arguments(&self.arguments)
            .argument("--stats-json");
        launch = match show {
            Show::Nowhere => launch.argument("--headless"),
            Show::On(display, authority) => {
                if let Some(file) = authority {
                    launch = launch.environment("XAUTHORITY", file);
                }
                launch
                    .argument("--fullscreen")
                    .environment("DISPLAY", *display)
            }
        };
        launch.start(&workspace.log("viewer"))
    }

    /// What the viewer itself said, if it ended; `error` otherwise.
    pub(super) fn explain(
        &self,
        error: Error,
        viewer: &mut Process,
        workspace: &Workspace,
    ) -> Error {
        let Ok(Some(status)) = viewer.ended() else {
            return error;
        };
        let words = std::fs::read_to_string(workspace.log("viewer")).unwrap_or_default();
        let Some(last) = words.lines().rev().find(|line| !line.trim().is_empty()) else {
            return error;
        };
        match status.code().and_then(Failure::kind_of_viewer) {
            Some(kind) => {
                let text = last.strip_prefix("hackstream-view: ").unwrap_or(last);
                Failure::new(kind, text).into()
            }
            None => error.context(last.to_owned()),
        }
    }
}
