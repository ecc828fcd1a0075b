//! What comes first on a thin link: the answer to a key, text, and then film.

use super::*;
use crate::observed::is_same;
use crate::stage::{Page, TYPING};
use common::way;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

/// Typing while a film plays.
fn film_and_typing(grain: u32) -> Show {
    Show {
        film: Some(film(grain)),
        ..TYPING
    }
}

#[test]
fn keys_overtake_a_film_and_text_beside_it_stays_sharp() {
    for seed in SEEDS {
        let mut room = room(Quality::Auto, (way(3, ms(50)), way(1, ms(50))), seed);
        play(&mut room, film_and_typing(32), ms(1500));
        room.ours.source.observed.clear();
        for _ in 0..30 {
            room.pass(ms(100));
            let session = &room.ours.source;
            for text in session.beside(&CINEMA) {
                let is_sharp = is_same(session.shown(), &session.stage.canvas, &text);
                assert!(is_sharp, "seed {seed}: {text:?}");
            }
        }
        let (seen, now) = (&room.ours.source.observed, room.now());
        let summary = seen.summary(ms(3000), now);
        println!("seed {seed}: {summary}");
        // The way there, and for a few the keyframe before them: it takes four pictures' share.
        assert!(seen.key_age(50, now) <= ms(25 + 15), "{summary}");
        assert!(seen.key_age(95, now) <= ms(25 + 50), "{summary}");
        assert!(seen.pictures.len() >= 3 * 20, "{summary}");
        assert!(seen.picture_age(95) <= ms(130), "{summary}");
        settle(&mut room, Duration::from_secs(5));
    }
}

#[test]
fn keys_overtake_repaints() {
    for (page, seed) in [Page::Letters, Page::Photograph]
        .into_iter()
        .flat_map(|page| SEEDS.map(move |seed| (page, seed)))
    {
        let mut room = room(Quality::Auto, (way(3, ms(50)), way(1, ms(50))), seed);
        let show = Show {
            repaints: Some((ms(1500), page)),
            ..TYPING
        };
        play(&mut room, show, ms(6000));
        let (seen, now) = (&room.ours.source.observed, room.now());
        let summary = seen.summary(ms(6000), now);
        println!("{page:?}, seed {seed}: {summary}");
        assert!(seen.keys.len() >= 55, "{summary}");
        // The way there, and for a few a strip of a photograph before them.
        assert!(seen.key_age(50, now) <= ms(25 + 20), "{summary}");
        assert!(seen.key_age(95, now) <= ms(25 + 60), "{summary}");
        settle(&mut room, Duration::from_secs(10));
    }
}

/// A film that does not fit at its coarsest loses pictures; of the keys typed meanwhile none is lost,
/// though each may have to wait for the rest of a picture that took all the room.
#[test]
fn film_gives_way_before_text() {
    for seed in SEEDS {
        let mut seen = Vec::new();
        for kbps in [10_000, 200] {
            let down = OneWay::new(Bitrate::kbps(kbps), ms(25));
            let mut room = room(Quality::High, (down, way(1, ms(50))), seed);
            play(&mut room, film_and_typing(64), ms(3000));
            play(&mut room, film_and_typing(64), ms(4000));
            let now = room.now();
            let observed = &room.ours.source.observed;
            println!(
                "{kbps} kbit/s, seed {seed}: {}",
                observed.summary(ms(4000), now)
            );
            seen.push((observed.pictures.len(), observed.keys.len()));
        }
        let [(all, keys), (few, still)] = seen[..] else {
            unreachable!("two links")
        };
        assert!(all >= 4 * 29 && few <= all / 2, "seed {seed}: {all}, {few}");
        assert!(few >= 4 * 2, "seed {seed}: {few} pictures");
        assert!(still + 4 >= keys, "seed {seed}: {still} of {keys} keys");
    }
}
