//! Whether a link does what its figures say, on real devices. Needs root.
//!
//! The wall clock decides here, as it is what the emulator is for. A busy machine makes packets
//! late, never early, and late for a while only: hence lower bounds are hard, and upper ones hold
//! for quartiles and for the best of several tries.

mod stream;

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::Range;
use std::os::fd::AsFd;
use std::thread::scope;
use std::time::{Duration, Instant};

use hackstream_simulation::cellular::Cellular;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use stream::{send, stream};

use super::counters::ETHERNET_HEADER;
use super::rooms::{CLIENT_ADDRESS, Rooms, SERVER_ADDRESS};
use super::{Link, Namespace, Traffic};

const PORT: u16 = 9;
/// After this long nothing more will come.
const SILENCE: Duration = Duration::from_millis(600);
const TRIES: usize = 3;

/// The link, or nothing and a line that says why.
fn network(link: Link) -> Option<Rooms> {
    match Rooms::create(link, 1) {
        Ok(network) => Some(network),
        Err(error) => {
            let has_rights = rustix::process::geteuid().is_root();
            assert!(
                !has_rights || !std::path::Path::new("/dev/net/tun").exists(),
                "root, with TUN devices, but: {error:#}"
            );
            eprintln!("SKIPPED, no link can be emulated here: {error:#}");
            None
        }
    }
}

/// Does `make` inside the namespace. Sockets made there stay there.
fn inside<T: Send>(namespace: &Namespace, make: impl FnOnce() -> T + Send) -> T {
    let path = format!("/proc/{}/ns/net", namespace.holder());
    // On a thread of its own, which changes its network for good.
    scope(|scope| {
        let thread = scope.spawn(|| {
            let file = File::open(path).unwrap();
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            make()
        });
        thread.join().unwrap()
    })
}

/// UDP sockets on the server's and the client's end, connected to each other.
fn sockets(network: &Rooms) -> (UdpSocket, UdpSocket) {
    let open = |own: Ipv4Addr, other: Ipv4Addr| {
        let socket = UdpSocket::bind((own, PORT)).unwrap();
        socket.connect((other, PORT)).unwrap();
        socket.set_read_timeout(Some(SILENCE)).unwrap();
        socket
    };
    (
        inside(network.server(), || open(SERVER_ADDRESS, CLIENT_ADDRESS)),
        inside(network.client(), || open(CLIENT_ADDRESS, SERVER_ADDRESS)),
    )
}

/// Times from the client to the server and back, of small packets and one after the other. What is
/// lost is left out.
fn round_trips(network: &Rooms, count: u32) -> Vec<Duration> {
    let (server, client) = sockets(network);
    scope(|scope| {
        scope.spawn(|| {
            let mut packet = [0; 64];
            while let Ok(length) = server.recv(&mut packet) {
                // An echo of nothing is the end.
                if length == 0 {
                    break;
                }
                server.send(&packet[..length]).unwrap();
            }
        });
        let mut times = Vec::new();
        let mut packet = [0; 64];
        for number in 0..count {
            let start = Instant::now();
            client.send(&number.to_be_bytes()).unwrap();
            if client.recv(&mut packet).is_ok() && packet[..4] == number.to_be_bytes() {
                times.push(start.elapsed());
            }
        }
        client.send(&[]).unwrap();
        times.sort();
        times
    })
}

