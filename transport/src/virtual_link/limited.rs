//! A limit in front of the socket, as a viewer may set it: batches of packets wait in their order.

use std::collections::VecDeque;

use hackstream_protocol::rate::cap::{Cap, Limits};
use hackstream_protocol::rate::{PathView, Room};
use hackstream_protocol::units::Bitrate;
use hackstream_simulation::link::OneWay;

use super::*;

/// What waits. Without a limit nothing does.
#[derive(Default)]
pub(super) struct Limited {
    cap: Option<Cap>,
    batch: VecDeque<Vec<u8>>,
}

impl Limited {
    /// Whether QUIC may put the next batch together.
    pub(super) fn takes_more(&self) -> bool {
        self.batch.is_empty()
    }

    pub(super) fn put(&mut self, batch: Vec<Vec<u8>>) {
        self.batch.extend(batch);
    }

    /// What leaves now.
    pub(super) fn leaving(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let mut leaving = Vec::new();
        while self.ready_at().is_some_and(|at| at <= now) {
            let datagram = self.batch.pop_front().unwrap();
            if let Some(cap) = &mut self.cap {
                cap.left(now, on_the_line(&datagram));
            }
            leaving.push(datagram);
        }
        leaving
    }

    /// When the next datagram may leave, if one waits.
    pub(super) fn ready_at(&self) -> Option<Timestamp> {
        let bytes = on_the_line(self.batch.front()?);
        let at = |cap: &Cap| cap.ready_at(Timestamp(0), bytes);
        Some(self.cap.as_ref().map_or(Timestamp(0), at))
    }
}

fn on_the_line(datagram: &[u8]) -> ByteCount {
    ByteCount(datagram.len() as u64 + HEADERS)
}

impl World {
    /// The viewer wants no more than this. Returns what may be sent under it.
    fn limit(&mut self, rate: Bitrate) -> Bitrate {
        let cap = Cap::new(Limits {
            rate: Some(rate),
            per_hour: None,
        });
        let long_run = cap.rate(self.now);
        self.limited.cap = Some(cap);
        self.server.path.set_limit(Some(long_run));
        long_run
    }
}

/// Frames of a film, as large as there is room for.
fn produce(world: &mut World, room: &mut Room, limit: Bitrate) {
    let report = world.server.path.report();
    let path = PathView {
        rtt: world.server.connection().rtt(),
        window: report.window,
        in_flight: report.in_flight,
        delivery_rate: report.delivery_rate,
        capacity: report.capacity,
        limit: Some(limit),
        bytes_sent: world.server.connection().stats().udp_tx.bytes,
    };
    if let Some(allowance) = room.allowance(&path, u64::MAX) {
        let bytes = allowance.budget.0 as usize;
        room.handed_over(bytes, &path);
        world.server.send_frame(world.now, bytes, 0);
    }
}

/// How long keys take beside a film under a limit, in order.
fn keys_beside_a_film(rate: Bitrate, round_trip: Duration, seed: u64) -> Vec<Duration> {
    let way = |rate| OneWay::new(rate, round_trip / 2);
    let mut world = World::new(way(Bitrate::mbps(20)), way(Bitrate::mbps(5)), seed);
    let limit = world.limit(rate);
    let mut room = Room::default();
    world.run(Duration::from_secs(5), |world| {
        produce(world, &mut room, limit);
    });
    let begun = world.now;
    for _ in 0..100 {
        world.server.send_frame(world.now, 300, 1);
        world.run(Duration::from_millis(97), |world| {
            produce(world, &mut room, limit);
        });
    }
    let seconds = world.now.since(begun);
    let film = world.arrived.iter().filter(|frame| frame.bytes != 300);
    let film: u64 = film
        .filter(|frame| frame.at >= begun)
        .map(|frame| frame.bytes as u64)
        .sum();
    let used = Bitrate::of(ByteCount(film), seconds).0 * 100 / rate.0;
    assert!(used >= 70, "the film has {used} % of {rate:?}");
    let keys = world.arrived.iter().filter(|frame| frame.bytes == 300);
    let mut ages: Vec<Duration> = keys.map(|key| key.at.since(key.handed_over)).collect();
    assert!(ages.len() >= 97, "{}", ages.len());
    ages.sort();
    ages
}

/// It waits for a batch that is put together already, of 20 ms or two packets, and for its own turn.
#[test]
fn a_key_waits_for_no_more_than_a_batch_under_a_limit() {
    for (kbps, round_trip) in [(300, 100), (1000, 20), (1000, 100), (3000, 100)] {
        let rate = Bitrate::kbps(kbps);
        let two_packets = ByteCount(2 * 1500).time_at(rate);
        let batch = two_packets.max(Duration::from_millis(20));
        let packet = ByteCount(1500).time_at(rate);
        let round_trip = Duration::from_millis(round_trip);
        for seed in 1..=3 {
            let ages = keys_beside_a_film(rate, round_trip, seed);
            let (median, most) = (ages[ages.len() / 2], ages[ages.len() - 1]);
            let way = round_trip / 2 + packet;
            println!("{rate:?}, {round_trip:?}: {median:?}, {most:?}, {batch:?}");
            assert!(
                most <= way + batch.mul_f64(1.25),
                "{rate:?}, {round_trip:?}: {most:?}"
            );
        }
    }
}
