//! What a link may do to a connection, and how soon the connection has coped.

use hackstream_protocol::rate::{PathView, Room};
use hackstream_protocol::units::Bitrate;
use hackstream_simulation::link::Loss;

use super::*;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn way(mbps: u64, round_trip: Duration) -> OneWay {
    OneWay::new(Bitrate::mbps(mbps), round_trip / 2)
}

/// Always more to show, within the room that a server's pump has.
#[derive(Default)]
struct Bulk(Room);

impl Bulk {
    fn produce(&mut self, world: &mut World) {
        if !world.server.is_connected() {
            return;
        }
        loop {
            let report = world.server.path.report();
            let path = PathView {
                rtt: world.server.connection().rtt(),
                window: report.window,
                in_flight: report.in_flight,
                delivery_rate: report.delivery_rate,
                capacity: report.capacity,
                limit: None,
                bytes_sent: world.server.connection().stats().udp_tx.bytes,
            };
            let Some(allowance) = self.0.allowance(&path, u64::MAX) else {
                return;
            };
            let bytes = (allowance.budget.0 as usize).min(48 * 1024);
            self.0.handed_over(bytes, &path);
            world.server.send_frame(world.now, bytes, 0);
        }
    }
}

fn received(world: &World, from: Timestamp) -> u64 {
    let later = world.arrived.iter().filter(|frame| frame.at >= from);
    later.map(|frame| frame.bytes as u64).sum()
}

/// Percent of `rate` that arrived in frames since `from`.
fn used(world: &World, from: Timestamp, rate: Bitrate) -> u64 {
    let rate_used = Bitrate::of(ByteCount(received(world, from)), world.now.since(from));
    rate_used.0 * 100 / rate.0
}

#[test]
fn a_new_connection_uses_a_thin_link_without_filling_it() {
    for seed in SEEDS {
        let mut world = World::new(way(3, ms(50)), way(1, ms(50)), seed);
        let (began, mut bulk) = (world.now, Bulk::default());
        world.run(Duration::from_secs(2), |world| bulk.produce(world));
        let longest = world.longest_queue_since(began);
        let used = used(&world, began, Bitrate::mbps(3));
        assert!(longest <= ms(45), "seed {seed}: {longest:?}");
        assert!(used >= 75, "seed {seed}: {used} %");
    }
}

#[test]
fn a_link_that_slows_down_is_drained_at_once() {
    for seed in SEEDS {
        let mut world = World::new(way(50, ms(50)), way(10, ms(50)), seed);
        let mut bulk = Bulk::default();
        world.run(Duration::from_secs(4), |world| bulk.produce(world));
        let on_its_way = world.server.path.report().in_flight;
        world.down.way.rate = Bitrate::mbps(2);
        let passed = on_its_way.time_at(Bitrate::mbps(2)).mul_f64(1.1);
        // Two round trips and a picture of a film.
        let recovered = world.now.after(passed + ms(100 + 34));
        world.run(Duration::from_secs(8), |world| bulk.produce(world));
        let longest = world.longest_queue_since(recovered);
        assert!(longest <= ms(50), "seed {seed}: {longest:?}");
    }
}

#[test]
fn nothing_stale_is_sent_after_an_outage() {
    for seed in SEEDS {
        let mut world = World::new(way(10, ms(50)), way(10, ms(50)), seed);
        let mut bulk = Bulk::default();
        world.run(Duration::from_secs(3), |world| bulk.produce(world));
        (world.down.way.loss, world.up.way.loss) = (Loss::All, Loss::All);
        world.run(Duration::from_secs(3), |world| bulk.produce(world));
        (world.down.way.loss, world.up.way.loss) = (Loss::None, Loss::None);
        let healed = world.now;
        world.run(Duration::from_secs(8), |world| bulk.produce(world));
        let first = world.arrived.iter().find(|frame| frame.at >= healed);
        let first = first.unwrap().at;
        let fresh = |frame: &&Arrived| frame.handed_over >= healed;
        let newest = world.arrived.iter().find(fresh).unwrap().at;
        let longest = world.longest_queue_since(first.after(ms(100 + 34)));
        // What is sent again and complete after so long is what was cut in half; all else is new.
        assert!(newest.since(first) <= ms(400), "seed {seed}: {newest:?}");
        // QUIC's probes become rarer; the first one that gets through ends the outage.
        assert!(first.since(healed) <= Duration::from_secs(4), "seed {seed}");
        assert!(longest <= ms(50), "seed {seed}: {longest:?}");
    }
}