/// Bits per second, of whole IP packets, that leave the link while one TCP connection from server to
/// client is at speed. Counted where they leave: what arrives behind a lost packet, up to a full queue
/// and a round trip's worth, the reader gets all at once and later.
fn tcp_megabits(network: &Rooms, duration: Duration) -> f64 {
    let listener = inside(network.server(), || {
        TcpListener::bind((SERVER_ADDRESS, PORT)).unwrap()
    });
    let address = SocketAddr::from((SERVER_ADDRESS, PORT));
    let mut client = inside(network.client(), || TcpStream::connect(address).unwrap());
    let (mut server, _) = listener.accept().unwrap();
    scope(|scope| {
        scope.spawn(move || {
            let data = [0; 16_384];
            // Ends when the reader does.
            while server.write_all(&data).is_ok() {}
        });
        read_for(&mut client, Duration::from_secs(1));
        let (start, before) = (Instant::now(), network.traffic().unwrap());
        read_for(&mut client, duration);
        let delivered = (network.traffic().unwrap() - before).to_viewer();
        let time = start.elapsed();
        drop(client);
        let bytes = delivered.bytes - ETHERNET_HEADER * delivered.packets;
        bytes as f64 * 8.0 / time.as_secs_f64() / 1e6
    })
}

/// Reads what comes until the time has passed.
fn read_for(stream: &mut TcpStream, duration: Duration) {
    let start = Instant::now();
    let mut buffer = vec![0; 65_536];
    while start.elapsed() < duration {
        assert_ne!(stream.read(&mut buffer).unwrap(), 0, "the sender stopped");
    }
}

