//! Any mixture of work on any link: the picture is exact in the end.

use super::*;
use crate::stage::Page;
use common::way;
use hackstream_simulation::link::Loss;
use hackstream_simulation::random::Random;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=200;

/// Smaller than in the other tests, for the sake of many.
const SCREEN: Size = Size::new(320, 240);
const CINEMA: Rect = Rect::from_edges(80, 48, 272, 192);

/// A choice of things, each as likely as the others.
fn one_of<T: Copy>(random: &mut Random, things: &[T]) -> T {
    things[random.next() as usize % things.len()]
}

fn link(random: &mut Random) -> (OneWay, OneWay) {
    let rtt = one_of(random, &[ms(2), ms(50), ms(120)]);
    let down = OneWay {
        jitter: one_of(random, &[ms(0), ms(0), ms(10)]),
        loss: one_of(random, &[Loss::None, Loss::None, Loss::Random(0.02)]),
        ..way(one_of(random, &[1, 3, 20]), rtt)
    };
    (down, way(1, rtt))
}

fn show(random: &mut Random) -> Show {
    let film = Film::new(CINEMA, one_of(random, &[4, 32]));
    let repaint = one_of(random, &[Page::Letters, Page::Photograph]);
    Show {
        typing: Some(ms(97)),
        scrolling: one_of(random, &[None, None, Some(ms(120))]),
        repaints: one_of(random, &[None, None, Some((ms(400), repaint))]),
        film: one_of(random, &[None, Some(film)]),
    }
}

#[test]
fn whatever_goes_on_the_picture_is_exact_in_the_end() {
    for seed in SEEDS {
        let mut random = Random::new(seed);
        let quality = one_of(&mut random, &[Quality::Low, Quality::Auto, Quality::High]);
        let stage = Stage::new(SCREEN, seed);
        let has_h264 = one_of(&mut random, &[true, true, false]);
        let session = Session::new(stage, quality, has_h264);
        let (down, up) = link(&mut random);
        let mut room = World::of(session, down, up, seed);
        for _ in 0..2 {
            let show = show(&mut random);
            play(&mut room, show, ms(700));
        }
        settle(&mut room, Duration::from_secs(15));
    }
}
