//! A session: an X server of our own, a window manager, and the application in it.
//!
//! A session ends as a whole: with its [`Session`] value, with the server's process however that
//! ends, and nothing of it stays behind.

mod bus;
mod calm;
mod directory;
mod error;
mod handover;
mod keeper;
mod keyboard;
mod messages;
mod programs;
mod sound;
mod start;
mod supervisor;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use hackstream_capture::Capture;
use hackstream_protocol::geometry::Size;

pub use directory::session_bases;
pub use error::SessionError;
pub use handover::{SOCKET_VARIABLE, VARIABLES};
pub use keyboard::Keyboard;
pub use messages::Outcome;
pub use supervisor::run_if_supervisor;

use crate::desktop::Desktop;
use keeper::{Keeper, Reports};
use messages::Role;
use sound::SoundServer;

/// A command that fails within this time has most likely never worked.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Who arranges the application's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowManager {
    /// Openbox with rules of ours: the main window fills the screen, dialogs float above it.
    Openbox,
    /// Nobody: windows stay where the application puts them.
    None,
}

/// Whether a session's programs can make sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// They can, if PulseAudio is installed.
    On,
    /// They can, and they can record what viewers say.
    BothWays,
    /// They cannot.
    Off,
}

/// What a session is to be.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Number of the X display; the X server finds a free one if there is none.
    pub display: Option<u16>,
    /// The screen's first size.
    pub size: Size,
    /// The largest size it can be given later. Costs four bytes of memory for each pixel.
    pub largest: Size,
    /// Who arranges windows.
    pub window_manager: WindowManager,
    /// Whether there is sound.
    pub sound: Sound,
    /// The application and its arguments.
    pub command: Vec<OsString>,
    /// Where the session's directory may be created, best first; see [`session_bases`].
    pub bases: Vec<PathBuf>,
    /// The desktop that its programs have, if they have one.
    pub desktop: Option<Arc<Desktop>>,
}

/// Why a running session is over, when it was not ended by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The command ended.
    Command {
        /// How.
        outcome: Outcome,
        /// Time since its start.
        lived: Duration,
    },
    /// The X server ended, and with it all windows.
    Display(Outcome),
    /// The supervisor of the session's processes was killed.
    Supervisor,
}

impl SessionEnd {
    /// Whether the command failed so soon that it was hardly usable: a wrong option, a missing
    /// library.
    #[must_use]
    pub fn is_failed_start(&self) -> bool {
        matches!(self, Self::Command { outcome, lived }
            if *lived < AT_ONCE && *outcome != Outcome::Exited(0))
    }
}

impl fmt::Display for SessionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { outcome, .. } if self.is_failed_start() => {
                write!(f, "the command failed at once ({outcome})")
            }
            Self::Command { outcome, .. } => write!(f, "the command ended ({outcome})"),
            Self::Display(outcome) => write!(f, "the X server ended ({outcome})"),
            Self::Supervisor => f.write_str("the supervisor of the session was killed"),
        }
    }
}

/// A running session. Dropping it ends it: command, window manager, X server, directory.
///
/// The end waits for the processes: the command gets two seconds to save its state.
pub struct Session {
    capture: Arc<Capture>,
    display: String,
    directory: PathBuf,
    has_sound: bool,
    ending: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
    keeper: Keeper,
}

impl Session {
    /// Starts a session. `on_end` is called, on a thread of its own, if it ends by itself.
    ///
    /// # Errors
    /// [`SessionError`]; whatever had been started has ended again when this returns.
    pub fn start(
        config: &SessionConfig,
        on_end: impl FnOnce(SessionEnd) + Send + 'static,
    ) -> Result<Self, SessionError> {
        let started = start::start(config)?;
        let has_sound = started.sound.is_some();
        let ending = Arc::new(AtomicBool::new(false));
        let watch = Watch {
            reports: started.reports,
            ending: Arc::clone(&ending),
            since: Instant::now(),
            sound: started.sound,
        };
        let watch = Builder::new()
            .name("session".to_owned())
            .spawn(move || watch.run(on_end))
            .map_err(SessionError::Supervisor)?;
        Ok(Self {
            capture: Arc::new(started.capture),
            display: started.display,
            directory: started.directory,
            has_sound,
            ending,
            watch: Some(watch),
            keeper: started.keeper,
        })
    }

    /// The session's display, opened.
    #[must_use]
    pub const fn capture(&self) -> &Arc<Capture> {
        &self.capture
    }

    /// The session's display as `DISPLAY` names it, such as `:99`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The keyboard of the session's display.
    #[must_use]
    pub fn keyboard(&self) -> Keyboard {
        Keyboard::of_session(&self.display, self.directory.clone())
    }

    /// The Xauthority file that admits to the display.
    #[must_use]
    pub fn xauthority(&self) -> PathBuf {
        self.directory.join(programs::XAUTHORITY)
    }

    /// The socket of the session's sound server; none without sound.
    #[must_use]
    pub fn sound_socket(&self) -> Option<PathBuf> {
        self.has_sound.then(|| sound::socket(&self.directory))
    }

    /// The session's directory, which ends with the session.
    #[must_use]
    pub fn directory(&self) -> &PathBuf {
        &self.directory
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        self.keeper.begin_end();
        if let Some(watch) = self.watch.take() {
            // A listener that panicked has told its story.
            let _ = watch.join();
        }
    }
}

/// Waits for the end of the session.
struct Watch {
    reports: Reports,
    ending: Arc<AtomicBool>,
    since: Instant,
    sound: Option<SoundServer>,
}

impl Watch {
    /// Runs until the supervisor has ended everything.
    fn run(mut self, on_end: impl FnOnce(SessionEnd)) {
        let mut on_end = Some(on_end);
        let mut tell = |end: SessionEnd, ending: bool| {
            if let (Some(on_end), false) = (on_end.take(), ending) {
                on_end(end);
            }
        };
        while let Some((role, outcome)) = self.reports.next_end() {
            let ending = self.ending.load(Ordering::Acquire);
            let lived = self.since.elapsed();
            match role {
                Role::Command => tell(SessionEnd::Command { outcome, lived }, ending),
                Role::Display => tell(SessionEnd::Display(outcome), ending),
                Role::WindowManager | Role::Sound | Role::Bus if ending => {}
                Role::Sound => {
                    if let Some(sound) = &mut self.sound {
                        sound.ended(outcome);
                    }
                }
                Role::Bus => tracing::warn!(%outcome, "the session's bus ended: no notifications"),
                Role::WindowManager => {
                    tracing::warn!(%outcome, "the window manager ended: windows are unmanaged");
                }
            }
        }
        if !self.ending.load(Ordering::Acquire) {
            self.reports.kill_orphans();
            tell(SessionEnd::Supervisor, false);
        }
    }
}
