//! Presenting on the bare console, without a window system: the session fills the monitor.
//!
//! [`card`] has the monitor (DRM/KMS), [`scanout`] paints for it, on the decoder's thread as on X;
//! [`devices`] has keyboards and mice (evdev), and [`hands`] says what they mean. The front waits for
//! devices and for news of the session in one place, and sleeps else.

mod card;
mod cursor;
mod devices;
mod hands;
mod keymap;
mod scanout;

use std::os::fd::AsFd as _;
use std::sync::Arc;

use hackstream_protocol::geometry::{Size, Window as WindowSpace};
use hackstream_protocol::wire::control::{Scale, ViewerWindow};
use hackstream_protocol::wire::input::InputEvent;
use rustix::event::{EventfdFlags, eventfd};

use super::notice::{self, Tidings};
use super::placement::Placement;
use crate::clipboard::Clipboard;
use crate::config::{Options, ServerAddress, StatsForm};
use crate::error::ViewError;
use crate::picture::{Extent, Shade, Sight, Texts};
use crate::session::{Session, Signals};
use crate::shared::{LinkState, Shared, StatisticsPanel};
use crate::stats::Front;

use card::{Card, Pointer};
use devices::{Devices, News};
use hands::{Deed, Hands};
use scanout::{Monitor as _, Scanout};

/// Why the console shows nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConsoleError {
    #[error("{path}: {said}")]
    Device { path: String, said: std::io::Error },
    #[error("no device in /dev/dri drives a monitor that is switched on")]
    NoMonitor,
    #[error("the monitor: {0}")]
    Monitor(std::io::Error),
    #[error("the keyboards and mice: {0}")]
    Input(std::io::Error),
}

/// Shows the session on the console until the person or the session ends it.
///
/// # Errors
/// [`ViewError`]: why it ended, unless the person or the session wanted it.
pub(crate) fn run(options: Options) -> Result<(), ViewError> {
    let failed = |error: ConsoleError| ViewError::NoConsole(error.to_string());
    let said = |error: rustix::io::Errno| failed(ConsoleError::Input(error.into()));
    let (card, pointer) = Card::open().map_err(failed)?;
    let monitor = card.size();
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let bell = Arc::new(eventfd(0, flags).map_err(said)?);
    let devices = Devices::open().map_err(failed)?;
    let ring = Arc::clone(&bell);
    let shared = Shared::new(
        Front::Window,
        Clipboard::new(options.clipboard),
        move || {
            // A full counter wakes up as well.
            let _ = rustix::io::write(ring.as_fd(), &1u64.to_ne_bytes());
        },
    );
    let shared = Arc::new(shared);
    if options.stats == Some(StatsForm::Line) {
        shared.show_statistics(StatisticsPanel::Shown);
    }
    let server = options.server.clone();
    let session = Session::start(options, Arc::clone(&shared), Signals::Leave)?;
    session.present_on(Box::new(Scanout::new(card)));
    let mut console = Console {
        server,
        monitor,
        pointer,
        hands: Hands::new(monitor),
        devices,
        link: LinkState::Connecting,
        tidings: Tidings::Known,
        shown: None,
    };
    console.introduce(&session);
    let watched = console.watch(&bell, &session, &shared);
    session.leave();
    let ended = session.join();
    watched.map_err(failed).and(ended)
}

/// The person's side.
struct Console {
    server: ServerAddress,
    monitor: Size<WindowSpace>,
    pointer: Pointer,
    hands: Hands,
    devices: Devices,
    link: LinkState,
    tidings: Tidings,
    /// What the decoder was last told about how the picture is to be seen.
    shown: Option<(Shade, Texts)>,
}

impl Console {
    /// Asks for a screen of the monitor's size, and tells the layout of the keyboard.
    fn introduce(&self, session: &Session) {
        session.window(ViewerWindow {
            size: Size::new(self.monitor.width, self.monitor.height),
            scale: Scale::of_percent(100),
        });
        if let Some(layout) = keymap::layout() {
            session.keyboard(layout);
        }
    }

    /// Follows the session and the person, until either ends it.
    fn watch(
        &mut self,
        bell: &rustix::fd::OwnedFd,
        session: &Session,
        shared: &Shared,
    ) -> Result<(), ConsoleError> {
        loop {
            match self.devices.wait(bell.as_fd())? {
                News::Session => {
                    // What it counted does not matter.
                    let _ = rustix::io::read(bell.as_fd(), &mut [0u8; 8]);
                    shared.acknowledge_wake();
                    if self.follow(session, shared)? {
                        return Ok(());
                    }
                }
                News::Person(records) => {
                    for record in records {
                        if self.act(record, session, shared)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    /// Takes over what the session has become. True if it is over.
    fn follow(&mut self, session: &Session, shared: &Shared) -> Result<bool, ConsoleError> {
        let catching_up = shared.picture().is_catching_up();
        let facts = shared.session();
        if matches!(facts.link, LinkState::Over | LinkState::Ended) {
            return Ok(true);
        }
        if let Some(reason) = &facts.presenting_failed {
            return Err(ConsoleError::Monitor(std::io::Error::other(reason.clone())));
        }
        if facts.link == LinkState::Live && self.link != LinkState::Live {
            self.tidings = Tidings::of(facts.continuity);
        }
        self.link = facts.link;
        self.pointer.follow(&facts)?;
        let notice = notice::of(&self.server, &facts, catching_up, self.tidings);
        let lines = |texts: &[String]| texts.iter().map(|line| line.as_str().into()).collect();
        let texts = Texts {
            statistics: lines(&facts.statistics),
            notice: notice.lines,
            files: Vec::new(),
            menu: Vec::new(),
        };
        drop(facts);
        self.show(session, texts);
        Ok(false)
    }

    /// Has the decoder show the picture as it is to be seen now, if that is news.
    fn show(&mut self, session: &Session, texts: Texts) {
        let shade = match self.link {
            LinkState::Interrupted { .. } => Shade::Dimmed,
            _ => Shade::Plain,
        };
        let wanted = Some((shade, texts.clone()));
        if self.shown == wanted {
            return;
        }
        let extent = match self.shown {
            None => Extent::Window,
            Some(_) => Extent::Changes,
        };
        self.shown = wanted;
        session.look(Sight {
            window: self.monitor,
            shade,
            density: 1,
            texts,
            extent,
        });
    }

    /// Does what a record of a device means. True if the person leaves.
    fn act(
        &mut self,
        record: hands::Record,
        session: &Session,
        shared: &Shared,
    ) -> Result<bool, ConsoleError> {
        for deed in self.hands.record(record) {
            match deed {
                Deed::Input(event) => session.send(event),
                Deed::Pointed(at) => {
                    self.pointer.go(at)?;
                    let screen = shared.picture().size();
                    if !screen.is_empty() {
                        let at = Placement::new(screen, self.monitor).to_screen(at);
                        session.send(InputEvent::PointerMotion(at));
                    }
                }
                Deed::Leave => return Ok(true),
            }
            self.tidings = Tidings::Known;
            shared.note_coming_end();
        }
        Ok(false)
    }
}
