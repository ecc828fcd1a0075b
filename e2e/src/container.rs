//! Containers of the session image, through the `docker` that the test was given.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use hackstream_view::config::{Options, Token, TrustPolicy};
use hackstream_view::headless::Viewer;

use crate::PATIENCE;
use crate::server::Ready;

/// The token that a container makes for itself.
const TOKEN: &str = "/tmp/hackstream/state/hackstream/token";

/// Far more than a browser takes to start on a busy machine.
const LONG: Duration = Duration::from_secs(120);

/// A container, removed when dropped.
pub struct Container {
    id: String,
    /// When it was asked for.
    pub asked: Instant,
}

/// The image to test.
///
/// # Panics
/// If the test was not started by `cargo xtask image test`.
#[must_use]
pub fn image() -> String {
    std::env::var("HACKSTREAM_TEST_IMAGE").expect("use `cargo xtask image test`")
}

/// The socket of the engine that has it.
#[must_use]
pub fn socket() -> PathBuf {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let socket = host.strip_prefix("unix://");
    socket.unwrap_or("/var/run/docker.sock").into()
}

/// The container of a node's session; empty if there is none.
///
/// # Panics
/// If the engine does not answer.
#[must_use]
pub fn of_session(session: &str) -> String {
    let filter = format!("label=hackstream.session={session}");
    said(["ps", "--all", "--quiet", "--filter", &filter])
}

/// Runs `docker` to its end.
///
/// # Panics
/// If there is none.
pub fn docker<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Output {
    let mut docker = Command::new("docker");
    docker.args(arguments).stdin(Stdio::null());
    docker.output().expect("docker")
}

/// What `docker` prints.
///
/// # Panics
/// If it fails.
pub fn said<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let output = docker(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

impl Container {
    /// Starts one with these options of `docker run`, and this program in it.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn run(options: &[&str], program: &[&str]) -> Self {
        let asked = Instant::now();
        let image = image();
        let publish = ["run", "--detach", "--publish", "127.0.0.1::14500/udp"];
        let words = publish.iter().chain(options).copied();
        let id = said(words.chain([image.as_str()]).chain(program.iter().copied()));
        Self { id, asked }
    }

    /// Waits for its end; the exit code and what it said.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn ended(self) -> (i32, String) {
        let code = said(["wait", &self.id]).parse().expect("an exit code");
        (code, self.log())
    }

    /// What it said so far.
    #[must_use]
    pub fn log(&self) -> String {
        let output = docker(["logs", &self.id]);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        text(&output.stdout) + &text(&output.stderr)
    }

    /// What a program in it prints.
    ///
    /// # Panics
    /// If it fails.
    #[must_use]
    pub fn inside(&self, command: &[&str]) -> String {
        said(
            ["exec", &self.id]
                .into_iter()
                .chain(command.iter().copied()),
        )
    }

    /// What `docker inspect` says of it.
    ///
    /// # Panics
    /// If it is gone.
    #[must_use]
    pub fn inspect(&self, format: &str) -> String {
        said(["inspect", "--format", format, &self.id])
    }

    /// `docker stop`, as operators do; the exit code.
    ///
    /// # Panics
    /// If that fails.
    pub fn stop(&self, patience: &str) -> String {
        said(["stop", "--time", patience, &self.id]);
        self.inspect("{{.State.ExitCode}}")
    }

    /// Starts it again.
    ///
    /// # Panics
    /// If that fails.
    pub fn start(&self) {
        said(["start", &self.id]);
    }

    /// Waits until viewers may come.
    ///
    /// # Panics
    /// If they never may.
    #[must_use]
    pub fn ready(&self) -> Ready {
        let waited = docker([
            "exec",
            &self.id,
            "hackstream-server",
            "status",
            "--wait-ready",
            "60",
        ]);
        let log = self.log();
        assert!(waited.status.success(), "{waited:?}\n{log}");
        let mut lines = log.lines().rev();
        lines
            .find_map(Ready::parse)
            .unwrap_or_else(|| panic!("not ready: {log}"))
    }

    /// A viewer that has the first picture.
    ///
    /// # Panics
    /// If it does not get in.
    #[must_use]
    pub fn view(&self) -> Viewer {
        let ready = self.ready();
        let token = self.inside(&["cat", TOKEN]).into_bytes();
        let port = said(["port", &self.id, "14500/udp"]);
        let address = port.lines().next().unwrap_or_default();
        let address = address.parse().expect("an address");
        let token = Token::new(token).expect("a token");
        let options = Options::headless(address, token, TrustPolicy::Pinned(ready.fingerprint));
        let viewer = Viewer::connect(options).expect("a viewer");
        assert!(viewer.wait_for(|picture| picture.is_complete(), PATIENCE));
        viewer
    }
}

/// Waits until the viewer shows this colour somewhere.
///
/// # Panics
/// If it never does.
pub fn wait_for_colour(viewer: &Viewer, colour: u32) {
    let deadline = Instant::now() + LONG;
    loop {
        let (_, pixels) = viewer.canvas_snapshot();
        let count = pixels
            .iter()
            .filter(|pixel| **pixel & 0x00ff_ffff == colour)
            .count();
        if count > 1000 {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "nothing of the colour {colour:06x}"
        );
        std::thread::sleep(crate::LOOK);
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the container:\n{}", self.log());
        }
        let _ = docker(["rm", "--force", "--volumes", &self.id]);
    }
}
