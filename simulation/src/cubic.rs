//! The controller of most other traffic: Cubic (RFC 9438), without its friendliness to older ones.

use hackstream_protocol::rate::LossPattern;
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

use crate::congestion::Congestion;
use crate::sender::PACKET;

const C: f64 = 0.4;
const BETA: f64 = 0.7;

/// Grows until packets are lost.
#[derive(Clone, Debug)]
pub struct Cubic {
    window: f64,
    threshold: f64,
    largest: f64,
    epoch: Option<Timestamp>,
    recovering_since: Timestamp,
}

impl Default for Cubic {
    fn default() -> Self {
        Self {
            window: 10.0,
            threshold: f64::MAX,
            largest: 0.0,
            epoch: None,
            recovering_since: Timestamp(0),
        }
    }
}

impl Congestion for Cubic {
    fn window(&self) -> ByteCount {
        ByteCount((self.window * PACKET as f64) as u64)
    }

    fn delivery_rate(&self) -> Bitrate {
        Bitrate(0)
    }

    fn capacity(&self, _: Timestamp) -> Option<Bitrate> {
        None
    }

    fn on_sent(&mut self, _: Timestamp, _: ByteCount) {}

    fn on_ack(&mut self, now: Timestamp, sent: Timestamp, _: ByteCount) {
        if sent <= self.recovering_since {
            return;
        }
        if self.window < self.threshold {
            self.window += 1.0;
            return;
        }
        let epoch = *self.epoch.get_or_insert(now);
        let k = ((self.largest - self.window.min(self.largest)) / C).cbrt();
        let elapsed = now.since(epoch).as_secs_f64() + now.since(sent).as_secs_f64();
        let target = C * (elapsed - k).powi(3) + self.largest;
        let target = target.clamp(self.window, self.window * 1.5);
        self.window += (target - self.window) / self.window;
    }

    fn on_acks_end(&mut self, _: Timestamp, _: ByteCount) {}

    fn on_loss(&mut self, now: Timestamp, sent: Timestamp, _: ByteCount, pattern: LossPattern) {
        if sent <= self.recovering_since {
            return;
        }
        self.recovering_since = now;
        self.epoch = None;
        self.largest = self.window;
        self.window = match pattern {
            LossPattern::Scattered => (self.window * BETA).max(2.0),
            LossPattern::Persistent => 2.0,
        };
        self.threshold = self.window;
    }
}
