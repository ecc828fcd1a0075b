//! The demo's hub and its node.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::program;
use crate::command;
use crate::processes::{Event, Processes, Role};
use crate::scratch::write_token;

/// Who logs in.
pub(super) const USER: &str = "demo";

/// No questions, no reports, no updates: the page is the first and only thing to see.
const PREFERENCES: &str = include_str!("../../../docs/demo/user.js");
const WELCOME: &str = include_str!("../../../docs/demo/welcome.html");

/// A session sees nothing of this machine but its programs, so it makes the page itself.
const BROWSER: &str = "mkdir -p ~/profile && printf %s \"$PREFERENCES\" > ~/profile/user.js && \
    printf %s \"$WELCOME\" > ~/welcome.html && exec firefox-esr --no-remote --new-instance \
    --profile ~/profile \"${1:-file://$HOME/welcome.html}\"";

/// A hub and a node, which run.
pub(super) struct Plane {
    /// Where the hub listens.
    pub(super) address: String,
    /// Its key.
    pub(super) fingerprint: String,
    /// The file with the user's password.
    pub(super) password: PathBuf,
    /// Where the node's sessions have their folders.
    pub(super) sessions: PathBuf,
}

impl Plane {
    /// Makes a database with an administrator and a user, and starts both programs.
    pub(super) fn start(processes: &mut Processes, folder: &Path) -> Result<Self> {
        let password = folder.join("password");
        write_token(&password)?;
        for words in [["init", "admin"].as_slice(), &["user", "add", USER]] {
            let mut add = hub(folder)?;
            command::run(add.args(words).arg("--password-file").arg(&password))?;
        }
        let (address, fingerprint) = serve(processes, folder)?;
        let node = add_node(folder)?;
        let config = folder.join("node.toml");
        fs::write(&config, node_config(folder, &address, &node)?)?;
        let log = fs::File::create(folder.join("node.log"))?;
        let mut agent = Command::new(program("hackstream-noded")?);
        agent.arg("--config").arg(&config).stderr(log);
        processes.start(Role::Node, &mut agent)?;
        Ok(Self {
            address,
            fingerprint,
            password,
            sessions: folder.join("node/sessions"),
        })
    }
}

fn hub(folder: &Path) -> Result<Command> {
    let mut command = Command::new(program("hackstreamd")?);
    command.env("HACKSTREAMD_STATE_DIR", folder.join("hub"));
    Ok(command)
}

/// Starts the hub; where it listens, and its key.
fn serve(processes: &mut Processes, folder: &Path) -> Result<(String, String)> {
    let log = fs::File::create(folder.join("hub.log"))?;
    let mut serve = hub(folder)?;
    serve
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(log);
    let stdout = processes.start(Role::Hub, &mut serve)?;
    let lines = BufReader::new(stdout.context("the hub has no output")?).lines();
    processes.listen(lines.map_while(Result::ok));
    loop {
        match processes.next()? {
            Event::Said(line) => {
                if let Some(ready) = ready(&line) {
                    eprintln!("The hub is ready at https://{}.", ready.0);
                    return Ok(ready);
                }
            }
            Event::Ended(role, status) => bail!("the {role} ended before it was ready: {status}"),
            Event::Interrupted => bail!("interrupted"),
        }
    }
}

/// Reads `ready listen=ADDR:PORT fingerprint=sha256:HEX`.
fn ready(line: &str) -> Option<(String, String)> {
    let words = line.strip_prefix("ready ")?;
    let value = |name: &str| {
        words
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name))
    };
    Some((
        value("listen=")?.to_owned(),
        value("fingerprint=")?.to_owned(),
    ))
}

/// Tells the hub of the node; its id.
fn add_node(folder: &Path) -> Result<String> {
    let mut add = hub(folder)?;
    add.args(["node", "add", "here", "--token-file"])
        .arg(folder.join("node.token"));
    let said = command::output(&mut add)?;
    let id = said
        .strip_prefix("node ")
        .and_then(|rest| rest.split_once(';'));
    Ok(id
        .context("the hub did not say what it calls the node")?
        .0
        .to_owned())
}

fn node_config(folder: &Path, address: &str, node: &str) -> Result<String> {
    let has_firefox = command::is_there("firefox-esr", "--version")?;
    let command = match has_firefox {
        true => json!(["sh", "-c", BROWSER, "browser"]),
        false => {
            eprintln!("There is no firefox-esr here; showing xterm instead.");
            json!(["xterm"])
        }
    };
    // JSON's strings and lists are TOML's, too.
    Ok(format!(
        "node = {}\nhub = {}\nhub_certificate = {}\ntoken_file = {}\nstate_dir = {}\nserver = {}\n\
         host = \"127.0.0.1\"\nlisten = \"127.0.0.1\"\nports = [0, 0]\nusers = [31000000, 20]\n\
         [apps.browser]\ncommand = {command}\ntakes_url = {has_firefox}\nown_sandbox = {has_firefox}\n\
         [apps.browser.environment]\nPREFERENCES = {}\nWELCOME = {}\n",
        json!(node),
        json!(format!("https://{address}")),
        json!(folder.join("hub/tls.crt.pem")),
        json!(folder.join("node.token")),
        json!(folder.join("node")),
        json!(program("hackstream-server")?),
        json!(PREFERENCES),
        json!(WELCOME),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_understood() {
        let line = "ready listen=127.0.0.1:40000 fingerprint=sha256:00ff";
        let expected = ("127.0.0.1:40000".to_owned(), "sha256:00ff".to_owned());
        assert_eq!(ready(line), Some(expected));
        assert_eq!(ready("ready listen=127.0.0.1:40000"), None);
    }
}
