//! Nothing stale is sent: what a person sees is new again soon after the link has changed.

use super::*;
use crate::stage::TYPING;
use common::way;
use hackstream_simulation::link::Loss;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

const RTT: Duration = ms(50);

/// Two round trips and a picture: by then all that comes is new.
const RECOVERY: Duration = ms(2 * 50 + 34);

fn show() -> Show {
    Show {
        film: Some(film(32)),
        ..TYPING
    }
}

#[test]
fn after_a_step_down() {
    for seed in SEEDS {
        let mut room = room(Quality::Auto, (way(50, RTT), way(10, RTT)), seed);
        play(&mut room, show(), ms(3000));
        let on_its_way = room.ours.sender.in_flight();
        room.down.way.rate = Bitrate::mbps(2);
        let passed = on_its_way.time_at(Bitrate::mbps(2)).mul_f64(1.1);
        room.pass(passed + RECOVERY);
        let recovered = room.now();
        room.ours.source.observed.clear();
        room.pass(ms(5000));
        let (seen, now) = (&room.ours.source.observed, room.now());
        let summary = seen.summary(ms(5000), now);
        println!("seed {seed}: {summary}");
        assert!(seen.pictures.len() >= 5 * 20, "{summary}");
        assert!(seen.picture_age(95) <= ms(130), "{summary}");
        let late = seen.pictures.iter().filter(|(_, age)| *age > ms(150));
        let last = late.map(|(at, _)| at.since(recovered)).max();
        assert!(last <= Some(ms(1000)), "seed {seed}: {last:?}");
        settle(&mut room, Duration::from_secs(10));
    }
}

#[test]
fn after_an_outage() {
    for seed in SEEDS {
        let mut room = room(Quality::Auto, (way(10, RTT), way(10, RTT)), seed);
        play(&mut room, show(), ms(3000));
        cut_off(&mut room, Loss::All);
        room.pass(ms(3000));
        cut_off(&mut room, Loss::None);
        room.ours.source.observed.clear();
        let healed = room.now();
        while room.ours.source.observed.pictures.is_empty() {
            assert!(room.now().since(healed) <= ms(5000), "seed {seed}");
            room.pass(ms(10));
        }
        room.pass(RECOVERY);
        room.ours.source.observed.clear();
        room.pass(ms(3000));
        let (seen, now) = (&room.ours.source.observed, room.now());
        let summary = seen.summary(ms(3000), now);
        println!("seed {seed}: {summary}");
        assert!(seen.pictures.len() >= 3 * 25, "{summary}");
        assert!(seen.picture_age(95) <= ms(130), "{summary}");
        assert!(seen.key_age(95, now) <= ms(100), "{summary}");
        settle(&mut room, Duration::from_secs(5));
    }
}

fn cut_off(room: &mut Room, loss: Loss) {
    room.down.way.loss = loss;
    room.up.way.loss = loss;
}
