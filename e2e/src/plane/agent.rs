//! A node of a control plane: its agent, the real program, and its sessions. All end with this value.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::Plane;
use crate::container::{self, docker};
use crate::process::{Lines, Process, bound_command};
use crate::program;

/// Tells nodes of one test program apart.
static NODES: AtomicU32 = AtomicU32::new(0);

/// Users that a node's sessions run as.
pub const USERS: u32 = 20;

/// What a node runs as "browser", and where it says that its sessions are.
pub struct Node<'a> {
    /// The command.
    pub command: &'a [&'a str],
    /// The address under which viewers look for its sessions.
    pub host: &'a str,
    /// What else stands in its environment.
    pub environment: &'a [(&'a str, &'a str)],
    /// Whether a page's address may follow the command.
    pub takes_url: bool,
    /// Whether it makes a sandbox of its own, as browsers do.
    pub own_sandbox: bool,
    /// Sessions that it runs at once.
    pub max_sessions: u32,
    /// Whether each is a container of the image under test.
    pub in_containers: bool,
}

impl Default for Node<'_> {
    fn default() -> Self {
        Self {
            command: &["xterm"],
            host: "127.0.0.1",
            environment: &[],
            takes_url: false,
            own_sandbox: false,
            max_sessions: 2,
            in_containers: false,
        }
    }
}

/// A node's agent.
pub struct Agent {
    name: String,
    folder: PathBuf,
    in_containers: bool,
    first_user: u32,
    process: Process,
}

impl Agent {
    /// Lets the machine into the hub of `plane`, and starts its agent, which finds the hub at this
    /// address.
    ///
    /// The node's applications are its operator's: what the hub calls a browser is something else here.
    ///
    /// # Panics
    /// If that does not work.
    #[must_use]
    pub fn new(plane: &Plane, name: &str, node: &Node<'_>, hub: &str) -> Self {
        // Of its own: what runs as them belongs to this node.
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let first_user = 30_000_000 + std::process::id() % 10_000 * 1000 + number % 50 * USERS;
        let environment = node.environment.iter();
        let environment = environment.map(|(name, value)| format!("{name} = {}\n", json!(value)));
        let environment: Vec<String> = environment.collect();
        let driver = if node.in_containers {
            let (socket, image) = (json!(container::socket()), json!(container::image()));
            format!("driver = \"docker\"\ndocker = {{ socket = {socket}, image = {image} }}\n")
        } else {
            String::new()
        };
        let config = format!(
            "{driver}state_dir = \"{}\"\nserver = \"{}\"\nhost = \"{}\"\nlisten = \"127.0.0.1\"\n\
             ports = [0, 0]\nusers = [{first_user}, {USERS}]\nmax_sessions = {}\n\
             [apps.browser]\ncommand = {}\ntakes_url = {}\nown_sandbox = {}\n\
             [apps.browser.environment]\n{}",
            plane.path(name).display(),
            program("hackstream-server").display(),
            node.host,
            node.max_sessions,
            json!(node.command),
            node.takes_url,
            node.own_sandbox,
            environment.concat(),
        );
        let file = plane.path(&format!("{name}.toml"));
        fs::write(&file, config).expect("a file");
        let enrolled = plane.enroll(&file, &plane.join_at(name, hub));
        assert!(enrolled.status.success(), "{enrolled:?}");
        Self {
            process: run(&file, None),
            name: name.to_owned(),
            folder: plane.path("."),
            in_containers: node.in_containers,
            first_user,
        }
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// What it wrote to standard error.
    #[must_use]
    pub fn said(&self) -> Lines {
        self.process.stderr.clone()
    }

    /// Ends it without a word; its sessions go on.
    pub fn kill(&mut self) {
        self.process.signal(Signal::KILL);
        while self.process.is_running() {
            std::thread::yield_now();
        }
    }

    /// Starts it again; it, or what it starts, dies at this [place](hackstream_failpoint) if one is
    /// named.
    pub fn start(&mut self, die_at: Option<&str>) {
        self.process = run(&self.folder.join(format!("{}.toml", self.name)), die_at);
    }

    /// The folder with a folder for each session.
    #[must_use]
    pub fn sessions(&self) -> PathBuf {
        let folder = match self.in_containers {
            true => "containers",
            false => "sessions",
        };
        self.folder.join(&self.name).join(folder)
    }

    /// Whether sessions of this node run as that user.
    #[must_use]
    pub fn has_user(&self, user: u32) -> bool {
        (self.first_user..self.first_user + USERS).contains(&user)
    }

    /// What the node has of what a session's programs said; nothing if it is not there.
    #[must_use]
    pub fn log(&self, session: &str) -> String {
        let entries = fs::read_dir(self.sessions().join(session));
        let mut files: Vec<PathBuf> = { entries.into_iter().flatten().flatten() }
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("log-"))
            .map(|entry| entry.path())
            .collect();
        files.sort();
        let pieces = files.iter().map(|file| fs::read(file).unwrap_or_default());
        String::from_utf8_lossy(&pieces.collect::<Vec<_>>().concat()).into_owned()
    }

    /// A file of a session that is JSON; null if it is not there.
    #[must_use]
    pub fn file(&self, session: &str, name: &str) -> Value {
        let text = fs::read(self.sessions().join(session).join(name)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

fn run(config: &Path, die_at: Option<&str>) -> Process {
    let mut command = bound_command(program("hackstream-noded"));
    command.arg("--config").arg(config);
    if let Some(place) = die_at {
        command.env(hackstream_failpoint::VARIABLE, place);
    }
    Process::start(&mut command)
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.kill();
        // Sessions outlive their agent.
        for session in fs::read_dir(self.sessions())
            .into_iter()
            .flatten()
            .flatten()
        {
            let state = self.file(&session.file_name().to_string_lossy(), "state.json");
            let keeper = state["keeper"]["pid"].as_i64();
            let keeper = keeper.and_then(|keeper| i32::try_from(keeper).ok());
            let keeper = keeper.and_then(Pid::from_raw);
            if let (Some(keeper), false) = (keeper, state["life"]["is"] == "ended") {
                let _ = kill_process(keeper, Signal::KILL);
            }
            if self.in_containers {
                let container = container::of_session(&session.file_name().to_string_lossy());
                docker(["rm", "--force", "--volumes", &container]);
            }
        }
    }
}
