//! The selections of an X display, as the ICCCM has them.
//!
//! One thread does everything: it owns the connection, waits for the display and for the hub, and
//! has a time-out only while a program owes an answer. Programs that never answer, lie about sizes
//! or vanish cost one transfer.

mod conversion;
mod display;
mod inquiry;
mod poke;
mod serving;
mod targets;
mod worker;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use hackstream_protocol::wire::clipboard::Selection;
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::rust_connection::RustConnection;

use crate::hub::{Demand, Holding, Hub, Member, MemberId};
use display::Display;
use poke::Poke;
use worker::{Task, Worker};

/// It calls nothing deep.
const STACK_BYTES: usize = 256 << 10;

/// Why the selections of a display cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisplayError {
    /// The connection broke.
    #[error("lost the display: {0}")]
    Connection(#[from] ConnectionError),
    /// The display answered a request with an error.
    #[error("the display refused a request: {0}")]
    Reply(#[from] ReplyError),
    /// The display has no ids left, or refused to give one.
    #[error("the display gives no ids: {0}")]
    Ids(#[from] ReplyOrIdError),
    /// The display does not tell who owns a selection.
    #[error("the display lacks the extension XFIXES")]
    NoXfixes,
    /// The system refused a thread or what wakes it.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// The clipboards of an X display as a member of a hub. Dropping it leaves the hub.
pub struct DisplayClipboard {
    hub: Arc<Hub>,
    id: MemberId,
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
}

/// How the hub reaches the thread.
struct Mailbox {
    tasks: Sender<Task>,
    poke: Poke,
}

impl Mailbox {
    fn post(&self, task: Task) {
        // Fails if the thread has ended with its display.
        let _ = self.tasks.send(task);
        self.poke.poke();
    }
}

impl Member for Mailbox {
    fn offered(&self, selection: Selection, holding: Holding) {
        self.post(Task::Offer(selection, holding));
    }

    fn fetch(&self, demand: Demand) {
        self.post(Task::Fetch(demand));
    }
}

impl DisplayClipboard {
    /// Joins the selections of the display behind `connection`, which nobody else may use, to `hub`.
    ///
    /// # Errors
    /// [`DisplayError`] if the display lacks XFIXES or refuses a window.
    pub fn join(
        connection: RustConnection,
        screen: usize,
        hub: Arc<Hub>,
    ) -> Result<Self, DisplayError> {
        let display = Display::new(connection, screen)?;
        let (tasks, to_do) = channel();
        let poke = Poke::new()?;
        let mailbox = Arc::new(Mailbox {
            tasks,
            poke: poke.clone(),
        });
        let id = hub.join(Arc::clone(&mailbox) as Arc<dyn Member>);
        // From here on dropping it leaves the hub.
        let mut clipboard = Self {
            hub: Arc::clone(&hub),
            id,
            mailbox,
            thread: None,
        };
        let worker = Worker::new(display, hub, id, to_do, poke);
        let thread = Builder::new()
            .name("clipboard".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // Why the display is gone is told by those who cannot do without it.
                if let Err(error) = worker.run() {
                    tracing::debug!(%error, "the clipboard of the display is gone");
                }
            })?;
        clipboard.thread = Some(thread);
        Ok(clipboard)
    }
}

impl Drop for DisplayClipboard {
    fn drop(&mut self) {
        self.hub.leave(self.id);
        self.mailbox.post(Task::End);
        if let Some(thread) = self.thread.take() {
            // One that panicked has told its story.
            let _ = thread.join();
        }
    }
}
