//! What a search for a connection and whoever waits for it tell each other.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Shared by a search and by whoever waits for it.
#[derive(Debug, Default)]
pub(super) struct Contact {
    knock: Notify,
    greeting: AtomicBool,
}

impl Contact {
    /// Has the search try at once.
    pub(super) fn knock(&self) {
        self.knock.notify_one();
    }

    /// For the search: waits until it is to try at once. May be cancelled.
    pub(super) async fn knocked(&self) {
        self.knock.notified().await;
    }

    /// For the search: it is about to show its ticket.
    pub(super) fn greeting_began(&self) {
        self.greeting.store(true, Ordering::Relaxed);
    }

    /// For the search: the greeting was answered, or will not be.
    pub(super) fn greeting_ended(&self) {
        self.greeting.store(false, Ordering::Relaxed);
    }

    /// Whether the search has shown its ticket and waits for the answer. The server ends the
    /// earlier connection then, so there is no going back to it.
    pub(super) fn is_greeting(&self) -> bool {
        self.greeting.load(Ordering::Relaxed)
    }
}
