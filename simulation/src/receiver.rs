//! The receiving end of a flow: what is acknowledged, and which frames are whole.

use std::collections::BTreeMap;
use std::time::Duration;

use hackstream_protocol::units::Timestamp;

use crate::sender::Packet;

/// How long the second packet may be waited for, as the transport asks for.
pub const ACK_DELAY: Duration = Duration::from_millis(2);

/// What an acknowledgement says. It says all that was said before, so that one that is lost
/// matters little.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledgement {
    /// How many packets were received.
    pub packets: usize,
    /// How many frames are whole.
    pub frames: usize,
}

/// A receiver.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    /// Packets in the order of their arrival.
    packets: Vec<u64>,
    /// Frames in the order in which they became whole.
    frames: Vec<usize>,
    received: Vec<bool>,
    missing: BTreeMap<usize, u64>,
    next: u64,
    unacknowledged: u32,
    /// When the next acknowledgement is sent at the latest.
    due: Option<Timestamp>,
}

impl Receiver {
    /// Announces a frame, so that it is known when it is whole.
    pub fn expect(&mut self, frame: usize, bytes: u64) {
        self.missing.insert(frame, bytes);
    }

    /// Takes a packet. Returns the frame that became whole with it.
    pub fn receive(&mut self, now: Timestamp, packet: &Packet) -> Option<usize> {
        self.packets.push(packet.number);
        self.unacknowledged += 1;
        let in_order = packet.number == self.next;
        self.next = self.next.max(packet.number + 1);
        let at_once = !in_order || self.unacknowledged > 1;
        let due = if at_once { now } else { now.after(ACK_DELAY) };
        self.due = Some(self.due.map_or(due, |at| at.min(due)));
        let chunk = packet.chunk?;
        if self.received.len() <= chunk.id {
            self.received.resize(chunk.id + 1, false);
        }
        if std::mem::replace(&mut self.received[chunk.id], true) {
            return None;
        }
        let missing = self.missing.get_mut(&chunk.frame)?;
        *missing -= chunk.bytes;
        if *missing > 0 {
            return None;
        }
        self.missing.remove(&chunk.frame);
        self.frames.push(chunk.frame);
        Some(chunk.frame)
    }

    /// When the next acknowledgement is to be sent.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// The acknowledgement that is sent now.
    pub fn acknowledge(&mut self) -> Acknowledgement {
        self.due = None;
        self.unacknowledged = 0;
        Acknowledgement {
            packets: self.packets.len(),
            frames: self.frames.len(),
        }
    }

    /// The packets and the frames that were `first` to be received, but for those before `last`.
    #[must_use]
    pub fn between(&self, last: Acknowledgement, first: Acknowledgement) -> (Vec<u64>, &[usize]) {
        let mut packets = self.packets[last.packets..first.packets].to_vec();
        packets.sort_unstable();
        (packets, &self.frames[last.frames..first.frames])
    }
}
