//! The node's configuration: a TOML file that an administrator writes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use hackstream_control_api::id::NodeId;
use serde::Deserialize;

use crate::ceiling::Ceiling;

/// More sessions on a processor than that are a mistake.
pub const MOST_CPU_OVERCOMMIT: u32 = 64;

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct ConfigError {
    path: PathBuf,
    reason: String,
}

/// Who a node is to its hub, where that is not left to its enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What the hub calls the node.
    pub node: NodeId,
    /// Where the hub is: `https://…`.
    pub hub: String,
    /// The file with the node's token and the hub's keys of jobs.
    pub token_file: PathBuf,
}

/// All that an administrator says of a node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    // Who the node is, as it stands in the file: all of it or nothing.
    node: Option<NodeId>,
    hub: Option<String>,
    token_file: Option<PathBuf>,
    /// Who the node is; `None`: who it was enrolled as.
    #[serde(skip)]
    pub said: Option<Said>,
    /// The hub's certificate, or that of its authority, in PEM; not needed where its key is known.
    pub hub_certificate: Option<PathBuf>,
    /// Where sessions and what the node remembers are.
    #[serde(default = "usual_state")]
    pub state_dir: PathBuf,
    /// How sessions are run.
    #[serde(default)]
    pub driver: DriverKind,
    /// The container engine, for that driver.
    #[serde(default)]
    pub docker: Docker,
    /// The server's program, for the local driver: an image has its own.
    #[serde(default = "usual_server")]
    pub server: PathBuf,
    /// The name or address under which viewers find this machine.
    pub host: String,
    /// The address of this machine where sessions listen.
    #[serde(default = "anywhere")]
    pub listen: IpAddr,
    /// The first and the last UDP port of sessions.
    #[serde(default = "usual_ports")]
    pub ports: (u16, u16),
    /// The first of the users that sessions run as if the agent is root, and how many there are. They
    /// must be nobody else's.
    #[serde(default = "usual_users")]
    pub users: (u32, u32),
    /// Sessions that may run at once.
    #[serde(default = "usual_sessions")]
    pub max_sessions: u32,
    /// How many times the machine's processors are promised to sessions, from 1 to
    /// [`MOST_CPU_OVERCOMMIT`]: most sessions do nothing most of the time, and what is too slow is no
    /// harm as too little memory is.
    #[serde(default = "usual_cpu_overcommit")]
    pub cpu_overcommit: u32,
    /// Whether to run only where the kernel keeps sessions within their memory, processors and
    /// processes.
    #[serde(default)]
    pub require_limits: bool,
    /// The most that a session may have, whatever the hub says.
    #[serde(default)]
    pub ceiling: Ceiling,
    /// What may run, by name. Nothing else does, whatever the hub says.
    pub apps: BTreeMap<String, App>,
}

/// How sessions are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriverKind {
    /// In namespaces on this machine.
    #[default]
    Local,
    /// In containers of an engine on this machine.
    Docker,
}

/// The container engine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Docker {
    /// Its socket.
    pub socket: PathBuf,
    /// The image that sessions are made of.
    pub image: String,
}

impl Default for Docker {
    fn default() -> Self {
        Self {
            socket: "/var/run/docker.sock".into(),
            image: "hackstream-session".to_owned(),
        }
    }
}

/// An application.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Whether a page's address may follow them.
    #[serde(default)]
    pub takes_url: bool,
    /// Whether it may make user namespaces, for a sandbox of its own: browsers need that.
    #[serde(default)]
    pub own_sandbox: bool,
    /// Variables of its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`] with a sentence for the person.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let wrong = |reason: String| ConfigError {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        config.said = match (config.node, config.hub.take(), config.token_file.take()) {
            (Some(node), Some(hub), Some(token_file)) => Some(Said {
                node,
                hub,
                token_file,
            }),
            (None, None, None) => None,
            _ => {
                let all = "node, hub and token_file belong together; an enrolled node needs none";
                return Err(wrong(all.to_owned()));
            }
        };
        match config.problem() {
            Some(problem) => Err(wrong(problem)),
            None => Ok(config),
        }
    }

    /// The folder of sessions' folders. What one driver runs, the other does not see.
    #[must_use]
    pub fn sessions(&self) -> PathBuf {
        self.state_dir.join(match self.driver {
            DriverKind::Local => "sessions",
            DriverKind::Docker => "containers",
        })
    }

    fn problem(&self) -> Option<String> {
        if !self.docker.socket.is_absolute() || self.docker.image.is_empty() {
            let text = "docker: the socket is a path from the root, and the image has a name";
            return Some(text.to_owned());
        }
        let (first, last) = self.ports;
        if first > last {
            return Some(format!("ports: {first} is above {last}"));
        }
        if !(1..=MOST_CPU_OVERCOMMIT).contains(&self.cpu_overcommit) {
            return Some(format!("cpu_overcommit: from 1 to {MOST_CPU_OVERCOMMIT}"));
        }
        if self.users.0 == 0 || self.users.1 == 0 {
            return Some("users: sessions run neither as root nor as nobody at all".to_owned());
        }
        let empty = self.apps.iter().find(|(_, app)| app.command.is_empty());
        empty.map(|(name, _)| format!("apps.{name}: the command is empty"))
    }
}

