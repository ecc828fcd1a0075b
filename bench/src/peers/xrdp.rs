//! xrdp with its Xorg, and FreeRDP: another family of protocols.
//!
//! Debian starts the X server through a session manager, which asks for a person's password. Here it
//! is started directly, as that manager would, and xrdp is told where it is. All else is as Debian's
//! xrdp.ini has it, but for channels that are neither pictures nor input.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Peer, Server, Site};
use crate::display::wait_for_display;
use crate::process::{Launch, Process, find_program, first_line_of};

const PORT: u16 = 3389;
const VIEWER_PACKAGE: &str = "freerdp2-x11";
const START_LIMIT: Duration = Duration::from_secs(10);
/// Daemons are not on everybody's PATH.
const DAEMONS: &str = "/usr/sbin";
/// Not the one on PATH, which may want the machine's console.
const X_SERVER: &str = "/usr/lib/xorg/Xorg";
const X_CONFIGURATION: &str = "/etc/X11/xrdp/xorg.conf";
/// What xrdp writes into its log once viewers may come.
const READY: &str = "listening to port";

/// How the viewer wants pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// Whatever the two agree on by themselves: bitmaps without loss.
    AsUsual,
    /// RemoteFX, which loses some of the picture.
    RemoteFx,
}

/// The programs.
#[derive(Debug)]
pub(crate) struct Xrdp {
    pictures: Pictures,
    server: PathBuf,
    viewer: PathBuf,
    openssl: PathBuf,
}

impl Xrdp {
    pub(crate) fn find(pictures: Pictures) -> Result<Self> {
        let server = find_program("xrdp", Some(Path::new(DAEMONS)))
            .context("xrdp is missing (package xrdp)")?;
        for file in [X_SERVER, X_CONFIGURATION] {
            ensure!(
                Path::new(file).is_file(),
                "{file} is missing (package xorgxrdp)"
            );
        }
        let viewer = find_program("xfreerdp", None)
            .with_context(|| format!("xfreerdp is missing (package {VIEWER_PACKAGE})"))?;
        let openssl =
            find_program("openssl", None).context("openssl is missing (package openssl)")?;
        Ok(Self {
            pictures,
            server,
            viewer,
            openssl,
        })
    }

    /// A key like the one that Debian makes at installation, which only root may read.
    fn make_key(&self, folder: &Path) -> Result<()> {
        let output = Command::new(&self.openssl)
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"])
            .args(["-subj", "/CN=hackstream-bench", "-keyout"])
            .arg(folder.join("key.pem"))
            .arg("-out")
            .arg(folder.join("certificate.pem"))
            .stdin(Stdio::null())
            .output()
            .context("cannot start openssl")?;
        let message = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "openssl makes no key: {}",
            message.trim()
        );
        Ok(())
    }
}

/// `folder` holds the key and the X server's socket.
fn configuration(address: &str, folder: &Path, display: &str, log: &Path) -> String {
    let (folder, log) = (folder.display(), log.display());
    let number = display.trim_start_matches(':');
    // One process instead of one for each viewer: so its memory is known.
    format!(
        "\
[Globals]
ini_version=1
fork=false
port=tcp://{address}
tcp_nodelay=true
tcp_keepalive=true
security_layer=negotiate
crypt_level=high
certificate={folder}/certificate.pem
key_file={folder}/key.pem
ssl_protocols=TLSv1.2, TLSv1.3
autorun=Xorg
allow_channels=true
allow_multimon=true
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both
[Logging]
LogFile={log}
LogLevel=INFO
EnableSyslog=false
[Channels]
rdpdr=false
rdpsnd=false
drdynvc=true
cliprdr=false
rail=false
xrdpvr=false
tcutils=false
[Xorg]
name=Xorg
lib=libxup.so
username=bench
password=bench
ip=127.0.0.1
port={folder}/xrdp_display_{number}
code=20
"
    )
}

impl Peer for Xrdp {
    fn version(&self) -> String {
        let unknown = || "unknown".to_owned();
        let server = first_line_of(&self.server, &["--version"]).unwrap_or_else(unknown);
        // xfreerdp itself tells its version only to who has a display.
        let query = [
            "--show",
            "--showformat",
            "${Package} ${Version}",
            VIEWER_PACKAGE,
        ];
        let viewer = first_line_of(Path::new("dpkg-query"), &query).unwrap_or_else(unknown);
        format!("{server}, {viewer}")
    }

