//! Input that is sent for the second time, in datagrams, where packets get lost.

use std::time::{Duration, Instant};

use hackstream_protocol::repeat::{InputTail, RepeatPolicy, is_worth_repeating};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{Connection, TransportError};
use tokio::time::sleep_until;

/// What becomes of the events that were sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// Nothing more.
    Rest,
    /// One of those being written is worth repeating.
    Decide,
    /// They are repeated then.
    RepeatAt(Instant),
}

/// Decides on repeats of one connection's input, and sends them.
pub(super) struct InputRepeats {
    connection: Connection,
    policy: RepeatPolicy,
    tail: InputTail,
    /// The beginning of the time that `policy` and `tail` are told.
    epoch: Instant,
    plan: Plan,
}

impl InputRepeats {
    /// For a connection that begins.
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            policy: RepeatPolicy::new(Timestamp(0)),
            tail: InputTail::default(),
            epoch: Instant::now(),
            plan: Plan::Rest,
        }
    }

    /// Takes note of the next event, which is written at `now`.
    pub(super) fn note(&mut self, event: InputEvent, now: Instant) {
        self.tail.push(event, self.timestamp(now));
        if self.plan == Plan::Rest && is_worth_repeating(&event) {
            self.plan = Plan::Decide;
        }
    }

    /// Decides on what was noted and now was written, in so many bytes.
    pub(super) fn written(&mut self, bytes: usize, now: Instant) {
        if self.plan != Plan::Decide {
            return;
        }
        let path = (&self.connection.path()).into();
        let after = self.policy.repeat_after(bytes, &path, self.timestamp(now));
        self.plan = after.map_or(Plan::Rest, |after| Plan::RepeatAt(now + after));
    }

    /// Waits until a repeat is due; for ever if none is planned.
    pub(super) async fn due(&self) {
        match self.plan {
            Plan::RepeatAt(at) => sleep_until(at.into()).await,
            Plan::Rest | Plan::Decide => std::future::pending().await,
        }
    }

    /// Repeats what may not have arrived.
    ///
    /// # Errors
    /// [`TransportError`] if the connection is gone.
    pub(super) fn send(&mut self) -> Result<(), TransportError> {
        self.plan = Plan::Rest;
        let rtt = self.connection.path().rtt;
        if let Some(repeated) = self.tail.repeat(rtt, self.timestamp(Instant::now())) {
            let mut datagram = Vec::with_capacity(64);
            repeated.write(&mut datagram);
            self.connection.send_spare_datagram(datagram)?;
        }
        Ok(())
    }

    fn timestamp(&self, at: Instant) -> Timestamp {
        let since: Duration = at.saturating_duration_since(self.epoch);
        Timestamp::at(since)
    }
}
