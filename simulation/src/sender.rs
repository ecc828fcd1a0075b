//! The sending end of a flow: what leaves next, and when.

use std::collections::VecDeque;
use std::time::Duration;

use hackstream_protocol::rate::{Pace, Slice};
use hackstream_protocol::units::{ByteCount, Timestamp};

use crate::congestion::Congestion;
use crate::pacer::Pacer;
use crate::recovery::{Recovery, Sent};

/// Bytes of a full packet.
pub const PACKET: u64 = 1200;

/// Bytes of a packet that only asks for an acknowledgement.
const PING: u64 = 64;

/// Frames up to this size overtake larger ones, as in a server's pump.
const SMALL_FRAME: u64 = 2048;

/// A part of a frame that travels in a packet of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which it is, counted over all frames.
    pub id: usize,
    /// The frame it belongs to.
    pub frame: usize,
    /// Its size.
    pub bytes: u64,
}

/// A packet on its way.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// Counted from 0.
    pub number: u64,
    /// What it carries; `None` if it only asks for an acknowledgement.
    pub chunk: Option<Chunk>,
    /// Its size.
    pub bytes: ByteCount,
}

/// A sender.
#[derive(Clone, Debug)]
pub struct Sender<C> {
    /// Decides how much may be in flight.
    pub congestion: C,
    /// Knows what is in flight.
    pub recovery: Recovery,
    pacer: Pacer,
    again: VecDeque<Chunk>,
    small: VecDeque<Chunk>,
    large: VecDeque<Chunk>,
    /// Parts of large frames that the transport has not handed over yet.
    held: VecDeque<Chunk>,
    pace: Pace,
    next_slice: Option<Timestamp>,
    chunks: usize,
    /// Bytes sent so far.
    pub bytes_sent: u64,
}

impl<C: Congestion> Sender<C> {
    /// A sender that has sent nothing.
    #[must_use]
    pub fn new(congestion: C) -> Self {
        Self {
            congestion,
            recovery: Recovery::default(),
            pacer: Pacer::default(),
            again: VecDeque::new(),
            small: VecDeque::new(),
            large: VecDeque::new(),
            held: VecDeque::new(),
            pace: Pace::default(),
            next_slice: None,
            chunks: 0,
            bytes_sent: 0,
        }
    }

    /// Takes a frame over.
    pub fn hand_over(&mut self, frame: usize, bytes: u64) {
        let lane = if bytes <= SMALL_FRAME {
            &mut self.small
        } else {
            &mut self.held
        };
        let mut rest = bytes;
        while rest > 0 {
            let part = rest.min(PACKET);
            lane.push_back(Chunk {
                id: self.chunks,
                frame,
                bytes: part,
            });
            self.chunks += 1;
            rest -= part;
        }
    }

    /// Packets that wait for room or for their slice's turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.ready() + self.held.len()
    }

    fn ready(&self) -> usize {
        self.again.len() + self.small.len() + self.large.len()
    }

    /// Hands over slices of large frames, as the transport does.
    pub(crate) fn hand_over_slices(&mut self, now: Timestamp) {
        self.next_slice = None;
        while !self.held.is_empty() {
            let rest = self.held.iter().map(|chunk| chunk.bytes).sum();
            let capacity = self.congestion.capacity(now);
            let mut bytes = match self.pace.next(now, ByteCount(rest), capacity) {
                Slice::Now(bytes) => bytes.0,
                Slice::At(at) => {
                    self.next_slice = Some(at);
                    return;
                }
            };
            while bytes > 0 {
                let Some(chunk) = self.held.pop_front() else {
                    break;
                };
                bytes = bytes.saturating_sub(chunk.bytes);
                self.large.push_back(chunk);
            }
        }
    }

    /// When something is to be done: send, find losses, or probe.
    pub fn next_deadline(&mut self, now: Timestamp) -> Option<Timestamp> {
        let send = self.may_send().then(|| self.paced(now));
        [send, self.recovery.deadline(), self.next_slice]
            .into_iter()
            .flatten()
            .min()
    }

    /// The next packet that leaves at `now`, if one does.
    pub fn next_packet(&mut self, now: Timestamp) -> Option<Packet> {
        let probe = self.recovery.take_probe();
        let due = probe || (self.may_send() && self.paced(now) <= now);
        if !due {
            return None;
        }
        let chunk = [&mut self.again, &mut self.small, &mut self.large]
            .into_iter()
            .find_map(VecDeque::pop_front);
        let bytes = ByteCount(chunk.map_or(PING, |chunk| chunk.bytes));
        let number = self.recovery.sent(Sent {
            at: now,
            chunk,
            bytes,
        });
        self.congestion.on_sent(now, bytes);
        self.pacer.left(bytes);
        self.bytes_sent += bytes.0;
        Some(Packet {
            number,
            chunk,
            bytes,
        })
    }

    /// Takes an acknowledgement of these packets, the lowest number first.
    pub fn acknowledged(&mut self, now: Timestamp, packets: &[u64]) {
        for &number in packets {
            if let Some(sent) = self.recovery.acknowledge(now, number) {
                self.congestion.on_ack(now, sent.at, sent.bytes);
            }
        }
        let in_flight = self.recovery.in_flight();
        self.congestion.on_acks_end(now, in_flight);
        self.find_losses(now);
    }

    /// The time of [`next_deadline`](Self::next_deadline) has come.
    pub fn deadline_passed(&mut self, now: Timestamp) {
        if self.recovery.deadline().is_some_and(|at| at <= now) && !self.find_losses(now) {
            self.recovery.probe();
        }
    }

    /// Bytes in flight.
    #[must_use]
    pub const fn in_flight(&self) -> ByteCount {
        self.recovery.in_flight()
    }

    /// Smoothed round-trip time.
    #[must_use]
    pub const fn rtt(&self) -> Duration {
        self.recovery.smoothed_rtt()
    }

    fn find_losses(&mut self, now: Timestamp) -> bool {
        let Some(losses) = self.recovery.take_losses(now) else {
            return false;
        };
        self.again.extend(losses.chunks);
        self.congestion
            .on_loss(now, losses.newest, losses.bytes, losses.pattern);
        true
    }

    fn may_send(&self) -> bool {
        self.ready() > 0 && self.in_flight().0 + PACKET < self.congestion.window().0
    }

    fn paced(&mut self, now: Timestamp) -> Timestamp {
        let rtt = self.recovery.smoothed_rtt();
        self.pacer.ready_at(now, self.congestion.window(), rtt)
    }
}
