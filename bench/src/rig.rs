//! Everything one cell needs, up and running: display, network, server, viewer, probe.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::Instant;
use crate::display::Display;
use crate::interrupt::Interrupt;
use crate::network::{Link, Network, Traffic};
use crate::peers::{Peer, Server, Site};
use crate::probe::Probe;
use crate::process::{Launch, Process, Tree};
use crate::scene::{Scene, ScreenSize};
use crate::split::{Split, SplitLines};
use crate::stimulus::StimulusCommand;
use crate::workspace::Workspace;

/// How long a viewer may take to show the stimulus.
const PICTURE_LIMIT: Duration = Duration::from_secs(10);

/// What lies between the stimulus and the probe.
enum Middle {
    /// Nothing: they share a display.
    Nothing { stimulus: Process },
    /// A remoting system. Ended in this order.
    Remote {
        viewer: Process,
        server: Box<Server>,
        network: Network,
        split: Option<SplitLines>,
    },
}

/// A running cell; dropping it ends everything, the viewer first.
pub(crate) struct Rig {
    probe: Probe,
    middle: Middle,
    display: Display,
    journal: PathBuf,
}

/// Settings that all cells share.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) size: ScreenSize,
    pub(crate) seed: u64,
    pub(crate) interrupt: Interrupt,
}

impl Rig {
    /// Brings it up until the probe sees the stimulus. `peer` absent: the floor.
    pub(crate) fn start(
        peer: Option<&dyn Peer>,
        link: Link,
        setting: &Setting,
        workspace: &Workspace,
    ) -> Result<Self> {
        let interrupt = &setting.interrupt;
        let stimulus = StimulusCommand::new(setting.size, setting.seed, workspace.path())?;
        let mut display = Display::start(setting.size, workspace, interrupt)?;
        let middle = match peer {
            None => Middle::Nothing {
                stimulus: start_beside(&stimulus, &display, workspace)?,
            },
            Some(peer) => {
                display.start_manager(workspace, interrupt)?;
                let network = Network::create(link, setting.seed)?;
                start_remote(peer, network, &stimulus, &display, workspace, interrupt)?
            }
        };
        let (scene, framebuffer) = (Scene::new(setting.size), display.framebuffer()?);
        let probe = Probe::open(display.name(), framebuffer, scene, interrupt.clone())?;
        let mut rig = Self {
            probe,
            middle,
            display,
            journal: stimulus.journal,
        };
        rig.wait_for_picture(interrupt)?;
        Ok(rig)
    }

    fn wait_for_picture(&mut self, interrupt: &Interrupt) -> Result<()> {
        let marker = interrupt.wait_until(PICTURE_LIMIT, || {
            self.check_alive()?;
            Ok(self.probe.marker())
        })?;
        marker.map(drop).with_context(|| {
            format!("the viewer did not show both markers within {PICTURE_LIMIT:?}")
        })
    }

    /// Fails when a program that must run has ended.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.display.check_alive()?;
        match &mut self.middle {
            Middle::Nothing { stimulus } => stimulus.check_alive(),
            Middle::Remote {
                viewer,
                server,
                network,
                ..
            } => {
                network.check_alive()?;
                server.main.check_alive()?;
                server
                    .stimulus
                    .as_mut()
                    .map_or(Ok(()), Process::check_alive)?;
                viewer.check_alive()
            }
        }
    }

    pub(crate) const fn probe(&self) -> &Probe {
        &self.probe
    }

    pub(crate) const fn journal(&self) -> &PathBuf {
        &self.journal
    }

    /// What the link has carried so far; nothing where there is none.
    pub(crate) fn traffic(&self) -> Result<Traffic> {
        match &self.middle {
            Middle::Nothing { .. } => Ok(Traffic::default()),
            Middle::Remote { network, .. } => network.traffic(),
        }
    }

    /// After this long without a packet nobody has more to say.
    pub(crate) fn longest_silence(&self) -> Duration {
        match &self.middle {
            Middle::Nothing { .. } => Link::Lan.longest_silence(),
            Middle::Remote { network, .. } => network.link().longest_silence(),
        }
    }

    /// Where the time went since `from`, if the viewer tells.
    pub(crate) fn split_since(
        &mut self,
        from: Instant,
        interrupt: &Interrupt,
    ) -> Result<Option<Split>> {
        match &mut self.middle {
            Middle::Remote {
                viewer,
                split: Some(lines),
                ..
            } => {
                lines.wait_until_told(viewer, interrupt)?;
                Ok(Split::of(&lines.within(from, Instant::now())))
            }
            Middle::Remote { .. } | Middle::Nothing { .. } => Ok(None),
        }
    }

    /// The server's and the viewer's processes.
    pub(crate) fn trees(&self) -> Option<(Tree, Tree)> {
        match &self.middle {
            Middle::Nothing { .. } => None,
            Middle::Remote { viewer, server, .. } => {
                Some((Tree::new(server.main.pid()), Tree::new(viewer.pid())))
            }
        }
    }
}

fn start_beside(
    stimulus: &StimulusCommand,
    display: &Display,
    workspace: &Workspace,
) -> Result<Process> {
    Launch::new("stimulus", &stimulus.program)
        .arguments(stimulus.arguments())
        .environment("DISPLAY", display.name())
        .start(&workspace.log("stimulus"))
}

fn start_remote(
    peer: &dyn Peer,
    network: Network,
    stimulus: &StimulusCommand,
    display: &Display,
    workspace: &Workspace,
    interrupt: &Interrupt,
) -> Result<Middle> {
    let site = Site {
        workspace,
        network: &network,
        stimulus,
        interrupt,
    };
    let server = Box::new(peer.start_server(&site)?);
    let viewer = peer.start_viewer(&site, &server, display.name())?;
    Ok(Middle::Remote {
        viewer,
        server,
        network,
        split: peer.tells_split().then(SplitLines::default),
    })
}
