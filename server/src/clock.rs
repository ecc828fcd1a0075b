//! The process's only clock.

use std::time::Instant;

use hackstream_protocol::units::Timestamp;

/// Time since the process began to serve; what is on the wire is on this clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// The time on this clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::at(self.start.elapsed())
    }
}