    fn server_memory_meaning(&self) -> &'static str {
        "xrdp without its X server"
    }

    fn remark(&self) -> Option<&'static str> {
        match self.pictures {
            Pictures::AsUsual => Some(
                "sends the rectangle around all that changed: here the whole screen, as the two \
                 markers are at opposite corners",
            ),
            Pictures::RemoteFx => None,
        }
    }

    fn start_server(&self, site: &Site<'_>) -> Result<Server> {
        let home = site.workspace.folder("server-home")?;
        self.make_key(&home)?;
        let mut x_server = Launch::new("Xorg", X_SERVER)
            .inside(site.network.server())
            .arguments(["-displayfd", "1", "-config", X_CONFIGURATION])
            .arguments(["-nolisten", "tcp", "-noreset", "-logfile"])
            .argument(home.join("xorg.txt"))
            .environment("HOME", &home)
            .environment("XRDP_SOCKET_PATH", &home)
            .start(&site.workspace.log("x-server"))?;
        let display = wait_for_display(&mut x_server, site.interrupt)?;
        let (address, port) = (site.network.server_address(), site.network.port(PORT)?);
        let address = format!("{address}:{port}");
        let (file, log) = (home.join("xrdp.ini"), site.workspace.log("xrdp"));
        std::fs::write(&file, configuration(&address, &home, &display, &log))?;
        let mut main = Launch::new("xrdp", &self.server)
            .inside(site.network.server())
            .arguments(["--nodaemon", "--config"])
            .argument(file)
            .environment("HOME", &home)
            .start(&site.workspace.log("server"))?;
        wait_for_log(&mut main, &log, site)?;
        // Waits for the viewer, which gives the screen its size.
        let stimulus = Launch::new("stimulus", &site.stimulus.program)
            .inside(site.network.server())
            .arguments(site.stimulus.arguments())
            .environment("DISPLAY", display)
            .start(&site.workspace.log("stimulus"))?;
        Ok(Server {
            stimulus: Some(stimulus),
            main,
            x_server: Some(x_server),
            viewer_arguments: vec![format!("/v:{address}")],
        })
    }

    fn start_viewer(&self, site: &Site<'_>, server: &Server, display: &str) -> Result<Process> {
        let codec = match self.pictures {
            Pictures::AsUsual => None,
            Pictures::RemoteFx => Some("/rfx"),
        };
        Launch::new("xfreerdp", &self.viewer)
            .inside(site.network.client())
            .arguments(&server.viewer_arguments)
            .arguments(["/f", "/u:bench", "/p:bench", "/cert:ignore", "-clipboard"])
            .argument("/log-level:WARN")
            .arguments(codec)
            .environment("DISPLAY", display)
            .environment("HOME", site.workspace.folder("viewer-home")?)
            .start(&site.workspace.log("viewer"))
            .map(|viewer| viewer.with_litter(shared_memory_of))
    }
}

/// FreeRDP makes this for films and forgets it when it is ended by a signal.
fn shared_memory_of(viewer: u32) -> PathBuf {
    PathBuf::from(format!("/dev/shm/com.freerdp.xfreerdp.tsmf_{viewer:016X}"))
}

fn wait_for_log(server: &mut Process, log: &Path, site: &Site<'_>) -> Result<()> {
    let ready = site.interrupt.wait_until(START_LIMIT, || {
        server.check_alive()?;
        // Not there at first.
        let text = std::fs::read(log).unwrap_or_default();
        let is_ready = String::from_utf8_lossy(&text).contains(READY);
        Ok(is_ready.then_some(()))
    })?;
    ready.with_context(|| format!("xrdp did not listen within {START_LIMIT:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_the_socket_of_the_display() {
        let (folder, log) = (Path::new("/a"), Path::new("/b/xrdp.log"));
        let text = configuration("127.0.0.1:7", folder, ":12", log);
        for line in [
            "port=tcp://127.0.0.1:7",
            "port=/a/xrdp_display_12",
            "LogFile=/b/xrdp.log",
            "key_file=/a/key.pem",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
}
