//! What the threads of the viewer share: always the newest state, never a queue of changes.
//!
//! The decoder writes the picture, and presents it where it can; the network writes the session; the
//! front (window or headless) reads both whenever it is woken. Whoever is slow skips states and never
//! falls behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::wire::control::{CursorShape, SeatReport, WindowIcon};
use tokio::sync::watch;

use crate::clipboard::Clipboard;
use crate::coming_end::Foretold;
use crate::desktop::{Desktop, DesktopTexts};
use crate::files::{FileTexts, Files};
use crate::fits::Fits;
use crate::locked::locked;
use crate::picture::Picture;
use crate::session::{Cause, Continuity, Farewell};
use crate::sound::Speaker;
use crate::sound::microphone::Microphone;
use crate::stats::{Counters, Front};

/// How the session is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Not admitted yet.
    #[default]
    Connecting,
    /// Everything is well.
    Live,
    /// The server is silent; the picture is the last one known.
    Interrupted {
        /// When the silence began.
        since: Instant,
    },
    /// Over. The window still says why; only there.
    Over,
    /// Over. Nothing will change any more.
    Ended,
}

/// The facts of the session besides its picture.
#[derive(Debug, Default)]
pub(crate) struct SessionView {
    /// How the connection is doing.
    pub(crate) link: LinkState,
    /// Why, if it is interrupted.
    pub(crate) cause: Cause,
    /// Whether the last connection went on with the session of the one before.
    pub(crate) continuity: Continuity,
    /// Size of the screen when the viewer was admitted.
    pub(crate) screen: Option<Size>,
    /// Which pictures show which screen, as far as the server tells.
    pub(crate) fits: Fits,
    /// Who is there, and what this viewer can do; `None` until the server tells.
    pub(crate) seats: Option<SeatReport>,
    /// The pointer's shape; `None` until the server sends one.
    pub(crate) cursor: Option<Arc<CursorShape>>,
    /// Counts the shapes, so that a reader knows whether it has seen this one.
    pub(crate) cursor_serial: u64,
    /// Where a program in the session last put the pointer.
    pub(crate) cursor_position: Option<Point>,
    /// How often one did.
    pub(crate) cursor_moves: u64,
    /// What the session's window in front is called, as its program wrote it.
    pub(crate) title: String,
    /// Its icon, if it has one.
    pub(crate) icon: Option<Arc<WindowIcon>>,
    /// When it is going to end by itself, as the server said.
    pub(crate) coming_end: Foretold,
    /// Why the session is over.
    pub(crate) farewell: Option<Farewell>,
    /// Why the picture cannot be shown any more.
    pub(crate) presenting_failed: Option<String>,
    /// Measurements to be drawn over the picture, as lines; none while they are hidden.
    pub(crate) statistics: Vec<String>,
    /// How often a program in the session rang the bell.
    pub(crate) bells: u64,
    /// What the person is told about files.
    pub(crate) files: FileTexts,
    /// What the person is told of notifications, and asked about links.
    pub(crate) desktop: DesktopTexts,
}

impl SessionView {
    /// Whether what the person does reaches the session, as far as is known.
    pub(crate) fn acts(&self) -> bool {
        self.seats.is_none_or(|seats| seats.standing.acts())
    }

    /// The pointer looks like this now.
    pub(crate) fn show_cursor(&mut self, shape: Arc<CursorShape>) {
        self.cursor = Some(shape);
        self.cursor_serial += 1;
    }

    /// A program put the pointer there.
    pub(crate) fn move_cursor(&mut self, at: Point) {
        self.cursor_position = Some(at);
        self.cursor_moves += 1;
    }
}

/// Whether measurements are drawn over the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StatisticsPanel {
    /// They are.
    Shown,
    /// They are not, and nothing is counted for them.
    #[default]
    Hidden,
}

/// How far the picture is, for whoever waits for it asynchronously.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Frames applied since the start.
    pub(crate) frames: u64,
    /// Whether the picture is whole and consistent.
    pub(crate) complete: bool,
}