fn usual_state() -> PathBuf {
    "/var/lib/hackstream-node".into()
}

fn usual_server() -> PathBuf {
    "/usr/bin/hackstream-server".into()
}

const fn anywhere() -> IpAddr {
    IpAddr::V4(Ipv4Addr::UNSPECIFIED)
}

const fn usual_ports() -> (u16, u16) {
    (14_600, 14_999)
}

const fn usual_users() -> (u32, u32) {
    (700_000, 1000)
}

const fn usual_sessions() -> u32 {
    32
}

const fn usual_cpu_overcommit() -> u32 {
    4
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "node = \"01ARZ3NDEKTSV4RRFFQ69G5FAV\"\nhub = \"https://hub\"\n\
        token_file = \"/t\"\nhost = \"node.example\"\n";

    fn read(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn little_has_to_be_said() {
        let config = read(&format!(
            "{LEAST}[apps.browser]\ncommand = [\"firefox-esr\"]\n"
        ))
        .unwrap();
        assert_eq!(config.apps["browser"].command, ["firefox-esr"]);
        assert!(!config.apps["browser"].own_sandbox);
        assert_eq!(config.ports, (14_600, 14_999));
        assert_eq!(config.said.unwrap().hub, "https://hub");
        assert_eq!(config.ceiling, Ceiling::default());
    }

    #[test]
    fn sessions_run_in_containers_if_that_is_said() {
        let usual = read(&format!("{LEAST}[apps]\n")).unwrap();
        assert_eq!(usual.driver, DriverKind::Local);
        let docker = read(&format!(
            "{LEAST}driver = \"docker\"\n[docker]\nimage = \"own:1\"\n[apps]\n"
        ))
        .unwrap();
        assert_eq!(docker.driver, DriverKind::Docker);
        assert_eq!(docker.docker.image, "own:1");
        assert_eq!(docker.docker.socket, Path::new("/var/run/docker.sock"));
        assert_ne!(docker.sessions(), usual.sessions());
    }

    #[test]
    fn nonsense_is_explained() {
        for (more, word) in [
            ("[apps.x]\ncommand = []\n", "apps.x"),
            ("colour = 1\n[apps]\n", "colour"),
            ("ports = [2, 1]\n[apps]\n", "ports"),
            ("users = [0, 9]\n[apps]\n", "users"),
            ("cpu_overcommit = 0\n[apps]\n", "cpu_overcommit"),
            ("cpu_overcommit = 65\n[apps]\n", "cpu_overcommit"),
            ("driver = \"podman\"\n[apps]\n", "podman"),
            ("[docker]\nsocket = \"docker.sock\"\n[apps]\n", "socket"),
            ("[docker]\nimage = \"\"\n[apps]\n", "image"),
            ("[docker]\nhost = \"x\"\n[apps]\n", "host"),
            ("", "apps"),
            ("[ceiling]\nmemroy = 1\n[apps]\n", "memroy"),
        ] {
            let error = read(&format!("{LEAST}{more}")).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn who_a_node_is_stands_there_whole_or_not_at_all() {
        let enrolled = read("host = \"node.example\"\n[ceiling]\nmemory = 1\n[apps]\n").unwrap();
        assert_eq!((enrolled.said, enrolled.ceiling.memory), (None, Some(1)));
        let half = read("host = \"node.example\"\nhub = \"https://hub\"\n[apps]\n");
        assert!(half.unwrap_err().contains("belong together"));
    }
}
