//! What a server plans to send, driven through a simulated link: the real encoder with the real
//! H.264, the real account of room and dependencies, the real rate control, and a real decoder at
//! the other end. Only threads, sockets, QUIC's packets and X are modelled or left out.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod film;
mod observed;
mod session;
mod stage;

mod newest;
mod presets;
mod seeds;
mod work;

use std::time::Duration;

use common::ms;
use film::Film;
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::Quality;
use hackstream_simulation::link::OneWay;
use hackstream_simulation::world::World;
use session::Session;
use stage::{Show, Stage};

const SCREEN: Size = Size::new(512, 384);
const CINEMA: Rect = Rect::from_edges(176, 64, 496, 304);

/// A session over a simulated network.
type Room = World<Session>;

/// A session of which the viewer has the first picture already.
fn room(quality: Quality, (down, up): (OneWay, OneWay), seed: u64) -> Room {
    let session = Session::new(Stage::new(SCREEN, seed), quality, true);
    let mut room = World::of(session, down, up, seed);
    settle(&mut room, Duration::from_secs(10));
    room
}

/// Lets `show` go on for a while; what was seen before is forgotten.
fn play(room: &mut Room, show: Show, time: Duration) {
    let now = room.now();
    room.ours.source.observed.clear();
    room.ours.source.show(now, show);
    room.pass(time);
}

/// Lets nothing go on until the viewer shows the screen to the pixel; how long that took.
fn settle(room: &mut Room, at_most: Duration) -> Duration {
    let begun = room.now();
    room.ours.source.show(begun, Show::default());
    while !room.ours.source.is_settled() {
        let took = room.now().since(begun);
        assert!(took <= at_most, "the picture is not exact after {took:?}");
        room.pass(ms(10));
    }
    room.now().since(begun)
}

const fn film(grain: u32) -> Film {
    Film::new(CINEMA, grain)
}
