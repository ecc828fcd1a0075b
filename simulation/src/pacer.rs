//! How fast packets of one window may follow each other, as quinn has it: a token bucket that fills
//! at 1.25 windows in a round-trip time, and holds what fills in 2 ms, but ten packets at least.

use std::time::Duration;

use hackstream_protocol::units::{ByteCount, Timestamp};

use crate::sender::PACKET;

const BURST: Duration = Duration::from_millis(2);
const MIN_PACKETS: u64 = 10;
const MAX_PACKETS: u64 = 256;

#[derive(Clone, Debug, Default)]
pub(crate) struct Pacer {
    tokens: f64,
    filled_at: Timestamp,
}

impl Pacer {
    /// When a packet may leave: `now`, or later.
    pub(crate) fn ready_at(
        &mut self,
        now: Timestamp,
        window: ByteCount,
        rtt: Duration,
    ) -> Timestamp {
        let per_micro = window.0 as f64 * 1.25 / rtt.as_micros().max(1) as f64;
        let in_burst = window.0 as f64 * BURST.as_secs_f64() / rtt.as_secs_f64().max(1e-6);
        let capacity = in_burst.clamp((MIN_PACKETS * PACKET) as f64, (MAX_PACKETS * PACKET) as f64);
        let elapsed = now.since(self.filled_at).as_micros() as f64;
        self.tokens = (self.tokens + elapsed * per_micro).min(capacity);
        self.filled_at = now;
        if self.tokens >= PACKET as f64 {
            return now;
        }
        let wait = (capacity - self.tokens) / per_micro;
        now.after(Duration::from_micros(wait.ceil() as u64))
    }

    pub(crate) fn left(&mut self, bytes: ByteCount) {
        self.tokens = (self.tokens - bytes.0 as f64).max(0.0);
    }
}
