//! Who watches the session, and what all of them must learn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::{CursorShape, WindowIcon};
use tokio::sync::watch;
use tracing::debug;

use super::front::Front;
use super::inbox::Inbox;

/// Viewers of one session at a time, at most, if the operator does not say.
pub const DEFAULT_MOST_VIEWERS: usize = 32;

/// The most that an operator can allow: each viewer takes a thread and some megabytes.
pub const MOST_VIEWERS: usize = 256;

/// The pointer as the session shows it.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    /// Its shape, once known.
    pub shape: Option<Arc<CursorShape>>,
    /// Where the session's program last moved it.
    pub warped_to: Option<Point>,
    /// How often it did: also to where it did before.
    pub warps: u64,
}

/// The viewers of a session.
pub struct Registry {
    viewers: Mutex<Viewers>,
    most: usize,
    cursor: watch::Sender<Cursor>,
    front: watch::Sender<Front>,
}

#[derive(Default)]
struct Viewers {
    inboxes: BTreeMap<ViewerId, Arc<Inbox>>,
    last: ViewerId,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new(DEFAULT_MOST_VIEWERS)
    }
}

impl Registry {
    /// A registry of at most `most` viewers at a time.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            viewers: Mutex::default(),
            cursor: watch::Sender::new(Cursor::default()),
            front: watch::Sender::default(),
        }
    }

    /// Viewers at a time, at most.
    #[must_use]
    pub const fn most_viewers(&self) -> usize {
        self.most
    }

    /// Adds a viewer with its inbox; `None` if there are too many.
    pub fn join(&self, inbox: Arc<Inbox>) -> Option<ViewerId> {
        let mut viewers = self.lock();
        if viewers.inboxes.len() >= self.most {
            return None;
        }
        viewers.last = viewers.last.next();
        let id = viewers.last;
        viewers.inboxes.insert(id, inbox);
        Some(id)
    }

    /// Takes a viewer away.
    pub fn leave(&self, id: ViewerId) {
        self.lock().inboxes.remove(&id);
    }

    /// Tells every viewer's pump that pixels may have changed.
    pub fn damage(&self, region: &Region, now: Timestamp) {
        for inbox in self.lock().inboxes.values() {
            inbox.damage(region, now);
        }
    }

    /// Tells every viewer's pump that the screen has another size.
    pub fn resized(&self, size: Size) {
        debug!(%size, "the screen was resized");
        for inbox in self.lock().inboxes.values() {
            inbox.start_over();
        }
    }

    /// Tells every viewer about the pointer's shape.
    pub fn cursor_shape(&self, shape: CursorShape) {
        self.cursor
            .send_modify(|cursor| cursor.shape = Some(Arc::new(shape)));
    }

    /// Tells every viewer that the session's program moved the pointer.
    pub fn cursor_position(&self, at: Point) {
        self.cursor.send_modify(|cursor| {
            cursor.warped_to = Some(at);
            cursor.warps += 1;
        });
    }

    /// The pointer, now and whenever it changes.
    #[must_use]
    pub fn cursor(&self) -> watch::Receiver<Cursor> {
        self.cursor.subscribe()
    }

    /// Tells every viewer what the window in front is called.
    pub fn title(&self, title: &str) {
        self.front.send_modify(|front| front.title = title.into());
    }

    /// Tells every viewer the icon of the window in front.
    pub fn icon(&self, icon: WindowIcon) {
        let icon = (!icon.size.is_empty()).then(|| Arc::new(icon));
        self.front.send_modify(|front| front.icon = icon);
    }

    /// The window in front, now and whenever it changes.
    #[must_use]
    pub fn front(&self) -> watch::Receiver<Front> {
        self.front.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Viewers> {
        self.viewers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
