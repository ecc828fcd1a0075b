//! A control plane whole: hub and node are the real programs, and end with this value, as do the
//! sessions. [`reality`] compares what the hub says with what there is.

pub mod agent;
pub mod reality;
pub mod stand_in;
pub mod switch;
pub mod visitor;

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use self::agent::{Agent, Node};
use crate::process::{Process, bound_command};
use crate::{program, wait_until};

/// The administrator's password.
pub const PASSWORD: &str = "correct horse battery";

/// A hub, and a node if one was added.
pub struct Plane {
    // What is in the folder goes last: it says which processes there are.
    node: Option<Agent>,
    /// The hub.
    pub hub: Process,
    /// Where the hub listens: `ADDRESS:PORT`.
    pub address: String,
    /// The fingerprint of the hub's key: `sha256:HEX`.
    pub fingerprint: String,
    folder: TempDir,
}

impl Plane {
    /// A hub with an administrator called `admin` and nothing else.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        let builder = tempfile::Builder::new();
        let folder = { builder }
            .prefix("hackstream-plane-")
            .tempdir_in("/dev/shm");
        let folder = folder.expect("a folder in memory");
        // Sessions run as other users.
        let open = Permissions::from_mode(0o711);
        fs::set_permissions(folder.path(), open).expect("permissions");
        let state = folder.path().join("hub");
        let mut init = bound_command(program("hackstreamd"));
        init.args(["init", "admin"])
            .env("HACKSTREAMD_STATE_DIR", &state);
        let made = with_input(init, PASSWORD);
        assert!(made.status.success(), "{made:?}");
        let (hub, ready) = serve(&state, "127.0.0.1:0", None);
        let word = |name: &str| {
            let found = ready.iter().find_map(|word| word.strip_prefix(name));
            found.expect("a word of the hub").to_owned()
        };
        Self {
            address: word("listen="),
            fingerprint: word("fingerprint="),
            folder,
            hub,
            node: None,
        }
    }

    /// The same with a node that has reported.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn with_node(node: &Node<'_>) -> Self {
        let mut plane = Self::new();
        let hub = format!("https://{}", plane.address);
        plane.node = Some(Agent::new(&plane, "here", node, &hub));
        plane.wait_until_a_node_reports();
        plane
    }

    /// Waits until the hub has nodes that take sessions.
    ///
    /// # Panics
    /// If none reports.
    pub fn wait_until_a_node_reports(&self) {
        let node = self.node.as_ref().map(Agent::said);
        wait_until(&format!("a node to report: {node:?}"), || {
            let ready = self.ask("GET", "/health/ready", "", &Value::Null);
            (ready.0 == 200).then_some(())
        });
    }

    /// The agent of the node.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn agent(&mut self) -> &mut Agent {
        self.node.as_mut().expect("a node")
    }

    /// The same, to look at.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn node(&self) -> &Agent {
        self.node.as_ref().expect("a node")
    }

    /// Ends the hub without a word.
    pub fn kill_hub(&mut self) {
        self.hub.signal(Signal::KILL);
        self.hub.wait();
    }

    /// Starts it again, at the same address; it dies at this [place](hackstream_failpoint) if one is
    /// named.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_hub(&mut self, die_at: Option<&str>) {
        self.hub = serve(&self.path("hub"), &self.address, die_at).0;
    }

    /// The administrator's access token, of a new login.
    ///
    /// # Panics
    /// If that does not work.
    #[must_use]
    pub fn log_in(&self) -> String {
        let login = json!({ "username": "admin", "password": PASSWORD, "device": "test" });
        let tokens = self.ok("POST", "/v1/login", "", &login);
        tokens["access_token"].as_str().expect("a token").to_owned()
    }

    /// What a machine needs to become a node of that name.
    ///
    /// # Panics
    /// If the hub's operator gets none.
    #[must_use]
    pub fn join(&self, name: &str) -> String {
        self.join_at(name, &format!("https://{}", self.address))
    }

    /// The same for a machine that finds the hub at another address.
    ///
    /// # Panics
    /// If the hub's operator gets none.
    #[must_use]
    pub fn join_at(&self, name: &str, hub: &str) -> String {
        let mut add = bound_command(program("hackstreamd"));
        add.args(["node", "add", name, "--hub", hub])
            .env("HACKSTREAMD_STATE_DIR", self.path("hub"));
        let added = with_input(add, "");
        assert!(added.status.success(), "{added:?}");
        let said = String::from_utf8(added.stdout).expect("UTF-8");
        said.trim().to_owned()
    }

    /// Makes the machine of that configuration a node.
    ///
    /// # Panics
    /// If the program cannot be started.
    #[must_use]
    pub fn enroll(&self, config: &Path, join: &str) -> Output {
        let mut enroll = bound_command(program("hackstream-noded"));
        enroll.arg("enroll").arg("--config").arg(config);
        with_input(enroll, join)
    }

    /// Something in the folder of the plane.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The UDP port of the only session.
    ///
    /// # Panics
    /// If there is none, or more than one.
    #[must_use]
    pub fn session_port(&self) -> u16 {
        let sessions = fs::read_dir(self.node().sessions()).expect("sessions");
        let sessions: Vec<_> = sessions.flatten().collect();
        assert_eq!(sessions.len(), 1, "one session");
        let state = fs::read(sessions[0].path().join("state.json")).expect("its state");
        let state: Value = serde_json::from_slice(&state).expect("JSON");
        let port = state["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok());
        port.expect("a port")
    }

    /// Asks the hub, with curl: the status, and what it says as JSON or, if it is none, as a text.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let answer = self.try_to_ask(method, path, token, body, "");
        answer.expect("an answer of the hub")
    }

    /// The same where the hub may die meanwhile: `None` if there is no answer. A `key` makes sure that
    /// what is asked for again is done once.
    ///
    /// # Panics
    /// If there is no curl.
    #[must_use]
    pub fn try_to_ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &Value,
        key: &str,
    ) -> Option<(u16, Value)> {
        let mut config = format!(
            "url = \"https://{}{path}\"\nrequest = {method}\ncacert = \"{}\"\nsilent\nmax-time = 60\n\
             write-out = \"\\n%{{http_code}}\"\n",
            self.address,
            self.path("hub/tls.crt.pem").display()
        );
        if !token.is_empty() {
            config += &format!("header = \"Authorization: Bearer {token}\"\n");
        }
        if !key.is_empty() {
            config += &format!("header = \"Idempotency-Key: {key}\"\n");
        }
        if !body.is_null() {
            let text = body.to_string().replace('"', "\\\"");
            config += &format!("header = \"Content-Type: application/json\"\ndata = \"{text}\"\n");
        }
        let mut curl = Command::new("curl");
        curl.args(["--config", "-"]);
        let output = with_input(curl, &config);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let (body, code) = text.rsplit_once('\n').expect("a status");
        let as_text = |_| match body {
            "" => Value::Null,
            text => text.into(),
        };
        let body = serde_json::from_str(body).unwrap_or_else(as_text);
        let code: u16 = code.parse().expect("a status");
        (code != 0).then_some((code, body))
    }

    /// The same where it has to work.
    ///
    /// # Panics
    /// If it does not.
    pub fn ok(&self, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, token, body);
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    /// The session once it is in that state.
    ///
    /// # Panics
    /// If it does not get there.
    pub fn session(&self, id: &str, state: &str, token: &str) -> Value {
        let path = format!("/v1/sessions/{id}");
        wait_until(&format!("the session to be {state}"), || {
            let session = self.ok("GET", &path, token, &Value::Null);
            (session["state"] == state).then_some(session)
        })
    }

    /// Waits until nothing is left of sessions on the node.
    ///
    /// # Panics
    /// If something is.
    pub fn wait_until_no_session_is_left(&self) {
        wait_until("the sessions' folders to go", || {
            let folders = fs::read_dir(self.node().sessions()).expect("a folder");
            (folders.count() == 0).then_some(())
        });
    }
}

/// Starts the hub of this folder, and waits until it says how it can be reached.
fn serve(state: &Path, listen: &str, die_at: Option<&str>) -> (Process, Vec<String>) {
    let mut serve = bound_command(program("hackstreamd"));
    serve
        .args(["serve", "--listen", listen])
        .env("HACKSTREAMD_STATE_DIR", state);
    if let Some(place) = die_at {
        serve.env(hackstream_failpoint::VARIABLE, place);
    }
    let hub = Process::start(&mut serve);
    let ready = hub.stdout.wait_for("the hub", |line| {
        let words = line.strip_prefix("ready ")?.split_whitespace();
        Some(words.map(str::to_owned).collect())
    });
    (hub, ready)
}

/// What a command says that is given this input.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn with_input(mut command: Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program");
    let mut stdin = child.stdin.take().expect("piped");
    // It may have ended without reading.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("its output")
}
