//! What a link may do to a stream, and how soon the stream has coped.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod common;

use std::time::Duration;

use common::{LINKS, ms, plain, way};
use hackstream_protocol::units::Bitrate;
use hackstream_simulation::clockwork::Clockwork;
use hackstream_simulation::link::{Loss, OneWay};
use hackstream_simulation::load::{Kind, Load};
use hackstream_simulation::world::World;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

/// One picture of a film.
const FRAME: Duration = Duration::from_millis(34);

const LOADS: [Load; 2] = [Load::BULK, Load::FILM];

/// What a large update gets through in percent of the rate, a film at least.
fn least(load: Load) -> u64 {
    if load == Load::BULK { 80 } else { 55 }
}

fn cut_off(world: &mut World, loss: Loss) {
    world.down.way.loss = loss;
    world.up.way.loss = loss;
}

/// The queue when a link slows down is what was on its way; nothing is added to it, and two round
/// trips and a picture after it has passed the delay is short.
#[test]
fn a_link_that_slows_down_is_drained_at_once() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(50, ms(50), seed);
        world.run_seconds(load, 5);
        let on_its_way = world.ours.sender.in_flight();
        world.down.way.rate = Bitrate::mbps(2);
        let passed = on_its_way.time_at(Bitrate::mbps(2)).mul_f64(1.1);
        let recovered = world.now().after(passed + ms(100) + FRAME);
        let outcome = world.run_seconds(load, 10);
        let longest = outcome.longest_queue_since(recovered);
        assert!(longest <= ms(50), "{load:?}, seed {seed}: {longest:?}");
        let then = world.run_seconds(load, 10);
        let used = then.percent_of(Bitrate::mbps(2));
        assert!(used >= least(load), "{load:?}, seed {seed}: {used} %");
    }
}

#[test]
fn a_link_that_becomes_faster_is_used() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(2, ms(50), seed);
        world.run_seconds(load, 5);
        world.down.way.rate = Bitrate::mbps(20);
        world.run_seconds(load, 12);
        let outcome = world.run_seconds(load, 5);
        let used = outcome.percent_of(Bitrate::mbps(20));
        assert!(used >= least(load), "{load:?}, seed {seed}: {used} %");
        assert!(outcome.queue(95) <= ms(35), "{:?}", outcome.queue(95));
    }
}

#[test]
fn a_queue_of_seconds_is_left_empty() {
    for seed in SEEDS {
        let bloated = OneWay {
            queue: Duration::from_secs(4),
            ..way(2, ms(40))
        };
        let mut world = World::new(bloated, bloated, seed);
        world.run_seconds(Load::BULK, 3);
        let outcome = world.run_seconds(Load::BULK, 20);
        assert!(outcome.queue(95) <= ms(25), "{:?}", outcome.queue(95));
    }
}

#[test]
fn bursts_of_losses_do_not_collapse_the_rate() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(10, ms(50), seed);
        world.down.way.loss = Loss::Bursts {
            length: ms(60),
            every: ms(1500),
        };
        world.run_seconds(load, 3);
        let outcome = world.run_seconds(load, 20);
        let used = outcome.percent_of(Bitrate::mbps(10));
        assert!(used >= least(load) - 10, "{load:?}, seed {seed}: {used} %");
    }
}

#[test]
fn packets_that_overtake_each_other_do_not_collapse_the_rate() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(10, ms(50), seed);
        world.down.way.reordering = (0.05, ms(12));
        world.run_seconds(load, 3);
        let outcome = world.run_seconds(load, 20);
        let used = outcome.percent_of(Bitrate::mbps(10));
        assert!(used >= least(load), "{load:?}, seed {seed}: {used} %");
    }
}

#[test]
fn random_loss_does_not_collapse_the_rate() {
    for (percent, seed) in [2, 3, 5]
        .into_iter()
        .flat_map(|p| SEEDS.map(move |s| (p, s)))
    {
        let mut world = plain(10, ms(50), seed);
        cut_off(&mut world, Loss::Random(f64::from(percent) / 100.0));
        world.run_seconds(Load::BULK, 3);
        let outcome = world.run_seconds(Load::BULK, 20);
        let used = outcome.percent_of(Bitrate::mbps(10));
        assert!(used >= 80, "{percent} %, seed {seed}: {used} %");
    }
}

#[test]
fn keys_alone_neither_inflate_nor_shrink_the_window() {
    for seed in SEEDS {
        let mut world = plain(10, ms(50), seed);
        world.run_seconds(Load::BULK, 5);
        world.run_seconds(Load::KEYS, 1);
        let before = world.ours.sender.congestion.window();
        let outcome = world.run_seconds(Load::KEYS, 60);
        assert_eq!(world.ours.sender.congestion.window(), before);
        assert!(outcome.age(Kind::Key, 99) <= ms(30));
        let back = world.run_seconds(Load::BULK, 1);
        assert!(back.queue(95) <= ms(40), "{:?}", back.queue(95));
    }
}