/// Fails unless one of a few tries gives what lies in `range`.
fn assert_once_within(what: &str, range: Range<f64>, mut figure: impl FnMut() -> f64) {
    let mut figures = Vec::new();
    for _ in 0..TRIES {
        let figure = figure();
        eprintln!("{what}: {figure:.3}, to be within {range:?}");
        if range.contains(&figure) {
            return;
        }
        figures.push(figure);
    }
    panic!("{what}: {figures:?}, not within {range:?}");
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[test]
fn a_round_trip_takes_as_long_as_it_should() {
    // Lower quartile: the round trip, 0.7 times the largest jitter of one way (the quartile of two
    // even ones' sum), and what waking the two programs costs. Half of the round trips may meet a
    // busy processor.
    for (link, least, quartile) in [
        (Link::Wifi, 2.0, 2.5..7.0),
        (Link::Dsl, 50.0, 50.0..55.0),
        (Link::Transatlantic, 90.0, 90.0..95.0),
        (Link::Bad, 80.0, 85.0..110.0),
        (Link::Thin, 50.0, 50.0..56.0),
    ] {
        let Some(network) = network(link) else { return };
        assert_once_within(&format!("{} RTT, ms", link.name()), quartile, || {
            let times = round_trips(&network, 31);
            assert!(milliseconds(times[0]) >= least, "too early: {times:?}");
            milliseconds(times[times.len() / 4])
        });
    }
}

#[test]
fn a_flood_arrives_at_the_rate_of_its_direction() {
    let Some(network) = network(Link::Dsl) else {
        return;
    };
    let (server, client) = sockets(&network);
    let ways = [(10.0, (&server, &client)), (1.0, (&client, &server))];
    for (megabits, ends) in ways {
        assert_once_within("dsl, Mbit/s", megabits * 0.95..megabits * 1.05, || {
            stream(ends, 1500, megabits * 1.5, Duration::from_millis(1500)).megabits_per_second
        });
    }
}

/// What a flood gets through until the queue is empty again is what the trace of the seed carries in
/// that time.
#[test]
fn a_cellular_link_follows_its_trace() {
    assert_once_within("lte-trace, share of the trace", 0.85..1.05, || {
        let Some(network) = network(Link::LteTrace) else {
            return 1.0;
        };
        let (server, client) = sockets(&network);
        let stream = stream((&server, &client), 1500, 35.0, Duration::from_secs(4));
        let carried = carried(&mut Cellular::new(1), stream.time);
        f64::from(stream.received) * 1500.0 * 8.0 / carried
    });
}

/// Bits that a trace carries in so long from its beginning.
fn carried(steps: &mut Cellular, time: Duration) -> f64 {
    let (mut left, mut bits) = (time, 0.0);
    while !left.is_zero() {
        let step = steps.step();
        bits += step.rate.0 as f64 * step.time.min(left).as_secs_f64();
        left = left.saturating_sub(step.time);
    }
    bits
}

#[test]
fn the_fastest_link_reaches_its_rate() {
    let Some(network) = network(Link::Transatlantic) else {
        return;
    };
    let (server, _client) = sockets(&network);
    // By the device's counters: at this rate a program that must wait for a processor loses packets.
    assert_once_within("transatlantic, Mbit/s", 46.0..52.0, || {
        scope(|scope| {
            scope.spawn(|| send(&server, 1500, 70.0, Duration::from_millis(1500)));
            std::thread::sleep(Duration::from_millis(300));
            let (start, before) = (Instant::now(), network.traffic().unwrap());
            std::thread::sleep(Duration::from_secs(1));
            let delivered = network.traffic().unwrap() - before;
            let bits = delivered.to_viewer().packets as f64 * 1500.0 * 8.0;
            bits / start.elapsed().as_secs_f64() / 1e6
        })
    });
}

#[test]
fn a_tcp_connection_fills_the_link() {
    let Some(network) = network(Link::Dsl) else {
        return;
    };
    assert_once_within("dsl TCP, Mbit/s", 9.0..10.2, || {
        tcp_megabits(&network, Duration::from_secs(3))
    });
}

#[test]
fn as_many_packets_are_lost_as_should_be() {
    for (link, range) in [
        (Link::Dsl, 0.0..0.002),
        (Link::Lossy, 0.01..0.03),
        (Link::Bad, 0.035..0.065),
    ] {
        let Some(network) = network(link) else { return };
        let (server, client) = sockets(&network);
        assert_once_within(&format!("{} loss", link.name()), range, || {
            // 1000 packets per second, which every one of the links can carry.
            let stream = stream((&server, &client), 100, 0.8, Duration::from_secs(3));
            1.0 - f64::from(stream.received) / f64::from(stream.sent)
        });
    }
}

#[test]
fn what_a_link_drops_and_loses_is_counted() {
    for (link, megabits, is_lossy) in [(Link::Dsl, 15.0, false), (Link::Bad, 8.0, true)] {
        let Some(network) = network(link) else { return };
        let (server, client) = sockets(&network);
        network.take_losses();
        let duration = Duration::from_millis(700);
        let stream = stream((&server, &client), 1500, megabits, duration);
        let losses = network.take_losses().unwrap();
        let (down, up) = (losses.down, losses.up);
        let arrived = down.packets - down.dropped - down.lost;
        // The system itself may say something, too.
        assert!(
            down.packets - u64::from(stream.sent) < 10,
            "{stream:?} {down:?}"
        );
        assert!(
            arrived - u64::from(stream.received) < 10,
            "{stream:?} {down:?}"
        );
        assert!(down.dropped > 0 && (down.lost > 0) == is_lossy, "{down:?}");
        // A flood leaves no queue of a tenth of a second with room for ten packets more.
        let queue = milliseconds(link.conditions().unwrap().down.queue);
        let wait = milliseconds(down.longest_wait);
        assert!(wait <= queue && wait > queue * 0.8, "{down:?}");
        assert!(up.packets < 10 && up.dropped == 0, "{up:?}");
    }
}

#[test]
fn traffic_is_counted_as_on_ethernet() {
    let Some(network) = network(Link::Dsl) else {
        return;
    };
    let (server, client) = sockets(&network);
    let before = network.traffic().unwrap();
    let down = stream((&server, &client), 500, 1.0, Duration::from_millis(300));
    let Traffic::Apart {
        down: spent_down,
        up: spent_up,
    } = network.traffic().unwrap() - before
    else {
        panic!("a device has two directions");
    };
    assert_eq!(down.received, down.sent);
    let (packets, bytes) = (u64::from(down.sent), 514 * u64::from(down.sent));
    // The system itself may say something, too.
    assert!(spent_down.packets >= packets && spent_down.packets < packets + 10);
    assert!(spent_down.bytes >= bytes && spent_down.bytes < bytes + 2000);
    assert!(spent_up.bytes < 2000, "{spent_up:?}");
}
