//! scenarios
use hackstream_protocol::units::Bitrate;
use hackstream_simulation::link::{Loss, OneWay};
use hackstream_simulation::load::{Kind, Load};
use hackstream_simulation::world::World;
use std::time::Duration;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn links() -> Vec<(&'static str, OneWay, OneWay)> {
    let way = |mbps: u64, rtt: u64, jitter: u64, queue: u64, loss| OneWay {
        jitter: ms(jitter),
        queue: ms(queue),
        loss,
        ..OneWay::new(Bitrate::mbps(mbps), Duration::from_micros(rtt * 500))
    };
    let wifi = Loss::Bursts {
        length: ms(10),
        every: ms(2000),
    };
    vec![
        (
            "lan",
            OneWay::new(Bitrate::mbps(940), Duration::from_micros(100)),
            OneWay::new(Bitrate::mbps(940), Duration::from_micros(100)),
        ),
        ("wifi", way(40, 2, 3, 50, wifi), way(40, 2, 3, 50, wifi)),
        (
            "dsl",
            way(10, 50, 0, 100, Loss::None),
            way(1, 50, 0, 200, Loss::None),
        ),
        (
            "lte",
            way(20, 60, 15, 200, Loss::None),
            way(8, 60, 15, 200, Loss::None),
        ),
        (
            "atlantic",
            way(50, 90, 0, 50, Loss::None),
            way(50, 90, 0, 50, Loss::None),
        ),
        (
            "lossy",
            way(10, 40, 0, 100, Loss::Random(0.02)),
            way(10, 40, 0, 100, Loss::Random(0.02)),
        ),
        (
            "bad",
            way(4, 80, 20, 200, Loss::Random(0.05)),
            way(1, 80, 20, 200, Loss::Random(0.05)),
        ),
        (
            "thin",
            way(3, 50, 0, 200, Loss::None),
            way(1, 50, 0, 200, Loss::None),
        ),
    ]
}

#[test]
fn overview() {
    for (name, down, up) in links() {
        for (what, load) in [("film", Load::FILM), ("bulk", Load::BULK)] {
            if name == "lan" && what == "bulk" {
                continue;
            }
            let begun = std::time::Instant::now();
            let mut world = World::new(down, up, 1);
            world.run_seconds(load, 5);
            let o = world.run_seconds(load, 30);
            println!(
                "{name:9} {what} {:6} kbit/s {:3} % queue p50 {:3} p95 {:3} max {:3} ms; {:4.1} fps age p50 {:3} p95 {:3} key p50 {:3} p95 {:3}; took {:?}",
                o.rate().0 / 1000,
                o.percent_of(down.rate),
                o.queue(50).as_millis(),
                o.queue(95).as_millis(),
                o.queue(100).as_millis(),
                o.per_second(Kind::Video),
                o.age(Kind::Video, 50).as_millis(),
                o.age(Kind::Video, 95).as_millis(),
                o.age(Kind::Key, 50).as_millis(),
                o.age(Kind::Key, 95).as_millis(),
                begun.elapsed()
            );
            if std::env::var("CURVE").is_ok_and(|c| c == name) {
                println!("{}", world.curve());
            }
        }
    }
}
#[test]
#[ignore]
fn debug() {
    let name = std::env::var("LINK").unwrap();
    let (_, down, up) = links().into_iter().find(|l| l.0 == name).unwrap();
    let mut world = World::new(down, up, 1);
    let load = if std::env::var("BULK").is_ok() {
        Load::BULK
    } else {
        Load::FILM
    };
    for _ in 0..60 {
        let o = world.run(load, ms(250));
        print!(
            "cap {:?} dr {} ",
            world
                .ours
                .sender
                .congestion
                .capacity(world.now())
                .map(|c| c.0 / 1000),
            world.ours.sender.congestion.delivery_rate().0 / 1000
        );
        print!("{}ms ", world.now().0 / 1_000);
        let mut c = hackstream_simulation::outcome::Curve::default();
        c.add(&o);
        print!("{}", c.text());
    }
}
