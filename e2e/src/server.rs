//! A real `hackstream-server` and the screen it shows.

use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use hackstream_protocol::geometry::Size;
use hackstream_transport::Fingerprint;
use tempfile::TempDir;

use crate::compare::{Picture, Screen};
use crate::display::Display;
use crate::netns::Namespace;
use crate::process::{Process, bound_command};
use crate::{program, wait_until};

/// A small screen: pictures of it are compared often.
pub const SIZE: Size = Size::new(800, 600);

/// A running server, told to end when dropped.
pub struct Server {
    /// The program.
    pub process: Process,
    /// What viewers must know of it.
    pub ready: Ready,
    /// The token that admits.
    pub token: Vec<u8>,
    folder: Folder,
    screen: Box<dyn Screen>,
}

/// The line that a server prints once viewers may come.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Address and port.
    pub listen: String,
    /// Name of the display.
    pub display: String,
    /// Of the server's key.
    pub fingerprint: Fingerprint,
}

/// Everything that a server may write to, away from the user's own files.
pub struct Folder(TempDir);

/// How to run a session.
pub struct Run<'a> {
    /// Size of its screen.
    pub size: Size,
    /// Where it listens.
    pub listen: &'a str,
    /// The network it is in, if not the machine's.
    pub namespace: Option<&'a Namespace>,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self {
            size: SIZE,
            listen: "127.0.0.1:0",
            namespace: None,
        }
    }
}

impl Server {
    /// `hackstream-server run` with this command.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn run<T: AsRef<OsStr>>(command: &[T]) -> Self {
        Self::run_as(&Run::default(), Folder::new(), command)
    }

    /// The same, with everything said.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn run_as<T: AsRef<OsStr>>(run: &Run<'_>, folder: Folder, command: &[T]) -> Self {
        let mut server = match run.namespace {
            Some(namespace) => namespace.command(&program("hackstream-server")),
            None => bound_command(program("hackstream-server")),
        };
        folder.use_in(&mut server);
        let size = run.size.to_string();
        server.args(["run", "--listen", run.listen, "--size", &size, "--"]);
        server.args(command);
        let (process, ready) = start(&mut server);
        let framebuffer = folder.framebuffer();
        Self::new(process, ready, folder, Box::new(framebuffer))
    }

    /// `hackstream-server attach` on a display of the test.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn attach(display: &Display) -> Self {
        let folder = Folder::new();
        let mut server = bound_command(program("hackstream-server"));
        folder.use_in(&mut server);
        server.args(["attach", "--listen", "127.0.0.1:0", "--display"]);
        let (process, ready) = start(server.arg(display.name()));
        Self::new(process, ready, folder, Box::new(display.screen()))
    }

    fn new(process: Process, ready: Ready, folder: Folder, screen: Box<dyn Screen>) -> Self {
        let token = std::fs::read(folder.path("state/hackstream/token")).expect("a token");
        Self {
            process,
            ready,
            token: token.trim_ascii().to_vec(),
            folder,
            screen,
        }
    }

    /// Where its files are.
    #[must_use]
    pub const fn folder(&self) -> &Folder {
        &self.folder
    }
}

impl Screen for Server {
    fn picture(&self) -> Picture {
        self.screen.picture()
    }
}

fn start(command: &mut Command) -> (Process, Ready) {
    let process = Process::start(command);
    let ready = process.stdout.wait_for("readiness", Ready::parse);
    (process, ready)
}

impl Ready {
    fn parse(line: &str) -> Option<Self> {
        let fields = line.strip_prefix("ready ")?;
        let value = |wanted| {
            let mut fields = fields.split(' ').filter_map(|field| field.split_once('='));
            fields
                .find(|(name, _)| *name == wanted)
                .map(|(_, v)| v.to_owned())
        };
        Some(Self {
            listen: value("listen")?,
            display: value("display")?,
            fingerprint: value("fingerprint")?.parse().ok()?,
        })
    }
}

