//! Nothing stale is sent: what a person sees is new again soon after the link has changed.

use super::*;
use crate::stage::TYPING;
use common::way;
use hackstream_protocol::units::{ByteCount, Timestamp};
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

/// When the link is slow, and what was sent while nobody could know it is still to pass.
struct SteppedDown {
    /// When the most was in flight: then the sender stopped.
    stopped: Timestamp,
    in_flight: ByteCount,
}

/// The link becomes slow; waits until the sender has noticed.
fn step_down(room: &mut Room, rate: Bitrate) -> SteppedDown {
    room.down.way.rate = rate;
    let mut seen = SteppedDown {
        stopped: room.now(),
        in_flight: room.ours.sender.in_flight(),
    };
    // Far longer than that may take.
    for _ in 0..80 {
        room.pass(ms(5));
        let in_flight = room.ours.sender.in_flight();
        if in_flight > seen.in_flight {
            (seen.stopped, seen.in_flight) = (room.now(), in_flight);
        }
    }
    seen
}

/// What is on the link when it becomes slow has to pass, and nothing overtakes it there. The sender
/// stops as soon as acknowledgements tell; from the time at which all of that has passed, two round
/// trips and a picture, nothing waits for long in front of the link, whether it leaves or not, and keys
/// are answered.
#[test]
fn after_a_step_down() {
    const SLOW: Bitrate = Bitrate::mbps(2);
    for seed in SEEDS {
        let mut room = room(Quality::Auto, (way(50, RTT), way(10, RTT)), seed);
        play(&mut room, show(), ms(3000));
        let step = room.now();
        let SteppedDown { stopped, in_flight } = step_down(&mut room, SLOW);
        let noticed = stopped.since(step);
        assert!(noticed <= RTT * 3 + ms(34), "seed {seed}: {noticed:?}");
        let recovered = stopped.after(in_flight.time_at(SLOW) + RECOVERY);
        let still = recovered.since(room.now());
        room.pass(still);
        room.ours.source.observed.clear();
        let mut longest = Duration::ZERO;
        for _ in 0..500 {
            room.pass(ms(10));
            longest = longest.max(room.down.backlog(room.now()));
        }
        let (seen, now) = (&room.ours.source.observed, room.now());
        let summary = seen.summary(ms(5000), now);
        println!("seed {seed}: noticed after {noticed:?}, queue {longest:?}; {summary}");
        assert!(longest <= ms(50), "seed {seed}: {longest:?}");
        let key = seen.key_age(100, now);
        assert!(key <= ms(25 + 50), "seed {seed}: {key:?}");
        assert!(seen.pictures.len() >= 5 * 20, "{summary}");
        assert!(seen.picture_age(95) <= ms(130), "{summary}");
        assert!(seen.picture_age(100) <= ms(150), "{summary}");
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
