//! The selections of an X display, as the ICCCM has them.
//!
//! One thread does everything: it owns the connection, waits for the display and for the hub, and
//! has a time-out only while a program owes an answer. Programs that never answer, lie about sizes
//! or vanish cost one transfer.

mod conversion;
mod display;
mod inquiry;
mod mailbox;
mod poke;
mod serving;
mod targets;
mod worker;

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use rustix::net::{Shutdown, shutdown};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::rust_connection::RustConnection;

use crate::hub::{Hub, Member, MemberId};
use display::Display;
use mailbox::Mailbox;
use poke::Poke;
use worker::Worker;

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

/// The clipboards of an X display as a member of a hub. Dropping it leaves the hub, also while the
/// display answers nobody.
pub struct DisplayClipboard {
    hub: Arc<Hub>,
    id: MemberId,
    /// The connection's socket, to end whatever the thread waits for.
    stream: OwnedFd,
    thread: Option<JoinHandle<()>>,
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
        let stream = connection.stream().as_fd().try_clone_to_owned()?;
        let display = Display::new(connection, screen)?;
        let poke = Poke::new()?;
        let mailbox = Arc::new(Mailbox::new(poke.clone()));
        let id = hub.join(Arc::clone(&mailbox) as Arc<dyn Member>);
        // From here on dropping it leaves the hub.
        let mut clipboard = Self {
            hub: Arc::clone(&hub),
            id,
            stream,
            thread: None,
        };
        let worker = Worker::new(display, hub, id, mailbox, poke);
        let thread = Builder::new()
            .name("clipboard".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // Why the display is gone is told by those who cannot do without it.
                let Err(error) = worker.run();
                tracing::debug!(%error, "the clipboard of the display has ended");
            })?;
        clipboard.thread = Some(thread);
        Ok(clipboard)
    }
}

impl Drop for DisplayClipboard {
    fn drop(&mut self) {
        self.hub.leave(self.id);
        // Fails only if the X server has closed the connection, which ends the thread as well.
        let _ = shutdown(&self.stream, Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            // One that panicked has told its story.
            let _ = thread.join();
        }
    }
}
