//! One direction of a link as a pure machine: packets and times in, packets out.

use std::sync::Arc;
use std::time::Duration;

use super::conditions::OneWay;
use super::in_flight::InFlight;
use super::loss::LossProcess;
use super::sending::Sending;
use super::tally::Tally;
use crate::clock::Instant;
use crate::random::Random;

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It will arrive.
    Sent,
    /// It took its share of the rate for nothing.
    Lost,
    /// It found the queue full.
    Dropped,
}

/// A queue, a sender of limited rate, and the way to the other end.
///
/// All that happens to a packet is decided when it comes in, so only arrivals need a timer.
#[derive(Debug)]
pub(super) struct Direction {
    way: OneWay,
    sending: Sending,
    /// When the sender is done with all packets so far.
    idle_from: Instant,
    loss: LossProcess,
    jitter: Jitter,
    in_flight: InFlight,
    last_arrival: Instant,
    tally: Arc<Tally>,
}

impl Direction {
    pub(super) fn new(way: OneWay, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let longest = way.queue + way.longest_unqueued();
        // A jump of the jitter downwards lets packets wait for the last one before it.
        let most_bytes = way.rate.bytes_in(longest + way.jitter) + 2 * super::tun::MTU;
        Self {
            way,
            sending: Sending::new(&way, seed),
            idle_from: Instant::from_nanoseconds(0),
            loss: LossProcess::new(way.loss, Random::new(random.next())),
            jitter: Jitter::new(way.jitter, Random::new(random.next())),
            in_flight: InFlight::with_capacity(most_bytes),
            last_arrival: Instant::from_nanoseconds(0),
            tally: Arc::default(),
        }
    }

    /// What it does to packets, for another thread to read.
    pub(super) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Takes a packet that is sent at `now`, which must not decrease from call to call.
    pub(super) fn offer(&mut self, now: Instant, packet: &[u8]) -> Fate {
        let start = now.max(self.idle_from);
        let fate = self.decide(now, start, packet);
        self.tally.note(fate, start.since(now));
        fate
    }

    /// `start` is when the sender has time for the packet.
    fn decide(&mut self, now: Instant, start: Instant, packet: &[u8]) -> Fate {
        if start.since(now) > self.way.queue {
            return Fate::Dropped;
        }
        let sent = self.sending.done_at(start, packet.len());
        self.idle_from = sent;
        if self.loss.takes(sent) {
            return Fate::Lost;
        }
        let delay = self.way.delay + self.jitter.at(sent);
        self.last_arrival = self.last_arrival.max(sent.plus(delay));
        self.in_flight.push(self.last_arrival, packet);
        Fate::Sent
    }

    /// When there is a packet to take next.
    pub(super) fn next_arrival(&self) -> Option<Instant> {
        self.in_flight.next_arrival()
    }

    /// The next packet that has arrived by `now`, in `buffer`.
    pub(super) fn take_due<'a>(
        &mut self,
        now: Instant,
        buffer: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        self.in_flight.take_due(now, buffer)
    }
}

/// Extra delay. It is the same for packets close together, as where it comes from retries or turns
/// of a shared medium: what holds up one packet holds up those behind it.
#[derive(Debug)]
struct Jitter {
    most: Duration,
    random: Random,
    current: Duration,
    valid_until: Instant,
}

impl Jitter {
    const fn new(most: Duration, random: Random) -> Self {
        Self {
            most,
            random,
            current: Duration::ZERO,
            valid_until: Instant::from_nanoseconds(0),
        }
    }