#[test]
fn a_download_beside_it_never_starves_the_stream() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(10, ms(50), seed);
        world.down.way.queue = ms(100);
        world.run_seconds(load, 5);
        world.add_rival();
        let outcome = world.run_seconds(load, 60);
        let rates: Vec<u64> = (0..20)
            .map(|_| world.run(load, Duration::from_secs(3)).rate().0 / 1000)
            .collect();
        let least = rates.iter().min().unwrap();
        assert!(*least >= 100, "{load:?}, seed {seed}: {rates:?} kbit/s");
        let share = outcome.percent_of(Bitrate::mbps(10));

        assert!(share >= 2, "{load:?}, seed {seed}: {share} %");
        let theirs = world.rival_received() * 8 / 120 / 1000;
        assert!(theirs >= 2000, "{load:?}, seed {seed}: {theirs} kbit/s");
    }
}

#[test]
fn another_path_is_believed_after_a_while() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(10, ms(30), seed);
        world.run_seconds(load, 5);
        for one_way in [ms(115), ms(15)] {
            world.down.way.delay = one_way;
            world.run_seconds(load, 20);
            let outcome = world.run_seconds(load, 5);
            let used = outcome.percent_of(Bitrate::mbps(10));
            assert!(used >= least(load), "{load:?}, seed {seed}: {used} %");
            let queue = outcome.queue(95);
            assert!(
                queue <= ms(70),
                "{load:?}, seed {seed}, {one_way:?}: {queue:?}"
            );
        }
    }
}

#[test]
fn nothing_stale_is_sent_after_an_outage() {
    for (load, seed) in LOADS
        .into_iter()
        .flat_map(|load| SEEDS.map(move |s| (load, s)))
    {
        let mut world = plain(10, ms(50), seed);
        world.run_seconds(load, 5);
        cut_off(&mut world, Loss::All);
        world.run_seconds(load, 3);
        cut_off(&mut world, Loss::None);
        let healed = world.now();
        let outcome = world.run_seconds(load, 6);
        let then = world.run_seconds(load, 4);
        let used = then.percent_of(Bitrate::mbps(10));
        assert!(used >= least(load), "{load:?}, seed {seed}: {used} %");
        // QUIC's probes become rarer; the first one that gets through ends the outage.
        let first = outcome.ages.first().unwrap().1;
        assert!(first.since(healed) <= Duration::from_secs(4));
        let recovered = first.after(ms(100) + FRAME);
        let soon = recovered.after(ms(1000));
        let queued = outcome.queueing.iter().filter(|(at, _)| *at < soon);
        let longest = queued.filter(|(at, _)| *at >= recovered).map(|q| q.1).max();
        assert!(
            longest <= Some(ms(50)),
            "{load:?}, seed {seed}: {longest:?}"
        );
    }
}

/// On a phone's rate, which changes all the time, keys are answered, and a queue does not outlive
/// what made it: outages of half a second and steps down to a quarter.
#[test]
fn a_changing_rate_is_followed() {
    for seed in SEEDS {
        let mut world = plain(30, ms(60), seed);
        world.down.way.queue = ms(600);
        world.down.clockwork = Some(Clockwork::new(seed));
        world.run_seconds(Load::FILM, 3);
        let outcome = world.run_seconds(Load::FILM, 60);
        let key = [outcome.age(Kind::Key, 50), outcome.age(Kind::Key, 95)];
        println!(
            "seed {seed}: keys {key:?}, {} kbit/s, {:.1} frames/s, queue {:?} {:?}",
            outcome.rate().0 / 1000,
            outcome.per_second(Kind::Video),
            outcome.queue(50),
            outcome.queue(95)
        );
        assert!(key[0] <= ms(75), "seed {seed}: {key:?}");
        assert!(key[1] <= ms(600), "seed {seed}: {key:?}");
        assert!(outcome.per_second(Kind::Video) >= 20.0, "seed {seed}");
    }
}

#[test]
fn ten_minutes_are_like_the_first() {
    for link in &LINKS {
        let mut world = link.world(7);
        world.run_seconds(Load::FILM, 5);
        let first = world.run_seconds(Load::FILM, 60);
        world.run_seconds(Load::FILM, 480);
        let last = world.run_seconds(Load::FILM, 60);
        let rates = [first.rate().0, last.rate().0];
        assert!(rates[1] * 10 >= rates[0] * 8, "{}: {rates:?}", link.name);
        let queues = [first.queue(95), last.queue(95)];
        assert!(queues[1] <= queues[0] + ms(8), "{}: {queues:?}", link.name);
    }
}
