//! Whether the server is still heard.

use std::pin::Pin;
use std::time::{Duration, Instant};

use hackstream_transport::Connection;
use tokio::time::{Sleep, sleep_until};

/// Silence after which new connections are tried beside the old one. The transport's keep-alives
/// make the server answer in it.
const SILENCE: Duration = Duration::from_secs(3);

/// Silence that is longer than between keep-alives only if something is wrong.
const QUIET: Duration = Duration::from_secs(1);

/// How much later a look at the clock has to become to be worth setting the timer anew. Shorter
/// than the time between keep-alives.
const DELAY: Duration = Duration::from_secs(1);

/// Watches whether a connection's server is heard.
pub(super) struct Liveness {
    connection: Connection,
    pulse: Pulse,
    /// When to look although there was no answer.
    look: Pin<Box<Sleep>>,
}

impl Liveness {
    /// Begins now.
    pub(super) fn new(connection: Connection) -> Self {
        let pulse = Pulse::new(connection.heard(), Instant::now());
        let look = Box::pin(sleep_until(pulse.deadline().into()));
        Self {
            connection,
            pulse,
            look,
        }
    }

    /// Waits until the server has been silent for too long, and tells since when. May be
    /// cancelled.
    pub(super) async fn silence(&mut self) -> Instant {
        loop {
            tokio::select! {
                () = self.connection.answered() => {}
                () = self.look.as_mut() => {}
            }
            if let Some(since) = self.silent_since() {
                return since;
            }
            // Answers put the look off, so that on an idle link there is none.
            let deadline = self.pulse.deadline().into();
            if self.look.is_elapsed() || deadline >= self.look.deadline() + DELAY {
                // A timer that is only moved still wakes at the old time.
                self.look.set(sleep_until(deadline));
            }
        }
    }

    /// Whether the server has not been heard for a moment.
    pub(super) fn is_quiet(&mut self) -> bool {
        let (heard, now) = (self.connection.heard(), Instant::now());
        // Takes over the count.
        let silent = self.pulse.silent_since(heard, now).is_some();
        silent || now.saturating_duration_since(self.pulse.at) >= QUIET
    }

    /// Since when the server has been silent, if too long.
    pub(super) fn silent_since(&mut self) -> Option<Instant> {
        self.pulse
            .silent_since(self.connection.heard(), Instant::now())
    }
}

/// The count of datagrams received from the server, and when it was last seen to grow.
#[derive(Debug)]
struct Pulse {
    heard: u64,
    at: Instant,
}

impl Pulse {
    /// Begins at `now` with `heard` datagrams.
    const fn new(heard: u64, now: Instant) -> Self {
        Self { heard, at: now }
    }

    /// When it is silence unless the count grows.
    fn deadline(&self) -> Instant {
        self.at + SILENCE
    }

    /// Takes the present count; returns when it was last seen to grow if that is too long ago.
    fn silent_since(&mut self, heard: u64, now: Instant) -> Option<Instant> {
        if heard != self.heard {
            *self = Self::new(heard, now);
        }
        (now >= self.deadline()).then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_last_growth() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut pulse = Pulse::new(5, start);
        assert_eq!(pulse.silent_since(5, start + second * 2), None);
        assert_eq!(pulse.silent_since(6, start + second * 3), None);
        assert_eq!(pulse.silent_since(6, start + second * 5), None);
        assert_eq!(pulse.deadline(), start + second * 6);
        assert_eq!(
            pulse.silent_since(6, start + second * 6),
            Some(start + second * 3)
        );
        assert_eq!(pulse.silent_since(7, start + second * 60), None);
    }
}
