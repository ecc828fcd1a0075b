//! A sender, its receiver, and what it sends.

use hackstream_protocol::rate::PathView;
use hackstream_protocol::units::Timestamp;

use crate::congestion::Congestion;
use crate::load::{Frame, Pump};
use crate::receiver::{Acknowledgement, Receiver};
use crate::sender::{PACKET, Packet, Sender};

/// Packets that a flow without a pump keeps waiting.
const GREED: usize = 32;

/// What a flow sends.
#[derive(Clone, Debug)]
pub enum Source {
    /// Frames, as a server makes them.
    Pump(Pump),
    /// As much as the window lets through.
    Greedy,
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Flow<C> {
    /// The sending end.
    pub sender: Sender<C>,
    pub(crate) receiver: Receiver,
    pub(crate) source: Source,
    told: Acknowledgement,
    pub(crate) arrived: u64,
}

impl<C: Congestion> Flow<C> {
    /// A connection that has just begun.
    #[must_use]
    pub fn new(congestion: C, source: Source) -> Self {
        Self {
            sender: Sender::new(congestion),
            receiver: Receiver::default(),
            source,
            told: Acknowledgement {
                packets: 0,
                frames: 0,
            },
            arrived: 0,
        }
    }

    /// When something happens here by itself.
    pub(crate) fn next_deadline(&mut self, now: Timestamp) -> Option<Timestamp> {
        let change = match &self.source {
            Source::Pump(pump) => pump.next_change(),
            Source::Greedy => None,
        };
        let sender = self.sender.next_deadline(now);
        [change, sender, self.receiver.due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Hands over what there is to send.
    pub(crate) fn produce(&mut self, now: Timestamp) {
        loop {
            let path = self.path(now);
            let Source::Pump(pump) = &mut self.source else {
                while self.sender.waiting() < GREED {
                    self.sender.hand_over(0, PACKET);
                }
                return;
            };
            let Some((number, frame)) = pump.next_frame(now, &path) else {
                return;
            };
            self.receiver.expect(number, frame.bytes);
            self.sender.hand_over(number, frame.bytes);
        }
    }

    /// A packet arrived. Returns the frame that is whole now.
    pub(crate) fn receive(&mut self, now: Timestamp, packet: &Packet) -> Option<Frame> {
        self.arrived += packet.bytes.0;
        let number = self.receiver.receive(now, packet)?;
        match &self.source {
            Source::Pump(pump) => Some(pump.frame(number)),
            Source::Greedy => None,
        }
    }

    /// An acknowledgement arrived.
    pub(crate) fn acknowledged(&mut self, now: Timestamp, said: Acknowledgement) {
        if said.packets <= self.told.packets {
            return;
        }
        let (packets, frames) = self.receiver.between(self.told, said);
        if let Source::Pump(pump) = &mut self.source {
            frames.iter().for_each(|&number| pump.confirm(number));
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
