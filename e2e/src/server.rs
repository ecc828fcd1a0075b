//! A real `hackstream-server` and the screen it shows.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use hackstream_protocol::geometry::Size;
use hackstream_transport::Fingerprint;
use rustix::process::Signal;

use crate::compare::{Picture, Screen};
use crate::display::Display;
use crate::folder::Folder;
use crate::framebuffer::Framebuffer;
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
    /// Where metrics are, if anywhere.
    pub metrics: Option<String>,
}

/// How to run a session.
pub struct Run<'a> {
    /// Size of its screen.
    pub size: Size,
    /// Where it listens.
    pub listen: &'a str,
    /// The network it is in, if not the machine's.
    pub namespace: Option<&'a Namespace>,
    /// Other options of the server.
    pub options: &'a [&'a str],
    /// A folder of the server's that is a disk of its own, as small as this many bytes.
    pub small_disk: Option<(&'a Path, usize)>,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self {
            size: SIZE,
            listen: "127.0.0.1:0",
            namespace: None,
            options: &[],
            small_disk: None,
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
        let mut server = match (run.namespace, run.small_disk) {
            (Some(namespace), _) => namespace.command(&program("hackstream-server")),
            (None, None) => bound_command(program("hackstream-server")),
            (None, Some((disk, bytes))) => with_small_disk(disk, bytes),
        };
        folder.use_in(&mut server);
        let size = run.size.to_string();
        server.args(["run", "--listen", run.listen, "--size", &size]);
        server.args(run.options).arg("--").args(command);
        let (process, ready) = start(&mut server);
        let framebuffer = Framebuffer::of_session(&folder, run.size);
        Self::new(process, ready, folder, Box::new(framebuffer))
    }

    /// Kills it and starts it anew in the same place, at the same address: what an operator or a
    /// power cut does.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn killed_and_run_again<T: AsRef<OsStr>>(self, command: &[T]) -> Self {
        let Self {
            process,
            ready,
            folder,
            ..
        } = self;
        process.signal(Signal::KILL);
        drop(process);
        wait_until("the end of the killed server's session", || {
            folder.sessions().is_empty().then_some(())
        });
        let run = Run {
            listen: &ready.listen,
            ..Run::default()
        };
        Self::run_as(&run, folder, command)
    }

    /// `hackstream-server attach` on a display of the test.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn attach(display: &Display) -> Self {
        Self::attach_with(display, &[])
    }

    /// The same, with other options.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn attach_with(display: &Display, options: &[&str]) -> Self {
        let folder = Folder::new();
        let mut server = bound_command(program("hackstream-server"));
        folder.use_in(&mut server);
        server.args(["attach", "--listen", "127.0.0.1:0", "--display"]);
        let (process, ready) = start(server.arg(display.name()).args(options));
        Self::new(process, ready, folder, Box::new(display.screen()))
    }

    fn new(process: Process, ready: Ready, folder: Folder, screen: Box<dyn Screen>) -> Self {
        // A session of a control plane has none.
        let token = std::fs::read(folder.path("state/hackstream/token")).unwrap_or_default();
        Self {
            process,
            ready,
            token: token.trim_ascii().to_vec(),
            folder,
            screen,
        }
    }

    /// The token of those who may only watch.
    ///
    /// # Panics
    /// If the server was not told to make one.
    #[must_use]
    pub fn view_token(&self) -> Vec<u8> {
        let token = std::fs::read(self.folder.path("state/hackstream/view-token"));
        token.expect("a view token").trim_ascii().to_vec()
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

/// A server that has a small disk in place of a folder, which nobody else sees.
fn with_small_disk(disk: &Path, bytes: usize) -> Command {
    let mut command = bound_command("unshare");
    let mount = format!("mount -t tmpfs -o size={bytes} tmpfs \"$0\" && exec \"$@\"");
    command
        .args(["--mount", "sh", "-c", &mount])
        .arg(disk)
        .arg(program("hackstream-server"));
    command
}

fn start(command: &mut Command) -> (Process, Ready) {
    let process = Process::start(command);
    let ready = process.stdout.find("readiness", Ready::parse);
    let ready = ready.unwrap_or_else(|| panic!("the server ended at once: {:?}", process.stderr));
    (process, ready)
}

impl Ready {
    /// Reads the line; `None` if it is another one.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
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
            metrics: value("metrics"),
        })
    }
}