    fn at(&mut self, time: Instant) -> Duration {
        if time >= self.valid_until {
            self.current = self.most.mul_f32(self.random.unit());
            self.valid_until = time.plus(self.most);
        }
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::{BAD, DSL, LOSSY, WIFI};
    use super::*;

    const PACKET: [u8; 1500] = [7; 1500];

    fn milliseconds(count: u64) -> Instant {
        Instant::from_nanoseconds(1_000_000 * count)
    }

    /// Everything that arrives, with its time.
    fn drain(direction: &mut Direction) -> Vec<(Instant, Vec<u8>)> {
        let mut buffer = [0; 2048];
        let mut arrived = Vec::new();
        while let Some(time) = direction.next_arrival() {
            let packet = direction.take_due(time, &mut buffer).unwrap();
            arrived.push((time, packet.to_vec()));
        }
        arrived
    }

    /// Offers `count` numbered packets `spacing` apart, starting at second 1.
    fn send(direction: &mut Direction, count: u32, spacing: Duration) -> Vec<Fate> {
        let mut now = milliseconds(1000);
        let offer = |number: u32| {
            let mut packet = PACKET;
            packet[..4].copy_from_slice(&number.to_be_bytes());
            let fate = direction.offer(now, &packet);
            now = now.plus(spacing);
            fate
        };
        (0..count).map(offer).collect()
    }

    #[test]
    fn a_lone_packet_takes_sending_time_and_delay() {
        let mut direction = Direction::new(DSL.down, 1);
        assert_eq!(direction.offer(milliseconds(5), &PACKET), Fate::Sent);
        let arrival = milliseconds(5).plus(Duration::from_micros(25_000 + 1_200));
        assert_eq!(direction.next_arrival(), Some(arrival));
        let early = Instant::from_nanoseconds(arrival.nanoseconds() - 1);
        let mut buffer = [0; 2048];
        assert!(direction.take_due(early, &mut buffer).is_none());
        assert_eq!(direction.take_due(arrival, &mut buffer).unwrap(), PACKET);
        assert_eq!(direction.next_arrival(), None);
    }

    #[test]
    fn too_many_packets_leave_at_the_rate_and_the_rest_is_dropped() {
        let mut direction = Direction::new(DSL.down, 1);
        // 20 Mbit/s into 10 Mbit/s.
        let fates = send(&mut direction, 2000, Duration::from_micros(600));
        let arrived = drain(&mut direction);
        let sent = fates.iter().filter(|fate| **fate == Fate::Sent).count();
        assert_eq!(arrived.len(), sent);
        // The time of offering, 1200 ms, and the queue that is left: 100 ms.
        assert!((1082..=1085).contains(&sent), "{sent}");
        for pair in arrived.windows(2) {
            assert_eq!(pair[1].0.since(pair[0].0), Duration::from_micros(1200));
        }
    }

    #[test]
    fn the_queue_is_as_long_as_it_says() {
        let mut direction = Direction::new(DSL.up, 1);
        let fates = send(&mut direction, 100, Duration::ZERO);
        // 12 ms each: the 17th waits for 192 ms, the 18th would for 204.
        assert!(fates[..17].iter().all(|fate| *fate == Fate::Sent));
        assert!(fates[17..].iter().all(|fate| *fate == Fate::Dropped));
        let losses = direction.tally().take();
        assert_eq!((losses.packets, losses.dropped, losses.lost), (100, 83, 0));
        assert_eq!(losses.longest_wait, Duration::from_millis(192));
    }

    #[test]
    fn lost_packets_take_their_time_of_the_rate() {
        let mut direction = Direction::new(LOSSY.down, 1);
        let fates = send(&mut direction, 10_000, Duration::from_micros(1200));
        let lost = fates.iter().filter(|fate| **fate == Fate::Lost).count();
        assert!((150..250).contains(&lost), "{lost}");
        assert!(!fates.contains(&Fate::Dropped));
        assert_eq!(direction.tally().take().lost, lost as u64);
        let last = drain(&mut direction).last().unwrap().0;
        let expected = milliseconds(1000 + 12_000 + 20);
        assert!(expected.since(last) < Duration::from_millis(10));
    }

    #[test]
    fn jitter_stays_within_its_bounds_and_keeps_the_order() {
        for conditions in [WIFI, BAD] {
            let way = conditions.down;
            let mut direction = Direction::new(way, 9);
            let spacing = Duration::from_millis(5);
            send(&mut direction, 5000, spacing);
            let arrived = drain(&mut direction);
            let mut extra = Vec::new();
            let mut last = None;
            for (time, packet) in &arrived {
                let number = u32::from_be_bytes(packet[..4].try_into().unwrap());
                assert!(last < Some(number), "{number} was overtaken");
                last = Some(number);
                let offered = milliseconds(1000).plus(spacing * number);
                let least = way.delay + way.rate.time_for(packet.len());
                extra.push(time.since(offered).checked_sub(least).unwrap());
            }
            assert!(*extra.iter().max().unwrap() <= way.jitter);
            assert!(extra.iter().any(|extra| *extra < way.jitter / 4));
            assert!(extra.iter().any(|extra| *extra > way.jitter * 3 / 4));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_link() {
        let fates = |seed| {
            let mut direction = Direction::new(BAD.down, seed);
            let fates = send(&mut direction, 500, Duration::from_millis(3));
            (fates, drain(&mut direction))
        };
        assert_eq!(fates(4), fates(4));
        assert_ne!(fates(4).0, fates(5).0);
    }

    #[test]
    fn no_memory_is_taken_while_packets_flow() {
        let mut direction = Direction::new(BAD.down, 1);
        let before = direction.in_flight.capacity();
        let mut now = milliseconds(0);
        let mut buffer = [0; 2048];
        // Five times the rate, in the longest packets and the shortest.
        for length in [1500, 28] {
            for _ in 0..20_000 {
                now = now.plus(direction.way.rate.time_for(length) / 5);
                while direction.take_due(now, &mut buffer).is_some() {}
                direction.offer(now, &PACKET[..length]);
            }
        }
        assert_eq!(direction.in_flight.capacity(), before);
    }
}
