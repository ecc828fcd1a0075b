//! The viewer without a window: for screenshots, scripts and tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use hackstream_clipboard::MemoryClipboard;
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::wire::control::{
    ComingEnd, CursorShape, KeyboardLayout, SeatReport, SeatWish, ViewerWindow,
};
use hackstream_protocol::wire::input::InputEvent;

use crate::clipboard::Clipboard;
use crate::config::Options;
use crate::error::ViewError;
pub use crate::picture::Picture;
use crate::session::{Session, Signals};
pub use crate::shared::LinkState;
use crate::shared::Shared;
use crate::stats::Front;

/// A viewer whose picture stays in memory. Dropping it leaves the session.
pub struct Viewer {
    shared: Arc<Shared>,
    clipboard: MemoryClipboard,
    session: Option<Session>,
}

impl Viewer {
    /// Connects and waits until the session has admitted the viewer; its first picture may come
    /// later. Blocks at most for the time-outs of the connection, or until the person answers the
    /// question for an unknown server.
    ///
    /// # Errors
    /// [`ViewError`]: why the viewer was not admitted.
    pub fn connect(options: Options) -> Result<Self, ViewError> {
        Self::start(options, Signals::Ignore)
    }

    fn start(options: Options, signals: Signals) -> Result<Self, ViewError> {
        let shared = Arc::new(Shared::new(
            Front::Memory,
            Clipboard::new(options.clipboard),
            || {},
        ));
        let session = Session::start(options, Arc::clone(&shared), signals)?;
        let mut viewer = Self {
            clipboard: MemoryClipboard::join(Arc::clone(shared.clipboard.hub())),
            shared,
            session: Some(session),
        };
        viewer
            .shared
            .wait_for(None, |_, session| session.link != LinkState::Connecting);
        if viewer.link() == LinkState::Ended && viewer.shared.session().screen.is_none() {
            viewer.finish()?;
        }
        Ok(viewer)
    }

    /// The session's size and a copy of its pixels, row by row, as `0x00RRGGBB`. Empty until the
    /// first frame.
    #[must_use]
    pub fn canvas_snapshot(&self) -> (Size, Vec<u32>) {
        let picture = self.shared.picture();
        (picture.size(), picture.pixels().to_vec())
    }

    /// Sends what a person would have done. Dropped while the connection is interrupted.
    pub fn send(&self, event: InputEvent) {
        if let Some(session) = &self.session {
            session.send(event);
        }
    }

    /// Asks for a screen of the size of a window that is like this.
    pub fn resize(&self, window: ViewerWindow) {
        if let Some(session) = &self.session {
            session.window(window);
        }
    }

    /// Tells the layout of the person's keyboard.
    pub fn keyboard(&self, layout: KeyboardLayout) {
        if let Some(session) = &self.session {
            session.keyboard(layout);
        }
    }

    /// Asks to watch or to act.
    pub fn seat(&self, wish: SeatWish) {
        if let Some(session) = &self.session {
            session.seat(wish);
        }
    }

    /// Who is there and what this viewer can do, once the server has told.
    #[must_use]
    pub fn seats(&self) -> Option<SeatReport> {
        self.shared.session().seats
    }

    /// Waits until `done` holds for who is there, like [`wait_for`](Self::wait_for).
    #[must_use]
    pub fn wait_for_seats(
        &self,
        mut done: impl FnMut(SeatReport) -> bool,
        timeout: Duration,
    ) -> bool {
        self.shared
            .wait_for(Some(Instant::now() + timeout), |_, session| {
                session.seats.is_some_and(&mut done)
            })
    }

    /// Mutes the session's sound, or not any more.
    pub fn mute(&self, muted: bool) {
        self.shared.speaker.mute(muted);
    }

    /// Waits until `done` holds for the picture, which it looks at now and after each frame. False
    /// if it does not within `timeout` or before the session ends.
    ///
    /// `done` runs while the decoder waits, so it should be quick.
    #[must_use]
    pub fn wait_for(&self, mut done: impl FnMut(&Picture) -> bool, timeout: Duration) -> bool {
        self.shared
            .wait_for(Some(Instant::now() + timeout), |picture, _| done(picture))
    }

    /// Waits until `done` holds for the state of the connection, like [`wait_for`](Self::wait_for).
    #[must_use]
    pub fn wait_for_link(
        &self,
        mut done: impl FnMut(LinkState) -> bool,
        timeout: Duration,
    ) -> bool {
        self.shared
            .wait_for(Some(Instant::now() + timeout), |_, session| {
                done(session.link)
            })
    }

    /// Frames applied so far, over all connections.
    #[must_use]
    pub fn frames_applied(&self) -> u64 {
        self.shared.picture().frames_applied()
    }

    /// The pointer's shape, if the server has sent one.
    #[must_use]
    pub fn cursor_shape(&self) -> Option<CursorShape> {
        self.shared.session().cursor.as_deref().cloned()
    }

    /// Where a program in the session last put the pointer.
    #[must_use]
    pub fn cursor_position(&self) -> Option<Point> {
        self.shared.session().cursor_position
    }

    /// How often a program in the session rang the bell, as far as the server told.
    #[must_use]
    pub fn bells(&self) -> u64 {
        self.shared.session().bells
    }

    /// The clipboards: copies into the session, and pastes what the session has copied.
    #[must_use]
    pub const fn clipboard(&self) -> &MemoryClipboard {
        &self.clipboard
    }

    /// The end of the session that the server foretold, unless it took that back.
    #[must_use]
    pub fn coming_end(&self) -> Option<ComingEnd> {
        self.shared.session().coming_end.end()
    }

    /// How the connection is doing.
    #[must_use]
    pub fn link(&self) -> LinkState {
        self.shared.session().link
    }

    /// Leaves the session and waits for the end.
    ///
    /// # Errors
    /// [`ViewError`]: why the session had ended before, unless it ended in peace.
    pub fn close(mut self) -> Result<(), ViewError> {
        self.finish()
    }

    /// Waits for the end of the session.
    fn wait(mut self) -> Result<(), ViewError> {
        self.session.take().map_or(Ok(()), Session::join)
    }

    fn finish(&mut self) -> Result<(), ViewError> {
        let Some(session) = self.session.take() else {
            return Ok(());
        };
        session.leave();
        session.join()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        // Whoever wants to know why it ended calls `close`.
        let _ = self.finish();
    }
}

/// Runs the viewer without a window until the session ends, the screenshot is written or the
/// process is asked to end.
///
/// # Errors
/// [`ViewError`]: why it ended, unless the person or the session wanted it.
pub(crate) fn run(options: Options) -> Result<(), ViewError> {
    Viewer::start(options, Signals::Leave)?.wait()
}
