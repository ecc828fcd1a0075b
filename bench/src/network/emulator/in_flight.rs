//! Packets on their way, first in, first out, in memory set aside beforehand.

use std::collections::VecDeque;
use std::io::Read;

use crate::clock::Instant;

/// The shortest packet there is, an IPv4 header with UDP's, tells how many a buffer may hold.
const SHORTEST_PACKET: usize = 28;

#[derive(Debug, Clone, Copy)]
struct Parcel {
    arrival: Instant,
    length: usize,
}

#[derive(Debug)]
pub(super) struct InFlight {
    /// Of all packets, back to back.
    bytes: VecDeque<u8>,
    parcels: VecDeque<Parcel>,
}

impl InFlight {
    /// Room for `capacity` bytes; more are taken, at the price of an allocation.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: VecDeque::with_capacity(capacity),
            parcels: VecDeque::with_capacity(capacity / SHORTEST_PACKET),
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> (usize, usize) {
        (self.bytes.capacity(), self.parcels.capacity())
    }

    /// `arrival` must not lie before that of an earlier packet.
    pub(super) fn push(&mut self, arrival: Instant, packet: &[u8]) {
        self.bytes.extend(packet);
        let length = packet.len();
        self.parcels.push_back(Parcel { arrival, length });
    }

    pub(super) fn next_arrival(&self) -> Option<Instant> {
        self.parcels.front().map(|parcel| parcel.arrival)
    }

    /// Copies the first packet to the start of `buffer` if it has arrived by `now`. What does not
    /// fit into `buffer` is cut off.
    pub(super) fn take_due<'a>(
        &mut self,
        now: Instant,
        buffer: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        let length = self.parcels.front().filter(|it| it.arrival <= now)?.length;
        self.parcels.pop_front();
        let (packet, _) = buffer.split_at_mut(length.min(buffer.len()));
        // Never fails: the bytes of all parcels are there.
        self.bytes.read_exact(packet).ok()?;
        self.bytes.drain(..length - packet.len());
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: u64) -> Instant {
        Instant::from_nanoseconds(time)
    }

    #[test]
    fn packets_come_out_whole_in_order_and_in_time() {
        let mut flight = InFlight::with_capacity(100);
        let mut buffer = [0; 64];
        // Several times round the ring of 100 bytes.
        for round in 0..50_u8 {
            flight.push(at(10), &[round; 30]);
            flight.push(at(20), &[round + 100; 7]);
            assert_eq!(flight.next_arrival(), Some(at(10)));
            assert!(flight.take_due(at(9), &mut buffer).is_none());
            assert_eq!(flight.take_due(at(10), &mut buffer).unwrap(), [round; 30]);
            assert!(flight.take_due(at(10), &mut buffer).is_none());
            let second = flight.take_due(at(25), &mut buffer).unwrap();
            assert_eq!(second, [round + 100; 7]);
            assert_eq!(flight.next_arrival(), None);
        }
    }

    #[test]
    fn a_small_buffer_does_not_mix_packets() {
        let mut flight = InFlight::with_capacity(100);
        flight.push(at(1), &[1; 10]);
        flight.push(at(1), &[2; 3]);
        let mut buffer = [0; 4];
        assert_eq!(flight.take_due(at(1), &mut buffer).unwrap(), [1; 4]);
        assert_eq!(flight.take_due(at(1), &mut buffer).unwrap(), [2; 3]);
    }
}