/// The echo of a key beside a large update waits for what is in front of the link, and no more.
#[test]
fn a_key_overtakes_a_large_update() {
    for seed in SEEDS {
        let mut world = World::new(way(10, ms(50)), way(1, ms(50)), seed);
        let mut bulk = Bulk::default();
        world.run(Duration::from_secs(3), |world| bulk.produce(world));
        let (began, mut next) = (world.now, world.now);
        for _ in 0..50 {
            next = next.after(ms(97));
            world.server.send_frame(world.now, 400, 1);
            world.run(next.since(world.now), |world| bulk.produce(world));
        }
        let keys = world.arrived.iter().filter(|frame| frame.bytes == 400);
        let mut ages: Vec<Duration> = keys
            .filter(|key| key.handed_over >= began)
            .map(|key| key.at.since(key.handed_over))
            .collect();
        ages.sort();
        assert!(ages.len() >= 48, "{}", ages.len());
        let (median, most) = (ages[ages.len() / 2], ages[ages.len() * 95 / 100]);
        assert!(median <= ms(25 + 20), "seed {seed}: {median:?}");
        assert!(most <= ms(25 + 30), "seed {seed}: {most:?}");
    }
}

/// QUIC doubles the time between its probes, so the end of an outage is noticed after at most as long
/// as it took, and a round trip or two. The viewer does not wait for that: it asks anew from another
/// port when the server has been silent.
#[test]
fn an_outage_is_noticed_to_be_over_within_its_own_length() {
    for tenths in [2, 5, 8, 12, 20, 29, 38] {
        let outage = ms(tenths * 100);
        let mut world = World::new(way(10, ms(50)), way(10, ms(50)), tenths);
        let mut bulk = Bulk::default();
        world.run(Duration::from_secs(2), |world| bulk.produce(world));
        (world.down.way.loss, world.up.way.loss) = (Loss::All, Loss::All);
        world.run(outage, |world| bulk.produce(world));
        (world.down.way.loss, world.up.way.loss) = (Loss::None, Loss::None);
        let healed = world.now;
        world.run(Duration::from_secs(8), |world| bulk.produce(world));
        let first = world.arrived.iter().find(|frame| frame.at >= healed);
        let late = first.unwrap().at.since(healed);
        assert!(late <= outage + ms(250), "{outage:?}: {late:?}");
    }
}

/// What a viewer does that hears nothing.
#[derive(Clone, Copy, Debug)]
enum Asking {
    /// It says something, as when a key is pressed.
    AtOnce,
    /// It asks from another port.
    FromElsewhere,
}

/// The viewer says something after an outage of so long. Returns when the server hears it.
fn outage(world: &mut World, bulk: &mut Bulk, lasts: Duration, asking: Asking) -> Timestamp {
    (world.down.way.loss, world.up.way.loss) = (Loss::All, Loss::All);
    world.run(lasts, |world| bulk.produce(world));
    (world.down.way.loss, world.up.way.loss) = (Loss::None, Loss::None);
    match asking {
        Asking::AtOnce => world.viewer.connection().ping(),
        Asking::FromElsewhere => world.viewer.ask_from_elsewhere(&mut world.server),
    }
    let healed = world.now;
    world.run(ms(26), |world| bulk.produce(world));
    let heard = world.heard.iter().find(|&&at| at >= healed);
    *heard.unwrap()
}

/// The first data follows a word of the viewer within two round trips and a picture of a film, and as
/// long after that keys wait no more than 50 ms: however long the outage was.
#[test]
fn a_word_of_the_viewer_ends_an_outage() {
    for (seconds, asking) in [3, 10, 25]
        .into_iter()
        .flat_map(|s| [Asking::AtOnce, Asking::FromElsewhere].map(|asking| (s, asking)))
    {
        let mut world = World::new(way(10, ms(50)), way(10, ms(50)), seconds);
        let mut bulk = Bulk::default();
        world.run(Duration::from_secs(3), |world| bulk.produce(world));
        let lasts = Duration::from_secs(seconds) + ms(300);
        let heard = outage(&mut world, &mut bulk, lasts, asking);
        world.run(ms(100 + 34), |world| bulk.produce(world));
        let first = world.arrived.iter().find(|frame| frame.at >= heard);
        let first = first.unwrap().at;
        let calm = first.after(ms(100 + 34));
        world.run(calm.since(world.now), |world| bulk.produce(world));
        for _ in 0..50 {
            world.server.send_frame(world.now, 400, 1);
            world.run(ms(20), |world| bulk.produce(world));
        }
        let keys = world.arrived.iter().filter(|frame| frame.bytes == 400);
        let ages: Vec<Duration> = keys.map(|key| key.at.since(key.handed_over)).collect();
        let slowest = ages.iter().max().unwrap();
        let queue = world.longest_queue_since(calm);
        let what = format!("{seconds} s, {asking:?}");
        assert!(ages.len() >= 48, "{what}: {}", ages.len());
        let first = first.since(heard);
        assert!(first <= ms(100 + 34), "{what}: {first:?}");
        // Half a round trip, a packet's own time, and what is self-inflicted.
        assert!(*slowest <= ms(25 + 2 + 50), "{what}: {slowest:?}");
        assert!(queue <= ms(50), "{what}: {queue:?}");
    }
}
