//! What the qualities that a viewer can ask for make of the same thing.

use super::*;
use crate::stage::Page;
use common::way;

const QUALITIES: [Quality; 3] = [Quality::Low, Quality::Auto, Quality::High];

/// Bytes of video in a second of film on a link that has room for all of it.
fn bytes_of_a_film(quality: Quality) -> usize {
    let mut room = room(quality, (way(100, ms(10)), way(100, ms(10))), 1);
    let show = Show {
        film: Some(film(16)),
        ..Show::default()
    };
    play(&mut room, show, ms(1500));
    play(&mut room, show, ms(1000));
    let videos = &room.ours.source.observed.videos;
    assert!(videos.len() >= 25, "{quality:?}: {}", videos.len());
    videos.iter().map(|video| video.bytes).sum()
}

#[test]
fn each_shows_a_film_finer_than_the_one_before() {
    let bytes = QUALITIES.map(bytes_of_a_film);
    println!("{bytes:?}");
    assert!(2 * bytes[0] <= bytes[1], "{bytes:?}");
    assert!(bytes[1] + bytes[1] / 10 <= bytes[2], "{bytes:?}");
}

/// On a thin link a photograph comes blurred at first, and smoothly, unless it is to be sharp.
#[test]
fn high_is_sharp_before_it_is_smooth() {
    for quality in QUALITIES {
        let mut room = room(quality, (way(3, ms(50)), way(1, ms(50))), 1);
        let show = Show {
            repaints: Some((Duration::from_secs(60), Page::Photograph)),
            ..Show::default()
        };
        play(&mut room, show, ms(700));
        let is_blurred = !room.ours.source.observed.videos.is_empty();
        assert_eq!(is_blurred, quality != Quality::High, "{quality:?}");
        let session = &room.ours.source;
        let off = session.differs_by(&session.stage.page());
        println!("{quality:?}: off by {off}");
        assert_eq!(off < 3.0, quality != Quality::High, "{quality:?}: {off}");
        settle(&mut room, Duration::from_secs(3));
    }
}
