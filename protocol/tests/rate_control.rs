//! The window controller in front of simulated links.

mod link;

use std::time::Duration;

use hackstream_protocol::units::{Bitrate, ByteCount};
use link::{Link, Load, Outcome, Simulation};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Percent of the link's capacity that got through.
fn used(outcome: &Outcome, rate: Bitrate, time: Duration) -> u64 {
    outcome.delivered * 100 / rate.bytes_in(time).0
}

fn assert_fills(link: Link, most_queueing: Duration) {
    let mut simulation = Simulation::new(link);
    simulation.run(Load::Endless, link.base * 20 + ms(200));
    let outcome = simulation.run(Load::Endless, secs(5));
    let percent = used(&outcome, link.rate, secs(5));
    assert!(percent >= 80, "{link:?}: {percent} % used");
    let queueing = outcome.percentile(95);
    assert!(queueing <= most_queueing, "{link:?}: {queueing:?} queued");
}

#[test]
fn fills_the_link_and_keeps_its_queue_short() {
    assert_fills(Link::new(Bitrate::mbps(10), ms(50)), ms(25));
    assert_fills(Link::new(Bitrate::mbps(3), ms(50)), ms(25));
    assert_fills(Link::new(Bitrate::mbps(100), ms(20)), ms(25));
    assert_fills(Link::new(Bitrate::mbps(20), ms(200)), ms(35));
}

#[test]
fn the_estimate_finds_the_rate() {
    let link = Link::new(Bitrate::mbps(10), ms(50));
    let mut simulation = Simulation::new(link);
    simulation.run(Load::Endless, secs(3));
    let rate = simulation.controller.delivery_rate();
    assert!(rate > Bitrate::mbps(9), "{rate:?}");
    assert!(rate < Bitrate::mbps(11), "{rate:?}");
}

#[test]
fn a_link_that_slows_down_is_drained_soon() {
    let mut simulation = Simulation::new(Link::new(Bitrate::mbps(50), ms(50)));
    simulation.run(Load::Endless, secs(3));
    simulation.link.rate = Bitrate::mbps(2);
    simulation.run(Load::Endless, secs(4));
    let outcome = simulation.run(Load::Endless, secs(4));
    assert!(
        outcome.percentile(95) <= ms(40),
        "{:?}",
        outcome.percentile(95)
    );
    let percent = used(&outcome, Bitrate::mbps(2), secs(4));
    assert!(percent >= 80, "{percent} % used");
}

#[test]
fn a_link_that_becomes_faster_is_used() {
    let mut simulation = Simulation::new(Link::new(Bitrate::mbps(2), ms(50)));
    simulation.run(Load::Endless, secs(3));
    simulation.link.rate = Bitrate::mbps(50);
    simulation.run(Load::Endless, secs(3));
    let outcome = simulation.run(Load::Endless, secs(3));
    let percent = used(&outcome, Bitrate::mbps(50), secs(3));
    assert!(percent >= 80, "{percent} % used");
}

#[test]
fn random_loss_does_not_collapse_the_window() {
    for loss_per_mille in [20, 50] {
        let link = Link {
            loss_per_mille,
            ..Link::new(Bitrate::mbps(10), ms(50))
        };
        let mut simulation = Simulation::new(link);
        simulation.run(Load::Endless, secs(2));
        let outcome = simulation.run(Load::Endless, secs(8));
        let percent = used(&outcome, link.rate, secs(8));
        assert!(percent >= 80, "{loss_per_mille}: {percent} % used");
    }
}

#[test]
fn an_overflowing_queue_does() {
    let link = Link {
        queue: ByteCount(6000),
        ..Link::new(Bitrate::mbps(10), ms(50))
    };
    let mut simulation = Simulation::new(link);
    simulation.run(Load::Endless, secs(2));
    let outcome = simulation.run(Load::Endless, secs(8));
    assert!(outcome.largest_window < 160_000, "{outcome:?}");
    assert!(used(&outcome, link.rate, secs(8)) >= 80);
}

#[test]
fn a_busy_machine_on_a_lan_keeps_its_window() {
    let link = Link {
        noise: ms(8),
        ..Link::new(Bitrate::mbps(940), Duration::from_micros(300))
    };
    let mut simulation = Simulation::new(link);
    simulation.run(Load::Endless, secs(1));
    let outcome = simulation.run(Load::Endless, secs(4));
    assert!(
        outcome.smallest_window >= 256 * 1024,
        "{}",
        outcome.smallest_window
    );
}

#[test]
fn what_is_not_used_neither_grows_nor_shrinks() {
    let mut simulation = Simulation::new(Link::new(Bitrate::mbps(10), ms(50)));
    simulation.run(Load::Endless, secs(3));
    let keys = Load::Bursts {
        bytes: 300,
        every: ms(30),
    };
    simulation.run(keys, secs(1));
    let before = simulation.controller.window();
    assert!(before >= ByteCount::kib(62), "{before:?}");
    simulation.run(keys, secs(60));
    assert_eq!(simulation.controller.window(), before);
}

#[test]
fn bursts_do_not_inflate_the_window_beyond_the_target() {
    let mut simulation = Simulation::new(Link::new(Bitrate::mbps(10), ms(50)));
    let updates = Load::Bursts {
        bytes: 300_000,
        every: ms(500),
    };
    simulation.run(updates, secs(5));
    let outcome = simulation.run(updates, secs(10));
    assert!(
        outcome.percentile(95) <= ms(40),
        "{:?}",
        outcome.percentile(95)
    );
    assert!(outcome.delivered >= 300_000 * 18, "{}", outcome.delivered);
}

#[test]
fn minutes_of_video_do_not_hide_the_base() {
    let mut simulation = Simulation::new(Link::new(Bitrate::mbps(5), ms(40)));
    let outcome = simulation.run(Load::Endless, secs(240));
    let base = simulation.controller.base_rtt().unwrap();
    assert!(base <= ms(48), "{base:?}");
    assert!(
        outcome.percentile(95) <= ms(25),
        "{:?}",
        outcome.percentile(95)
    );
}

#[test]
fn a_longer_route_is_not_taken_for_a_queue_for_long() {
    let mut simulation = Simulation::new(Link::new(Bitrate::mbps(10), ms(30)));
    simulation.run(Load::Endless, secs(3));
    simulation.link.base = ms(130);
    simulation.run(Load::Endless, secs(6));
    let outcome = simulation.run(Load::Endless, secs(5));
    let percent = used(&outcome, Bitrate::mbps(10), secs(5));
    assert!(percent >= 80, "{percent} % used");
}
