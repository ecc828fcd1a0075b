//! Links and seeds.
#![allow(dead_code, reason = "each test file uses a part")]

use std::time::Duration;

use hackstream_protocol::units::Bitrate;
use hackstream_simulation::link::{Loss, OneWay};
use hackstream_simulation::world::World;

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Half of a link of so many Mbit/s and such a round-trip time.
pub(crate) const fn way(mbps: u64, round_trip: Duration) -> OneWay {
    OneWay::new(
        Bitrate::mbps(mbps),
        Duration::from_micros(round_trip.as_micros() as u64 / 2),
    )
}

/// A link that only takes its time, 10 Mbit/s upwards.
pub(crate) fn plain(mbps: u64, round_trip: Duration, seed: u64) -> World {
    World::new(way(mbps, round_trip), way(10, round_trip), seed)
}

/// Both directions of a link.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) down: OneWay,
    pub(crate) up: OneWay,
}

impl Link {
    pub(crate) fn world(&self, seed: u64) -> World {
        World::new(self.down, self.up, seed)
    }
}

/// Down and up.
type Megabits = [u64; 2];
/// Round trip without queue and jitter; jitter each way; queue down and up.
type Milliseconds = (u64, u64, [u64; 2]);

const fn link(
    name: &'static str,
    [down, up]: Megabits,
    (round_trip, jitter, [queue_down, queue_up]): Milliseconds,
    loss: Loss,
) -> Link {
    let down = OneWay {
        jitter: ms(jitter),
        queue: ms(queue_down),
        loss,
        ..way(down, ms(round_trip))
    };
    let up = OneWay {
        jitter: ms(jitter),
        queue: ms(queue_up),
        loss,
        ..way(up, ms(round_trip))
    };
    Link { name, down, up }
}

/// A neighbour's transmission on a radio channel.
const SHORT_BURSTS: Loss = Loss::Bursts {
    length: ms(10),
    every: ms(2000),
};

/// The bench's links.
pub(crate) const LINKS: [Link; 7] = [
    link("wifi", [40, 40], (2, 3, [50, 50]), SHORT_BURSTS),
    link("dsl", [10, 1], (50, 0, [100, 200]), Loss::None),
    link("lte", [20, 8], (60, 15, [200, 200]), Loss::None),
    link("transatlantic", [50, 50], (90, 0, [50, 50]), Loss::None),
    link("lossy", [10, 10], (40, 0, [100, 100]), Loss::Random(0.02)),
    link("bad", [4, 1], (80, 20, [200, 200]), Loss::Random(0.05)),
    link("thin", [3, 1], (50, 0, [200, 200]), Loss::None),
];
