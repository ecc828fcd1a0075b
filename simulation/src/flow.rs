//! A sender, its receiver, and what it sends.

use hackstream_protocol::rate::PathView;
use hackstream_protocol::units::Timestamp;

use crate::congestion::Congestion;
use crate::load::Frame;
use crate::receiver::{Acknowledgement, Receiver};
use crate::sender::{PACKET, Packet, Sender};

/// Packets that a greedy flow keeps waiting.
const GREED: usize = 32;

/// What a flow sends, and what becomes of it at the other end.
pub trait Source {
    /// When something happens here by itself.
    fn next_change(&self) -> Option<Timestamp>;
    /// The frame that is handed over at `now`, while `waiting` packets have not left: its number,
    /// counted from 0, and its size.
    fn next_frame(
        &mut self,
        now: Timestamp,
        path: &PathView,
        waiting: usize,
    ) -> Option<(usize, u64)>;
    /// A frame is whole at the receiver; what it was, if that is of interest.
    fn arrived(&mut self, now: Timestamp, number: usize) -> Option<Frame>;
    /// The sender hears of that.
    fn confirmed(&mut self, number: usize);
}

/// Sends as much as the window lets through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Greedy {
    frames: usize,
}

impl Source for Greedy {
    fn next_change(&self) -> Option<Timestamp> {
        None
    }

    fn next_frame(&mut self, _: Timestamp, _: &PathView, waiting: usize) -> Option<(usize, u64)> {
        if waiting >= GREED {
            return None;
        }
        self.frames += 1;
        Some((self.frames - 1, PACKET))
    }

    fn arrived(&mut self, _: Timestamp, _: usize) -> Option<Frame> {
        None
    }

    fn confirmed(&mut self, _: usize) {}
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Flow<C, S> {
    /// The sending end.
    pub sender: Sender<C>,
    /// What is sent, and what became of it.
    pub source: S,
    pub(crate) receiver: Receiver,
    told: Acknowledgement,
    pub(crate) arrived: u64,
}

impl<C: Congestion, S: Source> Flow<C, S> {
    /// A connection that has just begun.
    #[must_use]
    pub fn new(congestion: C, source: S) -> Self {
        Self {
            sender: Sender::new(congestion),
            source,
            receiver: Receiver::default(),
            told: Acknowledgement {
                packets: 0,
                frames: 0,
            },
            arrived: 0,
        }
    }

    /// When something happens here by itself.
    pub(crate) fn next_deadline(&mut self, now: Timestamp) -> Option<Timestamp> {
        let change = self.source.next_change();
        let sender = self.sender.next_deadline(now);
        [change, sender, self.receiver.due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Hands over what there is to send.
    pub(crate) fn produce(&mut self, now: Timestamp) {
        loop {
            let (path, waiting) = (self.path(now), self.sender.waiting());
            let Some((number, bytes)) = self.source.next_frame(now, &path, waiting) else {
                return;
            };
            self.receiver.expect(number, bytes);
            self.sender.hand_over(number, bytes);
        }
    }

    /// A packet arrived. Returns the frame that is whole now.
    pub(crate) fn receive(&mut self, now: Timestamp, packet: &Packet) -> Option<Frame> {
        self.arrived += packet.bytes.0;
        let number = self.receiver.receive(now, packet)?;
        self.source.arrived(now, number)
    }

    /// An acknowledgement arrived.
    pub(crate) fn acknowledged(&mut self, now: Timestamp, said: Acknowledgement) {
        if said.packets <= self.told.packets {
            return;
        }
        let (packets, frames) = self.receiver.between(self.told, said);
        for &number in frames {
            self.source.confirmed(number);
        }
        self.sender.acknowledged(now, &packets);
        self.told = said;
    }

    fn path(&self, now: Timestamp) -> PathView {
        PathView {
            rtt: self.sender.rtt(),
            window: self.sender.congestion.window(),
            in_flight: self.sender.in_flight(),
            delivery_rate: self.sender.congestion.delivery_rate(),
            capacity: self.sender.congestion.capacity(now),
            limit: None,
            bytes_sent: self.sender.bytes_sent,
        }
    }
}
