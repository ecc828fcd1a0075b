//! The demo's user, with the command line that everybody uses.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::plane::{Plane, USER};
use super::program;
use crate::command;

/// Far more than a node needs to be heard of, or a session to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// Somebody with settings and a login of their own.
pub(super) struct Person {
    folder: PathBuf,
}

impl Person {
    /// Somebody who knows the hub.
    pub(super) fn new(folder: &Path, plane: &Plane) -> Result<Self> {
        let person = Self {
            folder: folder.to_owned(),
        };
        let url = format!("https://{}", plane.address);
        let words = [
            "configure",
            "--no-login",
            "--username",
            USER,
            "--api-url",
            &url,
        ];
        let mut configure = person.command(&words)?;
        command::run(configure.args(["--fingerprint", &plane.fingerprint]))?;
        // The keyring of whoever runs the demo is none of its business.
        command::run(&mut person.command(&["config", "set", "tokens", "file"])?)?;
        Ok(person)
    }

    /// `hackstream` with these words.
    pub(super) fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(program("hackstream")?);
        for (variable, folder) in self.variables() {
            command.env(variable, folder);
        }
        // Those of whoever runs the demo.
        for name in ["API_URL", "FINGERPRINT", "API_TOKEN", "VIEWER"] {
            command.env_remove(format!("HACKSTREAM_{name}"));
        }
        command.args(words);
        Ok(command)
    }

    /// The same as a person would type it.
    pub(super) fn line(&self, words: &str) -> String {
        let set = self
            .variables()
            .map(|(name, folder)| format!("{name}={}", folder.display()));
        format!("{} target/release/hackstream {words}", set.join(" "))
    }

    fn variables(&self) -> [(&'static str, PathBuf); 2] {
        [
            ("XDG_CONFIG_HOME", self.folder.join("config")),
            ("XDG_STATE_HOME", self.folder.join("state")),
        ]
    }

    /// Logs in with the password in the file.
    pub(super) fn log_in(&self, password: &Path) -> Result<()> {
        let mut login = self.command(&["login", "--password-stdin"])?;
        command::run(login.stdin(File::open(password)?))
    }

    /// Waits until the hub has heard of its node.
    pub(super) fn wait_for_node(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // Its exit code also tells of a missing display.
            let asked = self.command(&["doctor", "--json"])?.output()?;
            let findings: Value = serde_json::from_slice(&asked.stdout)?;
            let findings = findings.as_array().context("no findings")?;
            let is_there =
                |finding: &Value| finding["what"] == "nodes" && finding["state"] == "fine";
            if findings.iter().any(is_there) {
                return Ok(());
            }
            sleep(LOOK);
        }
        bail!(
            "the node does not report; its log is {}",
            self.folder.join("node.log").display()
        )
    }

    /// Ends what runs, and waits until the node has cleaned up.
    pub(super) fn end_sessions(&self, plane: &Plane) -> Result<()> {
        let listed = command::output(&mut self.command(&["list", "--json"])?)?;
        let sessions: Value = serde_json::from_str(&listed)?;
        for session in sessions.as_array().into_iter().flatten() {
            let id = session["session_id"]
                .as_str()
                .context("a session without id")?;
            command::run(&mut self.command(&["stop", id])?)?;
        }
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let left = fs::read_dir(&plane.sessions).map_or(0, Iterator::count);
            if left == 0 {
                return Ok(());
            }
            sleep(LOOK);
        }
        bail!("a session does not end; see {}", plane.sessions.display())
    }
}
