//! Facts about the path to the peer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::repeat::PathFacts;
use hackstream_protocol::units::{Bitrate, ByteCount, micros};
use tokio::sync::Notify;

use crate::hearing::Hearing;

/// Called when the path changed. It runs on the network thread, which holds the connection's lock:
/// it may wake somebody, and must not call the [`Connection`](crate::Connection).
pub type PathWake = Arc<dyn Fn() + Send + Sync>;

/// What is known about the path to the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathReport {
    /// Smoothed round-trip time; 100 ms until the first one was measured.
    pub rtt: Duration,
    /// Round-trip time with empty queues: the minimum of the last minute. Zero until the first one
    /// was measured.
    pub min_rtt: Duration,
    /// Bytes that may be in flight.
    pub window: ByteCount,
    /// Bytes sent of which neither arrival nor loss is known. Bytes that were handed over and not
    /// yet sent are not among them.
    pub in_flight: ByteCount,
    /// The rate at which the path delivers, as far as it was used; zero at first.
    pub delivery_rate: Bitrate,
    /// What may be sent in the long run; `None` if that is not known.
    pub capacity: Option<Bitrate>,
    /// What may be sent whatever the path could carry, if the listener or the peer has such a limit.
    pub limit: Option<Bitrate>,
    /// Packets found to be lost since the connection began.
    pub lost_packets: u64,
    /// Packets sent since the connection began.
    pub sent_packets: u64,
    /// Bytes of UDP payload sent since the connection began.
    pub bytes_sent: u64,
    /// Bytes of UDP payload received since the connection began.
    pub bytes_received: u64,
}

impl From<&PathReport> for PathFacts {
    fn from(path: &PathReport) -> Self {
        Self {
            rtt: path.rtt,
            window: path.window,
            capacity: path.capacity,
            sent_packets: path.sent_packets,
            lost_packets: path.lost_packets,
        }
    }
}

/// What the congestion controllers of a connection publish. There may be several of them in the
/// course of time: QUIC makes a new one when the peer's address changes.
#[derive(Default)]
pub(crate) struct PathState {
    window: AtomicU64,
    in_flight: AtomicU64,
    delivery_rate: AtomicU64,
    /// Zero if it is not known.
    capacity: AtomicU64,
    /// What the peer wants to get at the most; zero for whatever the path carries.
    limit: AtomicU64,
    pub(crate) hearing: Hearing,
    rtt_micros: AtomicU64,
    base_rtt_micros: AtomicU64,
    wake: Mutex<Option<PathWake>>,
    answered: Notify,
}

/// One controller's numbers.
pub(crate) struct PathNumbers {
    pub(crate) window: ByteCount,
    pub(crate) in_flight: ByteCount,
    pub(crate) delivery_rate: Bitrate,
    pub(crate) capacity: Option<Bitrate>,
    pub(crate) base_rtt: Option<Duration>,
}

impl PathState {
    /// Publishes what a controller knows now. Readers may see some of the numbers a moment before
    /// the others; each by itself is right.
    pub(crate) fn publish(&self, numbers: &PathNumbers) {
        self.window.store(numbers.window.0, Ordering::Relaxed);
        self.in_flight.store(numbers.in_flight.0, Ordering::Relaxed);
        self.delivery_rate
            .store(numbers.delivery_rate.0, Ordering::Relaxed);
        let capacity = numbers.capacity.map_or(0, |rate| rate.0);
        self.capacity.store(capacity, Ordering::Relaxed);
        let base = micros(numbers.base_rtt.unwrap_or_default());
        self.base_rtt_micros.store(base, Ordering::Relaxed);
    }

    pub(crate) fn publish_rtt(&self, rtt: Duration) {
        self.rtt_micros.store(micros(rtt), Ordering::Relaxed);
    }

    /// What may be sent in the long run; `None` if that is not known.
    pub(crate) fn capacity(&self) -> Option<Bitrate> {
        let known = rate_in(&self.capacity);
        [known, self.limit()].into_iter().flatten().min()
    }

    /// What the peer wants to get at the most, if it said so.
    pub(crate) fn limit(&self) -> Option<Bitrate> {
        rate_in(&self.limit)
    }

    pub(crate) fn set_limit(&self, limit: Option<Bitrate>) {
        let rate = limit.map_or(0, |rate| rate.0);
        self.limit.store(rate, Ordering::Relaxed);
    }

    pub(crate) fn set_wake(&self, wake: PathWake) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }

    pub(crate) fn wake(&self) {
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner);
        let called = wake.clone();
        // The callback may replace itself.
        drop(wake);
        if let Some(wake) = called {
            wake();
        }
    }

    /// The peer was heard: after an outage that is worth a probe.
    pub(crate) fn heard(&self, now: Instant) {
        let report = self.report();
        if (self.hearing).heard(now, report.in_flight, report.min_rtt) {
            self.wake();
        }
    }

    /// The window, with room for a probe if the peer is heard after an outage.
    pub(crate) fn widen(&self, window: ByteCount) -> ByteCount {
        self.hearing.widen(window)
    }

    /// The peer acknowledged something.
    pub(crate) fn note_answer(&self) {
        self.answered.notify_one();
    }

    /// Waits for the next answer.
    pub(crate) async fn answered(&self) {
        self.answered.notified().await;
    }

    /// The published numbers, without those that QUIC counts.
    pub(crate) fn report(&self) -> PathReport {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        PathReport {
            rtt: Duration::from_micros(load(&self.rtt_micros)),
            min_rtt: Duration::from_micros(load(&self.base_rtt_micros)),
            window: self.widen(ByteCount(load(&self.window))),
            in_flight: ByteCount(load(&self.in_flight)),
            delivery_rate: Bitrate(load(&self.delivery_rate)),
            capacity: self.capacity(),
            ..PathReport::default()
        }
    }
}

/// The rate that is kept there; zero stands for none.
fn rate_in(number: &AtomicU64) -> Option<Bitrate> {
    Some(Bitrate(number.load(Ordering::Relaxed))).filter(|rate| rate.0 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_may_replace_itself() {
        let path = Arc::new(PathState::default());
        let calls = Arc::new(AtomicU64::new(0));
        let (inner, counted) = (Arc::clone(&path), Arc::clone(&calls));
        path.set_wake(Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            inner.set_wake(Arc::new(|| {}));
        }));
        path.wake();
        path.wake();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}
