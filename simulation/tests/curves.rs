//! What each scenario looks like second by second, as files to read and to compare: a change of the
//! rate control shows here before anybody feels it. `HACKSTREAM_WRITE_CURVES=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::path::Path;

use common::{LINKS, ms, plain};
use hackstream_protocol::units::Bitrate;
use hackstream_simulation::clockwork::Clockwork;
use hackstream_simulation::link::Loss;
use hackstream_simulation::load::Load;
use hackstream_simulation::world::World;

const SEED: u64 = 1;

fn compare(name: &str, world: &World) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = manifest.join("tests/curves").join(format!("{name}.txt"));
    if std::env::var_os("HACKSTREAM_WRITE_CURVES").is_some() {
        std::fs::write(&file, world.curve()).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        known == world.curve(),
        "{} is no longer what happens; if that is meant, run this again with \
         HACKSTREAM_WRITE_CURVES=1 and commit the file. It is now:\n{}",
        file.display(),
        world.curve()
    );
}

#[test]
fn films_on_the_links() {
    for link in &LINKS {
        let mut world = link.world(SEED);
        world.run_seconds(Load::FILM, 20);
        compare(&format!("film-{}", link.name), &world);
    }
}

#[test]
fn large_updates_on_the_links() {
    for link in &LINKS {
        let mut world = link.world(SEED);
        world.run_seconds(Load::BULK, 20);
        compare(&format!("bulk-{}", link.name), &world);
    }
}

#[test]
fn down_and_up_again() {
    let mut world = plain(50, ms(50), SEED);
    for mbps in [50, 2, 20] {
        world.down.way.rate = Bitrate::mbps(mbps);
        world.run_seconds(Load::FILM, 15);
    }
    compare("film-50-2-20-mbps", &world);
}

#[test]
fn an_outage() {
    let mut world = plain(10, ms(50), SEED);
    for (loss, seconds) in [(Loss::None, 5), (Loss::All, 3), (Loss::None, 10)] {
        world.down.way.loss = loss;
        world.up.way.loss = loss;
        world.run_seconds(Load::FILM, seconds);
    }
    compare("film-outage", &world);
}

#[test]
fn a_download_beside_it() {
    let mut world = plain(10, ms(50), SEED);
    world.down.way.queue = ms(100);
    world.run_seconds(Load::FILM, 5);
    world.add_rival();
    world.run_seconds(Load::FILM, 60);
    compare("film-beside-cubic", &world);
}

#[test]
fn a_phone_on_the_move() {
    let mut world = plain(30, ms(60), SEED);
    world.down.clockwork = Some(Clockwork::new(SEED));
    world.run_seconds(Load::FILM, 40);
    compare("film-cellular", &world);
}

#[test]
fn another_path() {
    let mut world = plain(10, ms(30), SEED);
    for one_way in [ms(15), ms(115), ms(15)] {
        world.down.way.delay = one_way;
        world.run_seconds(Load::FILM, 12);
    }
    compare("film-path-changes", &world);
}
