//! The screen that is streamed: of a session of our own, or one that exists.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use hackstream_capture::{Capture, CaptureError, DisplayEvent, PixelAccess, Watcher};
use hackstream_protocol::geometry::Size;
use tokio::sync::mpsc::UnboundedSender;

use super::{AppError, exit};
use crate::clock::Clock;
use crate::config::checked::{Picture, Resizing};
use crate::desktop::Desktop;
use crate::session::{Keyboard, Outcome, Session, SessionConfig, SessionEnd, Sound, WindowManager};
use crate::viewer::attend::Service;
use crate::viewer::sizing::Sizing;

/// Why serving ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// The session ended by itself.
    Session(SessionEnd),
    /// The display is gone.
    DisplayGone(String),
    /// Somebody wants the server to end.
    Told,
}

impl Ending {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Session(SessionEnd::Command { outcome, .. }) => shell_code(*outcome),
            Self::Session(SessionEnd::Display(_)) | Self::DisplayGone(_) => exit::DISPLAY,
            Self::Session(SessionEnd::Supervisor) => exit::INTERNAL,
            Self::Told => 0,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(end) => end.fmt(f),
            Self::DisplayGone(reason) => write!(f, "the display is gone: {reason}"),
            Self::Told => f.write_str("told to end"),
        }
    }
}

fn shell_code(outcome: Outcome) -> u8 {
    u8::try_from(outcome.shell_code()).unwrap_or(exit::INTERNAL)
}

/// The screen that is streamed. Dropping one of our own ends its session.
pub(super) struct Screen {
    origin: Origin,
    /// The largest size it can be given; `None` if it is not ours to change.
    largest: Option<Size>,
    /// Where its end is reported.
    ended: UnboundedSender<Ending>,
    clock: Clock,
}

/// Where a screen comes from.
enum Origin {
    Session(Session),
    Existing { capture: Arc<Capture>, name: String },
}

impl Screen {
    /// Starts or opens it; its end is reported to `ended`.
    pub(super) fn open(
        picture: Picture,
        (sound, desktop): (Sound, Arc<Desktop>),
        bases: Vec<PathBuf>,
        clock: Clock,
        ended: UnboundedSender<Ending>,
    ) -> Result<Self, AppError> {
        let largest = match &picture {
            Picture::OwnDisplay { max_size, .. } => Some(*max_size),
            Picture::Existing { .. } => None,
        };
        let origin = match picture {
            Picture::OwnDisplay {
                display,
                size,
                max_size,
                command,
            } => {
                let config = SessionConfig {
                    display,
                    size,
                    largest: max_size,
                    window_manager: WindowManager::Openbox,
                    sound,
                    command,
                    bases,
                    desktop: Some(desktop),
                };
                let report = ended.clone();
                Origin::Session(Session::start(&config, move |end| {
                    // Nobody listens once serving has ended for another reason.
                    let _ = report.send(Ending::Session(end));
                })?)
            }
            Picture::Existing { display } => Origin::Existing {
                capture: Arc::new(Capture::open(&display, PixelAccess::SharedMemory)?),
                name: display,
            },
        };
        Ok(Self {
            origin,
            largest,
            ended,
            clock,
        })
    }

    /// The display, opened.
    pub(super) const fn capture(&self) -> &Arc<Capture> {
        match &self.origin {
            Origin::Session(session) => session.capture(),
            Origin::Existing { capture, .. } => capture,
        }
    }

    /// The display's keyboard.
    pub(super) fn keyboard(&self) -> Keyboard {
        match &self.origin {
            Origin::Session(session) => session.keyboard(),
            Origin::Existing { .. } => Keyboard::untouchable(),
        }
    }

    /// The socket of its sound server; none without sound.
    pub(super) fn sound_socket(&self) -> Option<PathBuf> {
        match &self.origin {
            Origin::Session(session) => session.sound_socket(),
            Origin::Existing { .. } => None,
        }
    }

    /// The display as `DISPLAY` names it.
    pub(super) fn name(&self) -> &str {
        match &self.origin {
            Origin::Session(session) => session.display(),
            Origin::Existing { name, .. } => name,
        }
    }

    /// Who decides on its size. Needs a runtime to run in.
    pub(super) fn sizing(&self, resizing: Resizing) -> Sizing {
        match (self.largest, resizing) {
            (Some(largest), Resizing::On) => Sizing::following(Arc::clone(self.capture()), largest),
            _ => Sizing::fixed(),
        }
    }

    /// The clock that its frames are stamped with.
    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Passes on what happens on the display to all viewers.
    pub(super) fn watch(&self, service: &Arc<Service>) -> Result<Watcher, CaptureError> {
        let ended = self.ended.clone();
        let service: Weak<Service> = Arc::downgrade(service);
        self.capture().watch(move |event| {
            let Some(service) = service.upgrade() else {
                return;
            };
            match event {
                DisplayEvent::Damage(region) => {
                    service.registry.damage(&region, service.clock.now());
                }
                DisplayEvent::CursorShape(shape) => service.registry.cursor_shape(shape),
                DisplayEvent::CursorPosition(at) => service.registry.cursor_position(at),
                DisplayEvent::Title(title) => service.registry.title(&title),
                DisplayEvent::Icon(icon) => service.registry.icon(icon),
                DisplayEvent::Bell => service.bells.ring(service.clock.now()),
                DisplayEvent::Resized(size) => service.registry.resized(size),
                DisplayEvent::Gone { reason } => {
                    // The session reports the same end with a better reason, if it is ours.
                    let _ = ended.send(Ending::DisplayGone(reason));
                }
            }
        })
    }
}
