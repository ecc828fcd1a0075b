//! Hearing a peer again after an outage.
//!
//! While all that may be in flight is lost, QUIC sends nothing but rare probes, not even
//! acknowledgements if there is anything else to send. So the word that ends an outage has to be
//! noticed where it arrives, at the socket; it then finds the window wide enough for a probe.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use hackstream_protocol::rate::Revival;
use hackstream_protocol::units::{ByteCount, Timestamp};

use crate::path::PathState;

/// What a connection knows of being heard.
pub(crate) struct Hearing {
    revival: Mutex<Revival>,
    /// The window with room for a probe; zero if there is none.
    window: AtomicU64,
    epoch: Instant,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            revival: Mutex::default(),
            window: AtomicU64::new(0),
            epoch: Instant::now(),
        }
    }
}

impl Hearing {
    /// Something left while nothing was in flight.
    pub(crate) fn began(&self, now: Instant) {
        self.change(|revival| revival.began(self.at(now)));
    }

    /// The peer acknowledged what left at `sent`, and so much is in flight.
    pub(crate) fn acknowledged(
        &self,
        (now, sent): (Instant, Instant),
        in_flight: ByteCount,
        rtt: Duration,
    ) {
        let (now, sent) = (self.at(now), self.at(sent));
        self.change(|revival| revival.acknowledged(now, sent, in_flight, rtt));
    }

    /// The peer was heard, with so much in flight. True if there is room for a probe.
    pub(crate) fn heard(&self, now: Instant, in_flight: ByteCount, rtt: Duration) -> bool {
        self.change(|revival| revival.heard(self.at(now), in_flight, rtt))
    }

    /// The window with room for a probe, if there is to be one.
    pub(crate) fn widen(&self, window: ByteCount) -> ByteCount {
        ByteCount(window.0.max(self.window.load(Ordering::Relaxed)))
    }

    fn at(&self, now: Instant) -> Timestamp {
        Timestamp::at(now.saturating_duration_since(self.epoch))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Revival) -> T) -> T {
        let mut revival = self.revival.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut revival);
        let window = revival.widen(ByteCount(0)).0;
        self.window.store(window, Ordering::Relaxed);
        result
    }
}

/// Whose word arrives from where. A peer that moved is not known any more, and need not be: QUIC
/// begins anew on the new path.
#[derive(Default)]
pub(crate) struct Peers(Mutex<HashMap<SocketAddr, Weak<PathState>>>);

impl Peers {
    /// A peer is there.
    pub(crate) fn add(&self, addr: SocketAddr, path: &Arc<PathState>) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|_, path| path.strong_count() > 0);
        peers.insert(addr, Arc::downgrade(path));
    }

    /// Something arrived from there.
    pub(crate) fn heard(&self, addr: SocketAddr) {
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = peers.get(&addr).and_then(Weak::upgrade);
        drop(peers);
        if let Some(path) = path {
            path.heard(Instant::now());
        }
    }
}
