//! Everything one cell needs, up and running: display, network, server, viewer, probe.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::applications::Application;
use crate::clock::Instant;
use crate::company::{Company, Loudspeaker};
use crate::display::Display;
use crate::interrupt::Interrupt;
use crate::mapping::Record;
use crate::measure::Work;
use crate::network::{Link, Losses, Network, Traffic};
use crate::peers::{Peer, Server, Site};
use crate::probe::{Probe, Resemblance};
use crate::process::{Launch, Process, Tree};
use crate::scene::{Scene, ScreenSize};
use crate::split::{Split, SplitLines};
use crate::stimulus::{Painted, StimulusCommand, Subject};
use crate::workspace::Workspace;

/// How long a viewer may take to show what is there.
const PICTURE_LIMIT: Duration = Duration::from_secs(10);
/// How long an application may take to start.
const APPLICATION_LIMIT: Duration = Duration::from_secs(60);

/// What lies between the stimulus and the probe.
enum Middle {
    /// Nothing: they share a display.
    Nothing { stimulus: Process },
    /// A remoting system. Ended in this order.
    Remote {
        company: Option<Box<Company>>,
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
    setting: Setting,
    shown: Shown,
    journal: PathBuf,
}

/// What is on the remote display.
enum Shown {
    /// Drawn by the stimulus.
    Stimulus,
    /// An application's, as its witness sees it.
    Application(Record),
}

/// Settings that all cells share.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) size: ScreenSize,
    pub(crate) seed: u64,
    pub(crate) interrupt: Interrupt,
}

impl Rig {
    /// Brings it up until the probe sees the stimulus or the application. `peer` absent: the floor.
    pub(crate) fn start(
        peer: Option<&dyn Peer>,
        link: Link,
        work: Work,
        setting: &Setting,
        workspace: &Workspace,
    ) -> Result<Self> {
        let interrupt = &setting.interrupt;
        let (size, seed, folder) = (setting.size, setting.seed, workspace.path());
        let application = work.application();
        let stimulus = match application {
            None if work.has_company() => {
                StimulusCommand::synthetic(size, seed, folder)?.with_company(folder, seed)?
            }
            None => StimulusCommand::synthetic(size, seed, folder)?,
            Some(application) => StimulusCommand::application(application, size, seed, folder)?,
        };
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
            setting: setting.clone(),
            shown: Shown::Stimulus,
            journal: stimulus.journal,
        };
        match (application, &stimulus.record) {
            (Some(application), Some(record)) => rig.wait_for_application(application, record)?,
            _ => rig.wait_for_picture(interrupt)?,
        }
        Ok(rig)
    }

    /// Until the application is there and the viewer shows it.
    fn wait_for_application(&mut self, application: Application, path: &Path) -> Result<()> {
        let interrupt = self.setting.interrupt.clone();
        let record = interrupt.wait_until(APPLICATION_LIMIT, || {
            self.check_alive()?;
            let record = Record::open(path)?;
            Ok(record.filter(|record| application.is_ready(record)))
        })?;
        let record = record.with_context(|| {
            format!("the application was not ready within {APPLICATION_LIMIT:?}")
        })?;
        let is_shown = interrupt.wait_until(PICTURE_LIMIT, || {
            self.check_alive()?;
            let resemblance = self.probe.resemblance(&record);
            Ok((resemblance != Resemblance::Different).then_some(()))
        })?;
        is_shown.with_context(|| {
            format!("the viewer did not show the application within {PICTURE_LIMIT:?}")
        })?;
        self.shown = Shown::Application(record);
        Ok(())
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
                company,
                ..
            } => {
                network.check_alive()?;
                company
                    .as_mut()
                    .map_or(Ok(()), |company| company.check_alive())?;
                // Causes before what they drag along.
                server.main.check_alive()?;
                let (stimulus, x_server) = (&mut server.stimulus, &mut server.x_server);
                x_server.as_mut().map_or(Ok(()), Process::check_alive)?;
                viewer.check_alive()?;
                stimulus.as_mut().map_or(Ok(()), Process::check_alive)
            }
        }
    }

    pub(crate) const fn probe(&self) -> &Probe {
        &self.probe
    }

    /// What the application shows; nothing where the stimulus draws.
    pub(crate) const fn record(&self) -> Option<&Record> {
        match &self.shown {
            Shown::Stimulus => None,
            Shown::Application(record) => Some(record),
        }
    }

    /// The stimulus' film, to compare with; applications draw theirs in their own way.
    pub(crate) fn original(&self, subject: Subject) -> Option<Painted> {
        match &self.shown {
            Shown::Stimulus => {
                let area = Scene::new(self.setting.size).video();
                Some(Painted::new(subject, area, self.setting.seed))
            }
            Shown::Application(_) => None,
        }
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

    /// What an emulated link did to packets since this was last asked.
    pub(crate) fn take_losses(&self) -> Option<Losses> {
        match &self.middle {
            Middle::Nothing { .. } => None,
            Middle::Remote { network, .. } => network.take_losses(),
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

    /// Whether something goes on beside the work.
    pub(crate) const fn has_company(&self) -> bool {
        matches!(
            self.middle,
            Middle::Remote {
                company: Some(_),
                ..
            }
        )
    }

    /// The server's and the viewer's processes.
    pub(crate) fn trees(&self) -> Option<(Tree, Tree)> {
        match &self.middle {
            Middle::Nothing { .. } => None,
            Middle::Remote { viewer, server, .. } => {
                let main = Tree::new(server.main.pid());
                let x_server = server.x_server.as_ref().map(Process::pid);
                Some((main.with_beside(x_server), Tree::new(viewer.pid())))
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
        .arguments(stimulus.arguments().iter().cloned())
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
    let loudspeaker = match stimulus.has_company {
        true => Some(Loudspeaker::start(workspace, interrupt)?),
        false => None,
    };
    let site = Site {
        sound: loudspeaker.as_ref().map(Loudspeaker::address),
        workspace,
        network: &network,
        stimulus,
        interrupt,
    };
    let server = Box::new(peer.start_server(&site)?);
    let viewer = peer.start_viewer(&site, &server, display.name())?;
    let company =
        loudspeaker.map(|loudspeaker| Company::start(loudspeaker, display.name(), workspace));
    Ok(Middle::Remote {
        company: company.transpose()?.map(Box::new),
        viewer,
        server,
        network,
        split: peer.tells_split().then(SplitLines::default),
    })
}
