//! What a window controller is to a sender.

use hackstream_protocol::rate::{LossPattern, WindowController};
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

/// Decides how much may be in flight. The calls come as QUIC's come to its controller.
pub trait Congestion {
    /// Bytes that may be in flight.
    fn window(&self) -> ByteCount;
    /// The rate at which the path delivers, as far as it is known.
    fn delivery_rate(&self) -> Bitrate;
    /// What may be sent in the long run, if that is known.
    fn capacity(&self, now: Timestamp) -> Option<Bitrate>;
    /// A packet left.
    fn on_sent(&mut self, now: Timestamp, bytes: ByteCount);
    /// A packet that left at `sent` was acknowledged.
    fn on_ack(&mut self, now: Timestamp, sent: Timestamp, bytes: ByteCount);
    /// All packets of an acknowledgement were reported.
    fn on_acks_end(&mut self, now: Timestamp, in_flight: ByteCount);
    /// Packets, of which the newest left at `sent`, were found to be lost.
    fn on_loss(&mut self, now: Timestamp, sent: Timestamp, bytes: ByteCount, pattern: LossPattern);
}

impl Congestion for WindowController {
    fn window(&self) -> ByteCount {
        self.window()
    }

    fn delivery_rate(&self) -> Bitrate {
        self.delivery_rate()
    }

    fn capacity(&self, now: Timestamp) -> Option<Bitrate> {
        self.capacity(now)
    }

    fn on_sent(&mut self, now: Timestamp, bytes: ByteCount) {
        self.on_sent(now, bytes);
    }

    fn on_ack(&mut self, now: Timestamp, sent: Timestamp, bytes: ByteCount) {
        self.on_ack(now, sent, bytes);
    }

    fn on_acks_end(&mut self, now: Timestamp, in_flight: ByteCount) {
        self.on_acks_end(now, in_flight);
    }

    fn on_loss(&mut self, now: Timestamp, _: Timestamp, bytes: ByteCount, pattern: LossPattern) {
        self.on_loss(now, bytes, pattern);
    }
}