impl Folder {
    /// A new folder in memory, with a home and the like.
    ///
    /// # Panics
    /// If the system refuses.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hackstream-e2e-")
            .tempdir_in("/dev/shm")
            .expect("a folder in memory");
        for name in ["home", "runtime", "state"] {
            let made = DirBuilder::new()
                .mode(0o700)
                .create(folder.path().join(name));
            made.expect("a folder");
        }
        Self(folder)
    }

    /// Something in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a program use it, and no display.
    pub fn use_in(&self, command: &mut Command) {
        command
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("XDG_STATE_HOME", self.path("state"))
            .current_dir(self.path("home"));
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "RUST_LOG"] {
            command.env_remove(name);
        }
    }

    /// Directories of sessions that run in it.
    ///
    /// # Panics
    /// If it is gone.
    #[must_use]
    pub fn sessions(&self) -> Vec<PathBuf> {
        let items = std::fs::read_dir(self.path("runtime")).expect("the runtime folder");
        let paths = items.filter_map(|item| Some(item.ok()?.path()));
        let is_session = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("hackstream-")
        };
        paths.filter(is_session).collect()
    }

    /// Processes that use it: their numbers and command lines.
    ///
    /// # Panics
    /// If there is no list of processes.
    #[must_use]
    pub fn processes(&self) -> Vec<(i32, String)> {
        let needle = self.0.path().to_str().expect("UTF-8").to_owned();
        let mut found = Vec::new();
        for item in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(number) = item.file_name().to_str().and_then(|n| n.parse().ok()) else {
                continue;
            };
            let read = |file| {
                let bytes = std::fs::read(item.path().join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).replace('\0', " ")
            };
            let arguments = read("cmdline");
            if arguments.contains(&needle) || read("environ").contains(&needle) {
                found.push((number, arguments));
            }
        }
        found
    }

    fn framebuffer(&self) -> Framebuffer {
        let sessions = self.sessions();
        assert_eq!(sessions.len(), 1, "one session: {sessions:?}");
        Framebuffer(sessions[0].join("Xvfb_screen0"))
    }
}

/// The file in which Xvfb keeps what it shows: an X window dump, header in big-endian words.
struct Framebuffer(PathBuf);

impl Screen for Framebuffer {
    fn picture(&self) -> Picture {
        read_window_dump(&self.0)
    }
}

fn read_window_dump(file: &Path) -> Picture {
    let bytes = std::fs::read(file).expect("the framebuffer");
    let word = |index: usize| {
        let word = bytes[index * 4..][..4].try_into().expect("four bytes");
        u32::from_be_bytes(word) as usize
    };
    let (header, width, height, stride, colours) = (word(0), word(4), word(5), word(12), word(19));
    let start = header + colours * 12;
    let rows = bytes[start..].chunks_exact(stride).take(height);
    let pixel = |p: &[u8]| u32::from_le_bytes([p[0], p[1], p[2], 0]);
    let pixels = rows.flat_map(|row| row[..width * 4].chunks_exact(4).map(pixel));
    Picture {
        size: Size::new(width as u32, height as u32),
        pixels: pixels.collect(),
    }
}

/// A file that a program in a session shows as it grows, without anyone typing.
pub struct Board(PathBuf);

impl Board {
    /// An empty one in `folder`, named so that several can be there.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn new(folder: &Folder) -> Self {
        let path = folder.path("board");
        std::fs::write(&path, "ready to be written on\n").expect("a file");
        Self(path)
    }

    /// The command of a session that shows it.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn command(&self) -> Vec<String> {
        let path = self.0.to_str().expect("UTF-8").to_owned();
        let mut words = terminal(&["tail", "-n", "+1", "-f"]);
        words.push(path);
        words
    }

    /// Writes on it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, text: &str) {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&self.0)
            .expect("the board");
        file.write_all(text.as_bytes()).expect("the board");
    }

    /// Writes many different lines on it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn fill(&self, seed: u32, lines: u32) {
        let mut text = String::new();
        for line in 0..lines {
            let words = (0..9u32).map(|word| {
                let number = (seed + line * 9 + word).wrapping_mul(2_654_435_761);
                format!("{number:08x}")
            });
            text.push_str(&words.collect::<Vec<_>>().join(" "));
            text.push('\n');
        }
        self.write(&text);
    }
}

/// An xterm with antialiased letters that runs a command.
#[must_use]
pub fn terminal(command: &[&str]) -> Vec<String> {
    let xterm = [
        "xterm",
        "-fa",
        "DejaVu Sans Mono",
        "-fs",
        "11",
        "-sl",
        "2000",
        "-e",
    ];
    let words = xterm.iter().chain(command);
    words.map(|word| (*word).to_owned()).collect()
}

/// Waits until a process has ended.
///
/// # Panics
/// If something is left.
pub fn wait_until_nothing_is_left(folder: &Folder) {
    wait_until("the end of all processes and directories", || {
        (folder.processes().is_empty() && folder.sessions().is_empty()).then_some(())
    });
}
