//! A control plane whole: hub and node are the real programs, and end with this value, as do the
//! sessions.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, bound_command};
use crate::{program, wait_until};

/// Tells control planes of one test program apart.
static PLANES: AtomicU32 = AtomicU32::new(0);

/// The administrator's password.
pub const PASSWORD: &str = "correct horse battery";

/// A hub, and a node if one was added.
pub struct Plane {
    folder: TempDir,
    /// Where the hub listens: `ADDRESS:PORT`.
    pub address: String,
    /// The fingerprint of the hub's key: `sha256:HEX`.
    pub fingerprint: String,
    /// The hub.
    pub hub: Process,
    node: Option<Process>,
}

/// What a node runs as "browser", and where it says that its sessions are.
pub struct Node<'a> {
    /// The command.
    pub command: &'a [&'a str],
    /// The address under which viewers look for its sessions.
    pub host: &'a str,
    /// Whether a page's address may follow the command.
    pub takes_url: bool,
}

impl Default for Node<'_> {
    fn default() -> Self {
        Self {
            command: &["xterm"],
            host: "127.0.0.1",
            takes_url: false,
        }
    }
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
        let mut serve = bound_command(program("hackstreamd"));
        serve
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("HACKSTREAMD_STATE_DIR", &state);
        let hub = Process::start(&mut serve);
        let ready = hub.stdout.wait_for("the hub", |line| {
            let words = line.strip_prefix("ready ")?.split_whitespace();
            let words: Vec<_> = words.map(str::to_owned).collect();
            Some(words)
        });
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
        plane.add_node(node);
        let node = plane.node.as_ref().map(|node| node.stderr.clone());
        wait_until(&format!("the node to report: {node:?}"), || {
            let ready = plane.ask("GET", "/health/ready", "", &Value::Null);
            (ready.0 == 200).then_some(())
        });
        plane
    }

    /// The node's applications are its operator's: what the hub calls a browser is something else here.
    fn add_node(&mut self, node: &Node<'_>) {
        // Of its own: what runs as them belongs to this node.
        let number = PLANES.fetch_add(1, Ordering::Relaxed);
        let users = 30_000_000 + std::process::id() % 10_000 * 1000 + number % 50 * 20;
        let config = format!(
            "state_dir = \"{}\"\nserver = \"{}\"\nhost = \"{}\"\nlisten = \"127.0.0.1\"\n\
             ports = [0, 0]\nusers = [{users}, 20]\nmax_sessions = 2\n\
             [apps.browser]\ncommand = {}\ntakes_url = {}\n",
            self.path("node").display(),
            program("hackstream-server").display(),
            node.host,
            json!(node.command),
            node.takes_url,
        );
        fs::write(self.path("node.toml"), config).expect("a file");
        let enrolled = self.enroll("node.toml", &self.join("here"));
        assert!(enrolled.status.success(), "{enrolled:?}");
        let mut command = bound_command(program("hackstream-noded"));
        command.arg("--config").arg(self.path("node.toml"));
        self.node = Some(Process::start(&mut command));
    }

    /// What a machine needs to become a node of that name.
    ///
    /// # Panics
    /// If the hub's operator gets none.
    #[must_use]
    pub fn join(&self, name: &str) -> String {
        let mut add = bound_command(program("hackstreamd"));
        add.args(["node", "add", name, "--hub"])
            .arg(format!("https://{}", self.address))
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
    pub fn enroll(&self, config: &str, join: &str) -> Output {
        let mut enroll = bound_command(program("hackstream-noded"));
        enroll.arg("enroll").arg("--config").arg(self.path(config));
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
        let sessions = fs::read_dir(self.path("node/sessions")).expect("sessions");
        let sessions: Vec<_> = sessions.flatten().collect();
        assert_eq!(sessions.len(), 1, "one session");
        let state = fs::read(sessions[0].path().join("state.json")).expect("its state");
        let state: Value = serde_json::from_slice(&state).expect("JSON");
        let port = state["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok());
        port.expect("a port")
    }

    /// Asks the hub, with curl: the status and what it says.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut config = format!(
            "url = \"https://{}{path}\"\nrequest = {method}\ncacert = \"{}\"\nsilent\nmax-time = 60\n\
             write-out = \"\\n%{{http_code}}\"\n",
            self.address,
            self.path("hub/tls.crt.pem").display()
        );
        if !token.is_empty() {
            config += &format!("header = \"Authorization: Bearer {token}\"\n");
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
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        (code.parse().expect("a status"), body)
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

    /// Waits until nothing is left of sessions on the node.
    ///
    /// # Panics
    /// If something is.
    pub fn wait_until_no_session_is_left(&self) {
        wait_until("the sessions' folders to go", || {
            let folders = fs::read_dir(self.path("node/sessions")).expect("a folder");
            (folders.count() == 0).then_some(())
        });
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        drop(self.node.take());
        // Sessions outlive their agent.
        let sessions = fs::read_dir(self.path("node/sessions"));
        for session in sessions.into_iter().flatten().flatten() {
            let state = fs::read(session.path().join("state.json")).unwrap_or_default();
            let state: Value = serde_json::from_slice(&state).unwrap_or_default();
            let keeper = state["keeper"]["pid"]
                .as_i64()
                .and_then(|k| i32::try_from(k).ok());
            let keeper = keeper.and_then(rustix::process::Pid::from_raw);
            if let (Some(keeper), false) = (keeper, state["life"]["is"] == "ended") {
                let _ = rustix::process::kill_process(keeper, rustix::process::Signal::KILL);
            }
        }
    }
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
