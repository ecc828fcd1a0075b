//! The hub's program, run by a test and asked with curl.
#![allow(dead_code, reason = "each user of this file needs a part of it")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// That of `root`.
pub(crate) const PASSWORD: &str = "canary-password-4711";

/// The program, with its state in `folder`.
pub(crate) fn hackstreamd(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hackstreamd"));
    command.args(arguments).env("HACKSTREAMD_STATE_DIR", folder);
    command
}

/// Runs a command with something to read.
pub(crate) fn with_input(mut command: Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// An answer as curl has it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) retry_after: String,
    pub(crate) body: Value,
}

/// A hub that serves.
pub(crate) struct Running {
    pub(crate) process: Child,
    pub(crate) folder: TempDir,
    pub(crate) address: String,
    pub(crate) fingerprint: String,
    certificate: PathBuf,
}

impl Running {
    pub(crate) fn start(folder: TempDir) -> Self {
        let command = hackstreamd(folder.path(), SERVE);
        let certificate = folder.path().join("tls.crt.pem");
        Self::start_as(command, folder, certificate)
    }

    /// Starts it by a command that ends with [`SERVE`]. Its log is in `folder`, and `certificate` is
    /// where the test finds what the hub writes for those who want a file to trust.
    pub(crate) fn start_as(mut command: Command, folder: TempDir, certificate: PathBuf) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        let stdout = process.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let word = |name: &str| {
            let word = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name));
            word.unwrap_or_else(|| panic!("no {name} in {line:?}"))
                .to_owned()
        };
        let (address, fingerprint) = (word("listen="), word("fingerprint=sha256:"));
        Self {
            process,
            folder,
            address,
            fingerprint,
            certificate,
        }
    }

    /// What it answers: the status and the body.
    pub(crate) fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let told = self.tell(method, path, token, body);
        (told.status, told.body)
    }

    /// Asks with curl, which trusts the hub's certificate and nothing else. Body and token come
    /// through its input: command lines can be seen by others.
    pub(crate) fn tell(&self, method: &str, path: &str, token: &str, body: &Value) -> Told {
        let mut config = format!(
            "url = \"https://{}{path}\"\nrequest = {method}\ncacert = \"{}\"\nsilent\nshow-error\nmax-time = 120\n\
             tlsv1.3\nwrite-out = \"\\n%header{{retry-after}}\\n%{{http_code}}\"\n",
            self.address,
            self.certificate.display()
        );
        if !token.is_empty() {
            config += &format!("header = \"Authorization: Bearer {token}\"\n");
        }
        if !body.is_null() {
            let text = body.to_string().replace('\\', "\\\\").replace('"', "\\\"");
            config += &format!("header = \"Content-Type: application/json\"\ndata = \"{text}\"\n");
        }
        let mut curl = Command::new("curl");
        curl.args(["--config", "-"]);
        let output = with_input(curl, &config);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut parts = text.rsplitn(3, '\n');
        let (Some(code), Some(retry_after), Some(body)) =
            (parts.next(), parts.next(), parts.next())
        else {
            panic!("curl: {}", String::from_utf8_lossy(&output.stderr));
        };
        let said = serde_json::from_str(body);
        // Of curl, if there was no answer.
        let told = || Value::from(String::from_utf8_lossy(&output.stderr).into_owned());
        Told {
            status: code.parse().unwrap(),
            retry_after: retry_after.to_owned(),
            body: said.unwrap_or_else(|_| told()),
        }
    }

    /// Tells it to end, as systemd does, and waits until it has.
    pub(crate) fn end(mut self) -> TempDir {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
        let folder = TempDir::new().unwrap();
        std::mem::replace(&mut self.folder, folder)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How it is told to serve.
pub(crate) const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

/// A folder in which `root` is.
pub(crate) fn new_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let init = hackstreamd(folder.path(), &["init", "root"]);
    let made = with_input(init, &format!("{PASSWORD}\n"));
    assert!(made.status.success(), "{made:?}");
    folder
}

pub(crate) fn new_hub() -> Running {
    Running::start(new_folder())
}

pub(crate) fn log_in(hub: &Running) -> Value {
    let body = json!({ "username": "root", "password": PASSWORD });
    let (status, tokens) = hub.ask("POST", "/v1/login", "", &body);
    assert_eq!(status, 200, "{tokens}");
    tokens
}
