//! The systems under test: how to start the server and the viewer of each.

mod hackstream;
mod tigervnc;
mod xpra;
mod xrdp;

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::network::Network;
use crate::process::Process;
use crate::stimulus::StimulusCommand;
use crate::workspace::Workspace;

pub(crate) use hackstream::{HackStream, Ready, Thrift};
pub(crate) use tigervnc::TigerVnc;
pub(crate) use xpra::Xpra;
pub(crate) use xrdp::{Pictures, Xrdp};

/// Which peers a run compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PeerName {
    /// No remoting: stimulus and probe on one display. What the method itself costs.
    Floor,
    /// HackStream, from the folder of this program or --bin-dir.
    Hackstream,
    /// The same with the viewer of a small device: --quality low.
    HackstreamLow,
    /// TigerVNC: Xtigervnc and xtigervncviewer.
    #[value(name = "tigervnc")]
    TigerVnc,
    /// xpra, as a desktop over TCP.
    Xpra,
    /// xrdp with its Xorg, and FreeRDP as the viewer.
    Xrdp,
    /// The same with RemoteFX, which FreeRDP does only when asked (/rfx).
    XrdpRfx,
}

impl PeerName {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Hackstream => "hackstream",
            Self::HackstreamLow => "hackstream-low",
            Self::TigerVnc => "tigervnc",
            Self::Xpra => "xpra",
            Self::Xrdp => "xrdp",
            Self::XrdpRfx => "xrdp-rfx",
        }
    }

    /// The peer with its programs found; an error says what is not installed. `None`: the floor.
    pub(crate) fn find(self, folder: &Path) -> Result<Option<Box<dyn Peer>>> {
        Ok(match self {
            Self::Floor => None,
            Self::Hackstream => Some(Box::new(HackStream::find(folder, Thrift::None)?)),
            Self::HackstreamLow => Some(Box::new(HackStream::find(folder, Thrift::Low)?)),
            Self::TigerVnc => Some(Box::new(TigerVnc::find()?)),
            Self::Xpra => Some(Box::new(Xpra::find()?)),
            Self::XrdpRfx => Some(Box::new(Xrdp::find(Pictures::RemoteFx)?)),
            Self::Xrdp => Some(Box::new(Xrdp::find(Pictures::AsUsual)?)),
        })
    }
}

/// Where a peer is started. Peers get a home inside the workspace, so that no person's settings
/// change the result.
pub(crate) struct Site<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) network: &'a Network,
    pub(crate) stimulus: &'a StimulusCommand,
    pub(crate) interrupt: &'a Interrupt,
    /// What `PULSE_SERVER` is for the viewer, if it is to be heard.
    pub(crate) sound: Option<OsString>,
}

/// A started server that shows the stimulus. They end in this order.
#[derive(Debug)]
pub(crate) struct Server {
    /// Absent where the server itself runs the stimulus.
    pub(crate) stimulus: Option<Process>,
    pub(crate) main: Process,
    /// Absent where it is a child of the server, or the server itself.
    pub(crate) x_server: Option<Process>,
    /// What the viewer needs to reach it.
    pub(crate) viewer_arguments: Vec<String>,
}

/// A remoting system.
pub(crate) trait Peer {
    /// Versions of its programs, for the report.
    fn version(&self) -> String;
    /// What the memory figure of the server's main process contains.
    fn server_memory_meaning(&self) -> &'static str;
    /// Whether its viewer tells where the time goes, in lines of `--stats-json`.
    fn tells_split(&self) -> bool {
        false
    }
    /// What a reader of its figures has to know.
    fn remark(&self) -> Option<&'static str> {
        None
    }
    /// Starts the server at the network's server end, showing the stimulus.
    fn start_server(&self, site: &Site<'_>) -> Result<Server>;
    /// Starts the viewer at the client end on a display that its window is to fill.
    fn start_viewer(&self, site: &Site<'_>, server: &Server, display: &str) -> Result<Process>;
}
