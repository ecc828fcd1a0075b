//! HackStream itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Peer, Server, Site};
use crate::process::{Launch, Process, find_program, first_line_of};

const PORT: u16 = 14_500;
const START_LIMIT: Duration = Duration::from_secs(15);

/// What the viewer is asked to be sparing with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thrift {
    /// Nothing: its defaults.
    None,
    /// Bytes and memory, as on a small device.
    Low,
}

/// The two programs.
#[derive(Debug)]
pub(crate) struct HackStream {
    server: PathBuf,
    viewer: PathBuf,
    thrift: Thrift,
}

/// What the server says once viewers may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) listen: String,
    pub(crate) fingerprint: String,
}

impl Ready {
    /// `ready listen=ADDR:PORT display=:N fingerprint=sha256:HEX`, words in any order.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        if words.next()? != "ready" {
            return None;
        }
        let value = |name: &str| {
            words
                .clone()
                .find_map(|word| Some(word.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
        };
        Some(Self {
            listen: value("listen")?,
            fingerprint: value("fingerprint")?,
        })
    }
}

impl HackStream {
    pub(crate) fn find(folder: &Path, thrift: Thrift) -> Result<Self> {
        let find = |name: &str| {
            find_program(name, Some(folder))
                .with_context(|| format!("{name} is neither in {} nor on PATH", folder.display()))
        };
        Ok(Self {
            server: find("hackstream-server")?,
            viewer: find("hackstream-view")?,
            thrift,
        })
    }
}

impl Peer for HackStream {
    fn version(&self) -> String {
        first_line_of(&self.server, &["--version"]).unwrap_or_else(|| "unknown".to_owned())
    }

    fn server_memory_meaning(&self) -> &'static str {
        "hackstream-server without its X server"
    }

    fn tells_split(&self) -> bool {
        true
    }

    fn start_server(&self, site: &Site<'_>) -> Result<Server> {
        let home = site.workspace.folder("server-home")?;
        let port = site.network.port(PORT)?;
        let mut main = Launch::new("hackstream-server", &self.server)
            .inside(site.network.server())
            .argument("run")
            .argument("--listen")
            .argument(format!("{}:{port}", site.network.server_address()))
            .arguments(["--no-auth", "--size", &site.stimulus.size.to_string(), "--"])
            .argument(&site.stimulus.program)
            .arguments(site.stimulus.arguments().iter().cloned())
            .environment("HOME", &home)
            .environment("XDG_STATE_HOME", &home)
            .start(&site.workspace.log("server"))?;
        let ready =
            main.wait_for_line("its ready line", START_LIMIT, site.interrupt, Ready::parse)?;
        let viewer_arguments = vec![ready.listen, "--fingerprint".to_owned(), ready.fingerprint];
        Ok(Server {
            stimulus: None,
            main,
            x_server: None,
            viewer_arguments,
        })
    }

    fn start_viewer(&self, site: &Site<'_>, server: &Server, display: &str) -> Result<Process> {
        let home = site.workspace.folder("viewer-home")?;
        let quality: &[&str] = match self.thrift {
            Thrift::None => &[],
            Thrift::Low => &["--quality", "low"],
        };
        let viewer = Launch::new("hackstream-view", &self.viewer)
            .inside(site.network.client())
            .arguments(&server.viewer_arguments)
            .arguments(quality.iter().copied())
            .arguments(["--fullscreen", "--stats-json"])
            .environment("DISPLAY", display)
            .environment("HOME", &home)
            .environment("XDG_STATE_HOME", &home);
        let viewer = match &site.sound {
            Some(address) => viewer.environment("PULSE_SERVER", address),
            None => viewer,
        };
        viewer.start(&site.workspace.log("viewer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ready_line() {
        let line = "ready listen=10.213.0.1:14500 display=:7 fingerprint=sha256:ab12";
        let ready = Ready::parse(line).unwrap();
        assert_eq!(ready.listen, "10.213.0.1:14500");
        assert_eq!(ready.fingerprint, "sha256:ab12");
        assert_eq!(Ready::parse("ready listen=10.213.0.1:14500"), None);
        assert_eq!(Ready::parse("listen=x fingerprint=y"), None);
    }
}
