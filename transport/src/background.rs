//! What can wait gives way to what a person waits for: contents of clipboards, and files.
//! [`hackstream_protocol::rate::Background`] says how far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::rate::{Background, Foreground};
use hackstream_protocol::units::{ByteCount, Timestamp};
use tokio::time::sleep;

use crate::Connection;

/// Shorter waits are made up for by the next one: a timer's own grain is a millisecond.
const GRAIN: Duration = Duration::from_millis(1);

/// When somebody last worked on a connection, and what else it carries.
pub(crate) struct Yielding {
    epoch: Instant,
    /// In microseconds since the epoch, plus one; 0 if nobody has.
    worked_at: AtomicU64,
    account: Mutex<Background>,
}

impl Default for Yielding {
    fn default() -> Self {
        Self {
            epoch: Instant::now(),
            worked_at: AtomicU64::default(),
            account: Mutex::default(),
        }
    }
}

impl Yielding {
    fn now(&self) -> Timestamp {
        Timestamp::at(self.epoch.elapsed())
    }

    /// Somebody does something, or is shown something.
    pub(crate) fn at_work(&self) {
        self.worked_at.store(self.now().0 + 1, Ordering::Relaxed);
    }
}

impl Connection {
    /// Somebody is at work on this connection: what can wait leaves more slowly for a moment. Frames
    /// that are sent or received say so themselves.
    pub fn at_work(&self) {
        self.yielding.at_work();
    }

    fn foreground(&self) -> Foreground {
        let worked_at = self.yielding.worked_at.load(Ordering::Relaxed);
        Foreground {
            limit: self.limit(),
            capacity: self.path_state().capacity(),
            worked_at: worked_at.checked_sub(1).map(Timestamp),
        }
    }

    /// Bytes of the largest piece of what can wait that may be handed over at once.
    #[must_use]
    pub fn largest_piece(&self) -> usize {
        Background::piece(&self.foreground(), self.yielding.now())
    }

    /// Bytes of what can wait that may be on their way and not taken by the peer yet.
    #[must_use]
    pub fn ahead(&self) -> ByteCount {
        let window = self.path_state().window();
        self.foreground().ahead(window, self.yielding.now())
    }

    /// Waits until a piece of so many bytes that can wait may be handed over.
    pub async fn give_way(&self, bytes: usize) {
        let (foreground, now) = (self.foreground(), self.yielding.now());
        let at = {
            let account = self.yielding.account.lock();
            let mut account = account.unwrap_or_else(PoisonError::into_inner);
            account.admit(&foreground, bytes, now)
        };
        let wait = at.since(now);
        if wait >= GRAIN {
            sleep(wait).await;
        }
    }
}
