//! The protocol's window controller as QUIC's congestion controller.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use hackstream_protocol::rate::cap::window_under;
use hackstream_protocol::rate::{LossPattern, WindowController};
use hackstream_protocol::units::{ByteCount, Timestamp};
use quinn::congestion::{Controller, ControllerFactory};
use quinn_proto::RttEstimator;

use crate::path::{PathNumbers, PathState};

/// Datagrams below this size hold acknowledgements only. QUIC does not count them as in flight,
/// and nobody acknowledges them.
const ACK_ONLY_BYTES: u64 = 64;

/// Makes the congestion controllers of one connection.
pub(crate) struct ControllerBuilder {
    path: Arc<PathState>,
    epoch: Instant,
}

impl ControllerBuilder {
    /// A builder whose controllers publish what they know in `path`.
    pub(crate) fn new(path: Arc<PathState>) -> Self {
        Self {
            path,
            epoch: Instant::now(),
        }
    }
}

impl ControllerFactory for ControllerBuilder {
    fn build(self: Arc<Self>, now: Instant, _current_mtu: u16) -> Box<dyn Controller> {
        let window = WindowController::new(timestamp(self.epoch, now));
        let mut controller = PathController {
            window,
            path: Arc::clone(&self.path),
            epoch: self.epoch,
            newest_acked: None,
            published: (ByteCount(0), ByteCount(0)),
        };
        // After a change of the path there is room at once, and no acknowledgement may tell.
        controller.publish_and_wake(now);
        Box::new(controller)
    }
}

/// Passes on what QUIC observes, and publishes what follows from it.
#[derive(Clone)]
struct PathController {
    window: WindowController,
    path: Arc<PathState>,
    epoch: Instant,
    /// When the newest packet of the acknowledgement at hand left.
    newest_acked: Option<Instant>,
    /// The window and what was in flight when they were last published.
    published: (ByteCount, ByteCount),
}

/// What is published, compared with the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// More or less may be sent.
    Changed,
    /// As much may be sent.
    Same,
}

fn timestamp(epoch: Instant, now: Instant) -> Timestamp {
    Timestamp::at(now.saturating_duration_since(epoch))
}

impl PathController {
    fn at(&self, now: Instant) -> Timestamp {
        timestamp(self.epoch, now)
    }

    /// What may be in flight: what the path holds, and no more than a limit lets through meanwhile, or
    /// it would wait for that where nothing can overtake it.
    fn room(&self) -> ByteCount {
        let window = self.window.window();
        let base = self.window.base_rtt().unwrap_or_default();
        let limit = self.path.limit();
        limit.map_or(window, |rate| window.min(window_under(rate, base)))
    }

    fn publish(&mut self, now: Instant) -> Room {
        let (window, in_flight) = (self.room(), self.window.in_flight());
        self.path.publish(&PathNumbers {
            window,
            in_flight,
            delivery_rate: self.window.delivery_rate(),
            capacity: self.window.capacity(self.at(now)),
            base_rtt: self.window.base_rtt(),
        });
        let before = std::mem::replace(&mut self.published, (window, in_flight));
        if before == self.published {
            Room::Same
        } else {
            Room::Changed
        }
    }

    fn publish_and_wake(&mut self, now: Instant) {
        if self.publish(now) == Room::Changed {
            self.path.wake();
        }
    }
}

impl Controller for PathController {
    fn on_sent(&mut self, now: Instant, bytes: u64, _last_packet_number: u64) {
        if bytes < ACK_ONLY_BYTES {
            return;
        }
        if self.window.in_flight() == ByteCount(0) {
            self.path.hearing.began(now);
        }
        self.window.on_sent(self.at(now), ByteCount(bytes));
        // Whoever sends knows.
        let _ = self.publish(now);
    }

    // QUIC's `app_limited` is true whenever the encoder kept to the window, so it says nothing
    // here; the window controller looks at what was in flight.
    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        _app_limited: bool,
        rtt: &RttEstimator,
    ) {
        self.newest_acked = self.newest_acked.max(Some(sent));
        let (now, sent) = (self.at(now), self.at(sent));
        self.window.on_ack(now, sent, ByteCount(bytes));
        self.path.publish_rtt(rtt.get());
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        _app_limited: bool,
        _largest_packet_num_acked: Option<u64>,
    ) {
        if let Some(sent) = self.newest_acked.take() {
            let rtt = self.window.base_rtt().unwrap_or_default();
            let in_flight = ByteCount(in_flight);
            self.path.hearing.acknowledged((now, sent), in_flight, rtt);
        }
        self.window.on_acks_end(self.at(now), ByteCount(in_flight));
        self.publish_and_wake(now);
        self.path.note_answer();
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        _sent: Instant,
        is_persistent_congestion: bool,
        lost_bytes: u64,
    ) {
        let pattern = if is_persistent_congestion {
            LossPattern::Persistent
        } else {
            LossPattern::Scattered
        };
        if lost_bytes == 0 {
            self.window.on_congestion_mark();
        } else {
            self.window
                .on_loss(self.at(now), ByteCount(lost_bytes), pattern);
        }
        self.publish_and_wake(now);
    }

    fn on_mtu_update(&mut self, _new_mtu: u16) {}

    fn window(&self) -> u64 {
        self.path.widen(self.room()).0
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        WindowController::initial_window().0
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn only_acknowledgements_that_change_the_room_wake() {
        let (path, woken) = (Arc::new(PathState::default()), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&woken);
        path.set_wake(Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let now = Instant::now();
        let mut controller = Arc::new(ControllerBuilder::new(path)).build(now, 1200);
        let mut acknowledged = |sent: Option<u64>| {
            if let Some(bytes) = sent {
                controller.on_sent(now, bytes, 0);
            }
            controller.on_end_acks(now, 0, true, None);
            woken.load(Ordering::Relaxed)
        };
        assert_eq!(acknowledged(None), 1, "the path's beginning");
        assert_eq!(acknowledged(Some(1200)), 2);
        assert_eq!(acknowledged(Some(38)), 2, "a keep-alive");
    }
}
