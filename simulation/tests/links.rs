//! The stream alone on each of the bench's links: it uses them, and its queue stays short.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod common;

use std::time::Duration;

use common::{LINKS, Link, ms};
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use hackstream_simulation::link::OneWay;
use hackstream_simulation::load::{Kind, Load};
use hackstream_simulation::outcome::Outcome;
use hackstream_simulation::world::World;

const SEEDS: u64 = 40;

/// The worst of all seeds.
#[derive(Debug)]
struct Worst {
    used: u64,
    median: Duration,
    most: Duration,
    pictures: f64,
    key: Duration,
}

impl Worst {
    fn of(outcomes: &[Outcome], link: &Link) -> Self {
        let most = |of: &dyn Fn(&Outcome) -> Duration| outcomes.iter().map(of).max().unwrap();
        let used = outcomes.iter().map(|o| o.percent_of(link.down.rate)).min();
        let pictures = outcomes.iter().map(|o| o.per_second(Kind::Video));
        Self {
            used: used.unwrap(),
            median: most(&|o| o.queue(50)),
            most: most(&|o| o.queue(95)),
            pictures: pictures.fold(f64::MAX, f64::min),
            key: most(&|o| o.age(Kind::Key, 50)),
        }
    }
}

fn worst(link: &Link, load: Load) -> Worst {
    let run = |seed| {
        let mut world = link.world(seed);
        world.run_seconds(load, 5);
        world.run_seconds(load, 25)
    };
    let outcomes: Vec<Outcome> = (1..=SEEDS).map(run).collect();
    let worst = Worst::of(&outcomes, link);
    println!("{:14}{worst:?}", link.name);
    worst
}

/// What others may add to a delay, retries of a radio link, is allowed for.
fn allowed(link: &Link) -> Duration {
    ms(25) + link.down.jitter
}

#[test]
fn a_large_update_uses_the_link_and_keeps_its_queue_short() {
    for link in &LINKS {
        let worst = worst(link, Load::BULK);
        let least = match link.name {
            "lte" | "bad" => 65,
            _ => 85,
        };
        assert!(worst.used >= least, "{}: {worst:?}", link.name);
        assert!(worst.median <= ms(25), "{}: {worst:?}", link.name);
        assert!(worst.most <= allowed(link), "{}: {worst:?}", link.name);
    }
}

#[test]
fn a_film_finds_its_rate_and_leaves_room_for_keys() {
    for link in &LINKS {
        let worst = worst(link, Load::FILM);
        // What the film needs at its best is less than the fast links have.
        let least = match link.name {
            "wifi" | "transatlantic" => 25,
            "bad" => 40,
            _ => 60,
        };
        assert!(worst.used >= least, "{}: {worst:?}", link.name);
        assert!(worst.median <= ms(20), "{}: {worst:?}", link.name);
        assert!(worst.most <= allowed(link), "{}: {worst:?}", link.name);
        assert!(worst.pictures >= 28.0, "{}: {worst:?}", link.name);
        let one_way = link.down.delay + link.down.jitter;
        assert!(worst.key <= one_way + ms(25), "{}: {worst:?}", link.name);
    }
}

/// A path of which nothing is known is not filled to find out what it carries.
#[test]
fn the_first_second_makes_no_queue_worth_mentioning() {
    for link in LINKS.iter().filter(|link| link.down.jitter.is_zero()) {
        for (load, seed) in [Load::BULK, Load::FILM]
            .into_iter()
            .flat_map(|load| (1..=SEEDS).map(move |seed| (load, seed)))
        {
            let mut world = link.world(seed);
            let first = world.run(load, Duration::from_secs(1));
            let longest = first.longest_queue_since(Timestamp(0));
            assert!(
                longest <= ms(40),
                "{}, {load:?}, seed {seed}: {longest:?}",
                link.name
            );
            let used = first.percent_of(link.down.rate);
            let least = if link.name == "transatlantic" { 55 } else { 80 };
            assert!(
                load == Load::FILM || used >= least,
                "{}, seed {seed}: {used} %",
                link.name
            );
        }
    }
}

/// On a LAN a screen leaves as soon as its first packet was answered.
#[test]
fn a_lan_is_not_approached_with_caution() {
    let lan = OneWay::new(Bitrate::mbps(1000), Duration::from_micros(100));
    let mut world = World::new(lan, lan, 1);
    world.run(Load::KEYS, ms(100));
    assert!(world.ours.sender.congestion.window() >= ByteCount::kib(64));
    let outcome = world.run(Load::BULK, ms(20));
    assert!(outcome.delivered >= 1_000_000, "{}", outcome.delivered);
}
