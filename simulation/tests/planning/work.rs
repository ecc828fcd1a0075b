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

/// The answer to a key is not older than the way to the viewer and a few packets.
const KEY_AGE: Duration = ms(25 + 25);

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
        println!("seed {seed}: {}", seen.summary(ms(3000), now));
        assert!(seen.key_age(95, now) <= KEY_AGE, "seed {seed}");
        assert!(seen.pictures.len() >= 3 * 20, "seed {seed}");
        assert!(seen.picture_age(95) <= ms(130), "seed {seed}");
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
        println!("{page:?}, seed {seed}: {}", seen.summary(ms(6000), now));
        assert!(seen.key_age(95, now) <= KEY_AGE, "{page:?}, seed {seed}");
        settle(&mut room, Duration::from_secs(10));
    }
}

/// With less and less room for it a film loses pictures, and keys are hardly later.
#[test]
fn film_gives_way_before_text() {
    for seed in SEEDS {
        let mut rates = Vec::new();
        for kbps in [10_000, 1_000, 300] {
            let mut down = way(1, ms(50));
            down.rate = Bitrate::kbps(kbps);
            let mut room = room(Quality::Auto, (down, way(1, ms(50))), seed);
            play(&mut room, film_and_typing(32), ms(2500));
            play(&mut room, film_and_typing(32), ms(4000));
            let (seen, now) = (&room.ours.source.observed, room.now());
            println!(
                "{kbps} kbit/s, seed {seed}: {}",
                seen.summary(ms(4000), now)
            );
            rates.push((seen.pictures.len() / 4, seen.key_age(50, now)));
        }
        println!("{rates:?}");
    }
}
