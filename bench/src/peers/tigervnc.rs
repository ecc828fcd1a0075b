//! TigerVNC with its defaults, but for what would offset the picture or ask questions.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Peer, Server, Site};
use crate::display::wait_for_display;
use crate::process::{Launch, Process, find_program, first_line_of};

const PORT: u16 = 5900;

/// The two programs.
#[derive(Debug)]
pub(crate) struct TigerVnc {
    server: PathBuf,
    viewer: PathBuf,
}

impl TigerVnc {
    pub(crate) fn find() -> Result<Self> {
        let server = find_program("Xtigervnc", None)
            .context("Xtigervnc is missing (package tigervnc-standalone-server)")?;
        let viewer = find_program("xtigervncviewer", None)
            .context("xtigervncviewer is missing (package tigervnc-viewer)")?;
        Ok(Self { server, viewer })
    }
}

impl Peer for TigerVnc {
    fn version(&self) -> String {
        first_line_of(&self.server, &["-version"]).unwrap_or_else(|| "unknown".to_owned())
    }

    fn server_memory_meaning(&self) -> &'static str {
        "Xtigervnc, which is the X server too"
    }

    fn start_server(&self, site: &Site<'_>) -> Result<Server> {
        let address = site.network.server_address().to_string();
        let port = site.network.port(PORT)?;
        let mut main = Launch::new("Xtigervnc", &self.server)
            .inside(site.network.server())
            .arguments([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-depth",
                "24",
                "-geometry",
            ])
            .argument(site.stimulus.size.to_string())
            .arguments(["-SecurityTypes", "None", "-interface", &address, "-rfbport"])
            .argument(port.to_string())
            .environment("HOME", site.workspace.folder("server-home")?)
            .start(&site.workspace.log("server"))?;
        let display = wait_for_display(&mut main, site.interrupt)?;
        let stimulus = Launch::new("stimulus", &site.stimulus.program)
            .inside(site.network.server())
            .arguments(site.stimulus.arguments().iter().cloned())
            .environment("DISPLAY", display)
            .start(&site.workspace.log("stimulus"))?;
        let viewer_arguments = vec![format!("{address}::{port}")];
        Ok(Server {
            stimulus: Some(stimulus),
            main,
            x_server: None,
            viewer_arguments,
        })
    }

    fn start_viewer(&self, site: &Site<'_>, server: &Server, display: &str) -> Result<Process> {
        Launch::new("xtigervncviewer", &self.viewer)
            .inside(site.network.client())
            .arguments(["-FullScreen=1", "-RemoteResize=0", "-SecurityTypes", "None"])
            .arguments(["-ReconnectOnError=0", "-AlertOnFatalError=0", "-MenuKey="])
            .arguments(&server.viewer_arguments)
            .environment("DISPLAY", display)
            .environment("HOME", site.workspace.folder("viewer-home")?)
            .start(&site.workspace.log("viewer"))
    }
}
