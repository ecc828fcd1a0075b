//! The session's bell, for its viewers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::ServerMessage;
use hackstream_transport::TransportError;
use tokio::sync::{mpsc, watch};

/// Between two bells that viewers are told of: more often, nobody tells them apart.
const LEAST: Duration = Duration::from_millis(500);

/// Whether viewers hear the bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bell {
    /// They do.
    On,
    /// They do not.
    Off,
}

/// Passes the bell of the display on.
pub struct Bells {
    bell: Bell,
    last: Mutex<Option<Timestamp>>,
    /// Counts those that are told.
    rung: watch::Sender<u64>,
}

impl Bells {
    /// Passes it on, or not.
    #[must_use]
    pub fn new(bell: Bell) -> Self {
        Self {
            bell,
            last: Mutex::default(),
            rung: watch::Sender::new(0),
        }
    }

    /// A program rang the bell.
    pub fn ring(&self, now: Timestamp) {
        if self.bell == Bell::Off {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now.since(last) < LEAST) {
            return;
        }
        *last = Some(now);
        self.rung.send_modify(|count| *count += 1);
    }

    /// Tells a viewer of each bell from now on, until its connection ends.
    pub(super) async fn tell(
        &self,
        to_tell: &mpsc::Sender<ServerMessage>,
    ) -> Result<(), TransportError> {
        let mut rung = self.rung.subscribe();
        while rung.changed().await.is_ok() {
            // The stream that it goes to ends with the visit.
            let _ = to_tell.send(ServerMessage::Bell).await;
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(bell: Bell, times: &[u64]) -> u64 {
        let bells = Bells::new(bell);
        for &milliseconds in times {
            bells.ring(Timestamp(milliseconds * 1000));
        }
        let rung = bells.rung.borrow();
        *rung
    }

    #[test]
    fn a_storm_of_bells_is_one_now_and_then() {
        assert_eq!(count(Bell::On, &[0, 1, 2, 499, 500, 501, 2000]), 3);
        assert_eq!(count(Bell::Off, &[0, 1000]), 0);
    }
}