/// The state that the threads share.
pub(crate) struct Shared {
    picture: Mutex<Picture>,
    /// Signalled after each change of the picture or the session; goes with `picture`.
    changed: Condvar,
    session: Mutex<SessionView>,
    /// Whether the front was woken and has not looked yet.
    woken: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
    progress: watch::Sender<Progress>,
    statistics_panel: watch::Sender<StatisticsPanel>,
    /// What is in the clipboards.
    pub(crate) clipboard: Clipboard,
    /// Files on their way.
    pub(crate) files: Files,
    /// What the desktop does for the session.
    pub(crate) desktop: Desktop,
    /// Measurements.
    pub(crate) counters: Counters,
    /// The session's sound.
    pub(crate) speaker: Speaker,
    /// What the person says.
    pub(crate) microphone: Microphone,
}

impl Shared {
    /// The state before anything happened, to be looked at by `front`. `wake` makes it look; it
    /// must not block.
    pub(crate) fn new(
        front: Front,
        clipboard: Clipboard,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            picture: Mutex::new(Picture::new()),
            changed: Condvar::new(),
            session: Mutex::default(),
            woken: AtomicBool::new(false),
            wake: Box::new(wake),
            progress: watch::Sender::new(Progress::default()),
            statistics_panel: watch::Sender::default(),
            clipboard,
            files: Files::default(),
            desktop: Desktop::default(),
            counters: Counters::new(front),
            speaker: Speaker::default(),
            microphone: Microphone::default(),
        }
    }

    /// The picture. Hold the lock for one frame or one presentation at most.
    pub(crate) fn picture(&self) -> MutexGuard<'_, Picture> {
        locked(&self.picture)
    }

    /// The session's facts, to read.
    pub(crate) fn session(&self) -> MutexGuard<'_, SessionView> {
        locked(&self.session)
    }

    /// Changes the session's facts and tells everyone.
    pub(crate) fn update_session(&self, change: impl FnOnce(&mut SessionView)) {
        change(&mut locked(&self.session));
        // Between a waiter's look and its sleep the picture is locked; passing through the lock
        // keeps it from missing the signal.
        drop(self.picture());
        self.changed.notify_all();
        self.wake_front();
    }

    /// The person has seen what they were told of the session's end.
    pub(crate) fn note_coming_end(&self) {
        let foretold = self.session().coming_end;
        if foretold != foretold.noted() {
            self.update_session(|session| session.coming_end = session.coming_end.noted());
        }
    }

    /// Tells everyone that a frame was applied, but for the front.
    pub(crate) fn picture_changed(&self, progress: Progress) {
        self.progress.send_replace(progress);
        self.changed.notify_all();
    }

    /// Follows the picture's progress.
    pub(crate) fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Shows or hides the measurements over the picture.
    pub(crate) fn show_statistics(&self, panel: StatisticsPanel) {
        self.statistics_panel.send_replace(panel);
    }

    /// Whether measurements are drawn over the picture.
    pub(crate) fn shows_statistics(&self) -> bool {
        *self.statistics_panel.borrow() == StatisticsPanel::Shown
    }

    /// Follows whether measurements are to be drawn. What it is now counts as a change.
    pub(crate) fn statistics_panel(&self) -> watch::Receiver<StatisticsPanel> {
        let mut panel = self.statistics_panel.subscribe();
        panel.mark_changed();
        panel
    }

    /// For the front: call before looking, so that a later change wakes it again.
    pub(crate) fn acknowledge_wake(&self) {
        self.woken.store(false, Ordering::SeqCst);
    }

    /// Blocks until `done` holds, looking after each change. False once `deadline`, if there is
    /// one, has passed or the session ended without it.
    pub(crate) fn wait_for(
        &self,
        deadline: Option<Instant>,
        mut done: impl FnMut(&Picture, &SessionView) -> bool,
    ) -> bool {
        let mut picture = self.picture();
        loop {
            let ended = {
                let session = self.session();
                if done(&picture, &session) {
                    return true;
                }
                session.link == LinkState::Ended
            };
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if ended || left == Some(Duration::ZERO) {
                return false;
            }
            picture = match left {
                Some(left) => {
                    let waited = self.changed.wait_timeout(picture, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self
                    .changed
                    .wait(picture)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Has the front look.
    pub(crate) fn wake_front(&self) {
        if !self.woken.swap(true, Ordering::SeqCst) {
            (self.wake)();
        }
    }
}
