//! Both ends of a connection over a simulated link, with a virtual clock: the real QUIC, its real
//! settings, the handshake and our congestion controller. Only sockets and tokio are left out.
//!
//! Keys and connection ids are random, and packets differ by a few bytes from run to run.

mod ends;
mod scenarios;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hackstream_protocol::units::{ByteCount, Timestamp};
use hackstream_simulation::link::{Direction, OneWay};

use ends::End;

/// IP and UDP.
const HEADERS: u64 = 28;

/// Which end a datagram goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Server,
    Viewer,
}

/// A frame that arrived whole.
#[derive(Clone, Copy, Debug)]
struct Arrived {
    bytes: usize,
    handed_over: Timestamp,
    at: Timestamp,
}

/// The link and both ends.
struct World {
    epoch: Instant,
    now: Timestamp,
    down: Direction,
    up: Direction,
    server: End,
    viewer: End,
    on_the_way: BTreeMap<(Timestamp, u64), (To, Vec<u8>)>,
    count: u64,
    /// When each datagram of the server left, and how long it waits for the link.
    queueing: Vec<(Timestamp, Duration)>,
    arrived: Vec<Arrived>,
    /// When the server last heard the viewer.
    heard: Vec<Timestamp>,
}

impl World {
    /// A link over which the handshake is done.
    fn new(down: OneWay, up: OneWay, seed: u64) -> Self {
        let epoch = Instant::now();
        let mut world = Self {
            epoch,
            now: Timestamp(0),
            down: Direction::new(down, seed),
            up: Direction::new(up, !seed),
            server: End::server(),
            viewer: End::viewer(epoch),
            on_the_way: BTreeMap::new(),
            count: 0,
            queueing: Vec::new(),
            arrived: Vec::new(),
            heard: Vec::new(),
        };
        world.run(Duration::from_secs(2), |_| {});
        assert!(world.server.is_connected() && world.viewer.is_connected());
        world.queueing.clear();
        world
    }

    fn instant(&self) -> Instant {
        self.epoch + Duration::from_micros(self.now.0)
    }

    /// Lets time pass. Whenever something happened, `produce` may hand frames over.
    fn run(&mut self, time: Duration, mut produce: impl FnMut(&mut Self)) {
        let end = self.now.after(time);
        loop {
            self.deliver();
            let now = self.instant();
            self.server.timeouts(now);
            self.viewer.timeouts(now);
            self.take_frames();
            // What leaves may make room for more.
            for _ in 0..2 {
                produce(self);
                self.transmit();
            }
            let arrival = self.on_the_way.first_key_value().map(|(&(at, _), _)| at);
            let timers = [self.server.deadline(), self.viewer.deadline()];
            let timers = timers.into_iter().flatten().map(|at| self.timestamp(at));
            let next = timers.chain(arrival).min().filter(|&at| at < end);
            let Some(next) = next else { break };
            self.now = next.max(self.now.after(Duration::from_micros(1)));
        }
        self.now = end;
    }

    /// A deadline on the simulation's clock, never before its time.
    fn timestamp(&self, at: Instant) -> Timestamp {
        let since = at.saturating_duration_since(self.epoch);
        Timestamp(since.as_nanos().div_ceil(1000) as u64)
    }

    fn deliver(&mut self) {
        let now = self.instant();
        while let Some(entry) = self.on_the_way.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (to, bytes) = entry.remove();
            match to {
                To::Server => {
                    self.heard.push(self.now);
                    self.server.path.heard(now);
                    self.server.receive(now, &bytes);
                }
                To::Viewer => self.viewer.receive(now, &bytes),
            }
        }
    }

    fn transmit(&mut self) {
        let now = self.instant();
        for datagram in self.server.transmit(now) {
            let bytes = ByteCount(datagram.len() as u64 + HEADERS);
            let passage = self.down.offer(self.now, bytes);
            self.queueing.push((self.now, passage.queued));
            self.send(To::Viewer, passage.arrival, datagram);
        }
        for datagram in self.viewer.transmit(now) {
            let bytes = ByteCount(datagram.len() as u64 + HEADERS);
            let passage = self.up.offer(self.now, bytes);
            self.send(To::Server, passage.arrival, datagram);
        }
    }

    fn send(&mut self, to: To, arrival: Option<Timestamp>, datagram: Vec<u8>) {
        if let Some(at) = arrival {
            self.on_the_way.insert((at, self.count), (to, datagram));
            self.count += 1;
        }
    }

    fn take_frames(&mut self) {
        for (bytes, handed_over) in self.viewer.take_frames() {
            let at = self.now;
            let frame = Arrived {
                bytes,
                handed_over,
                at,
            };
            self.arrived.push(frame);
        }
    }

    /// The longest wait for the link of datagrams that left from then on.
    fn longest_queue_since(&self, from: Timestamp) -> Duration {
        let later = self.queueing.iter().filter(|(at, _)| *at >= from);
        later.map(|&(_, wait)| wait).max().unwrap_or_default()
    }
}
