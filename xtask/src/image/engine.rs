//! The container engine: the one that runs here, or one of our own for as long as the task takes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::mount::{UnmountFlags, unmount};
use rustix::process::{Pid, Signal, kill_process};

use crate::command;
use crate::packages::Goal;
use crate::scratch::Scratch;
use crate::setup;

/// How long an engine may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at one that starts or ends.
const LOOK: Duration = Duration::from_millis(100);

/// The network of our own engine: private, and unlikely to be that of anything here.
const BRIDGE: &str = "172.31.255.1/24";

/// The bridge that an engine makes.
const BRIDGE_NAME: &str = "docker0";

/// Something to run containers with.
pub(super) enum Engine {
    /// The one that `docker` finds by itself.
    Given,
    /// One that ends with this value.
    Own(OwnEngine),
}

/// What a search for an engine came to.
pub(super) enum Found {
    /// This one.
    Engine(Engine),
    /// None runs here, and none can be started.
    Nothing {
        /// The reason.
        why: String,
    },
}

/// A daemon that we started.
pub(super) struct OwnEngine {
    daemon: Child,
    folder: Scratch,
    had_bridge: bool,
}

impl Engine {
    /// The engine of this machine, or a new one.
    pub(super) fn find() -> Result<Found> {
        if answers(&mut Command::new("docker")) {
            return Ok(Found::Engine(Self::Given));
        }
        if !rustix::process::geteuid().is_root() {
            let why = "`docker info` reaches none, and only root can start one".to_owned();
            return Ok(Found::Nothing { why });
        }
        // Not before it is sure that there is none: two of them do not go together.
        if !command::is_there("dockerd", "--version")? {
            setup::run(Goal::Engine)?;
        }
        if !command::is_there("dockerd", "--version")? {
            let why = "`docker info` reaches none, and there is no dockerd".to_owned();
            return Ok(Found::Nothing { why });
        }
        OwnEngine::start()
    }

    /// The client, for this engine.
    pub(super) fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        self.use_in(&mut command);
        command
    }

    /// Has whatever the command starts use this engine.
    pub(super) fn use_in(&self, command: &mut Command) {
        if let Self::Own(engine) = self {
            command.env("DOCKER_HOST", engine.address());
        }
    }

    pub(super) fn is_our_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Where our own keeps its images.
    pub(super) fn data(&self) -> Result<PathBuf> {
        super::store()
    }
}

/// Whether an engine answers the client.
fn answers(client: &mut Command) -> bool {
    let asked = client
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

impl OwnEngine {
    fn start() -> Result<Found> {
        let data = super::store()?;
        std::fs::create_dir_all(&data)
            .with_context(|| format!("cannot make {}", data.display()))?;
        let log = data.with_extension("log");
        let said = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        // The names of sockets must be short.
        let folder = Scratch::create("hackstream-engine")?;
        let had_bridge = has_bridge();
        let mut daemon = Command::new("dockerd");
        daemon
            .arg("--data-root")
            .arg(&data)
            .arg("--exec-root")
            .arg(folder.path().join("exec"))
            .arg("--pidfile")
            .arg(folder.path().join("pid"))
            .arg("--host")
            .arg(address_in(folder.path()))
            // The machine's routes and packet filter are not ours. Published ports work without, by
            // a process for each.
            .args(["--iptables=false", "--ip6tables=false", "--ip-masq=false"])
            .args(["--ip-forward=false", "--bip", BRIDGE])
            .stdin(Stdio::null())
            .stdout(said.try_clone().context("cannot write the log")?)
            .stderr(said);
        eprintln!(
            "No container engine answers: starting one (its log: {})",
            log.display()
        );
        let daemon = daemon.spawn().context("cannot start dockerd")?;
        let mut engine = Self {
            daemon,
            folder,
            had_bridge,
        };
        if engine.wait_until_ready()? {
            return Ok(Found::Engine(Engine::Own(engine)));
        }
        drop(engine);
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let last = said.lines().last().unwrap_or("it says nothing").to_owned();
        let why = format!("dockerd does not start: {last}");
        Ok(Found::Nothing { why })
    }

    fn address(&self) -> String {
        address_in(self.folder.path())
    }

    /// Whether it answers, before it ends or the time is up.
    fn wait_until_ready(&mut self) -> Result<bool> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.daemon.try_wait().context("dockerd")?.is_some() {
                return Ok(false);
            }
            if answers(Command::new("docker").env("DOCKER_HOST", self.address())) {
                return Ok(true);
            }
            thread::sleep(LOOK);
        }
        Ok(false)
    }

    /// Lets go of the machine's network, which dockerd leaves mounted in its folder once a container was
    /// on it: the folder could not be removed.
    fn unmount_networks(&self) {
        let networks = self.folder.path().join("exec/netns");
        let left = std::fs::read_dir(networks).into_iter().flatten().flatten();
        for network in left {
            // Fails only on what is not mounted.
            let _ = unmount(network.path(), UnmountFlags::DETACH);
        }
    }

    fn stop(&mut self) {
        // Fails only if it has ended.
        let _ = kill_process(Pid::from_child(&self.daemon), Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.daemon.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.daemon.kill();
            }
            thread::sleep(LOOK);
        }
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        self.stop();
        self.unmount_networks();
        if !self.had_bridge && has_bridge() {
            let removed = Command::new("ip")
                .args(["link", "delete", BRIDGE_NAME])
                .status();
            if !removed.is_ok_and(|status| status.success()) {
                eprintln!("xtask: the network {BRIDGE_NAME} could not be removed");
            }
        }
    }
}

fn address_in(folder: &Path) -> String {
    format!("unix://{}", folder.join("socket").display())
}

fn has_bridge() -> bool {
    Path::new("/sys/class/net").join(BRIDGE_NAME).exists()
}
