//! xpra, showing a whole desktop as the others do, with its defaults for pictures.
//!
//! All that is not pictures and input is off, and so is shared memory, which would bypass the link.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{Peer, Server, Site};
use crate::display::wait_for_display;
use crate::process::{Launch, Process, find_program, first_line_of};

const PORT: u16 = 14_600;

/// What neither side may do: it is not measured and asks for programs that are not there.
const ONLY_PICTURES: [&str; 14] = [
    "--mmap=no",
    "--mdns=no",
    "--clipboard=no",
    "--notifications=no",
    "--speaker=disabled",
    "--microphone=disabled",
    // Else every picture waits 150 ms for sound that is off.
    "--av-sync=no",
    "--webcam=no",
    "--printing=no",
    "--file-transfer=no",
    "--system-tray=no",
    "--xsettings=no",
    "--remote-logging=no",
    "--dpi=96",
];
const SERVER_ALONE: [&str; 11] = [
    "--daemon=no",
    "--displayfd=1",
    "--bind=none",
    "--pulseaudio=no",
    "--dbus-launch=",
    "--dbus-proxy=no",
    "--dbus-control=no",
    "--systemd-run=no",
    "--html=off",
    "--resize-display=no",
    "--fake-xinerama=no",
];
/// Python modules without which Debian's package starts but shows nothing.
const NEEDED_MODULES: &str = "import PIL, gi; gi.require_foreign('cairo')";

/// Not whichever comes first on PATH: the package's modules are this one's.
const DEBIAN_PYTHON: &str = "/usr/bin/python3";

/// The one program that is server and viewer.
#[derive(Debug)]
pub(crate) struct Xpra {
    program: PathBuf,
}

impl Xpra {
    pub(crate) fn find() -> Result<Self> {
        let program = find_program("xpra", None).context("xpra is missing (package xpra)")?;
        ensure!(
            python_can(NEEDED_MODULES),
            "xpra lacks Python modules (packages python3-pil, python3-gi-cairo)"
        );
        Ok(Self { program })
    }

    /// `name` tells the two sides apart in messages, `kind` is the home of this one: no settings
    /// and no sockets of the person who measures.
    fn launch(&self, name: &'static str, kind: &str, site: &Site<'_>) -> Result<Launch> {
        let home = site.workspace.folder(kind)?;
        let no_configuration = site.workspace.folder("no-configuration")?;
        Ok(Launch::new(name, &self.program)
            .environment("HOME", &home)
            .environment("TMPDIR", &home)
            .environment("XDG_RUNTIME_DIR", &home)
            .environment("XPRA_SYSTEM_CONF_DIRS", no_configuration)
            .environment("GSETTINGS_BACKEND", "memory")
            .environment("NO_AT_BRIDGE", "1"))
    }
}

fn python_can(script: &str) -> bool {
    let status = Command::new(DEBIAN_PYTHON)
        .args(["-c", script])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Ends with xpra, however that ends.
fn display_command(site: &Site<'_>) -> String {
    let size = site.stimulus.size;
    format!(
        "setpriv --pdeathsig KILL -- Xvfb +extension Composite -screen 0 {size}x24 -dpi 96 \
         -nolisten tcp -noreset -auth $XAUTHORITY"
    )
}

impl Peer for Xpra {
    fn version(&self) -> String {
        let version = first_line_of(&self.program, &["--version"]);
        let compressor = if python_can("import lz4") {
            "with lz4"
        } else {
            "without lz4"
        };
        format!("{} ({compressor})", version.as_deref().unwrap_or("unknown"))
    }

    fn server_memory_meaning(&self) -> &'static str {
        "the xpra server without its X server"
    }

    fn start_server(&self, site: &Site<'_>) -> Result<Server> {
        let port = site.network.port(PORT)?;
        let address = format!("{}:{port}", site.network.server_address());
        // xpra takes the file of the variable only if there is one, else the person's own.
        let authority = site.workspace.path().join("xpra-authority");
        std::fs::write(&authority, [])?;
        let mut main = self
            .launch("the xpra server", "server-home", site)?
            .inside(site.network.server())
            .arguments(["start-desktop", &format!("--bind-tcp={address}")])
            .arguments(SERVER_ALONE)
            .arguments(ONLY_PICTURES)
            .argument(format!("--xvfb={}", display_command(site)))
            .environment("XAUTHORITY", &authority)
            .start(&site.workspace.log("server"))?;
        let display = wait_for_display(&mut main, site.interrupt)?;
        let stimulus = Launch::new("stimulus", &site.stimulus.program)
            .inside(site.network.server())
            .arguments(site.stimulus.arguments().iter().cloned())
            .environment("DISPLAY", display)
            .environment("XAUTHORITY", &authority)
            .start(&site.workspace.log("stimulus"))?;
        Ok(Server {
            stimulus: Some(stimulus),
            main,
            x_server: None,
            viewer_arguments: vec![format!("tcp://{address}/")],
        })
    }

    fn start_viewer(&self, site: &Site<'_>, server: &Server, display: &str) -> Result<Process> {
        self.launch("the xpra viewer", "viewer-home", site)?
            .inside(site.network.client())
            .argument("attach")
            .arguments(&server.viewer_arguments)
            .arguments(ONLY_PICTURES)
            .arguments(["--opengl=no", "--tray=no", "--desktop-scaling=no"])
            .environment("DISPLAY", display)
            .start(&site.workspace.log("viewer"))
    }
}
