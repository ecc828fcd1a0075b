//! Streams of datagrams of a known rate.

use std::net::UdpSocket;
use std::thread::scope;
use std::time::{Duration, Instant};

/// IPv4's and UDP's headers.
const HEADERS: usize = 28;

/// What came of a stream of datagrams.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) sent: u32,
    pub(super) received: u32,
    /// From the first that was received to the last.
    pub(super) time: Duration,
    pub(super) megabits_per_second: f64,
}

/// Sends packets of `length` bytes, headers included, at `megabits` per second for `duration`.
pub(super) fn stream(
    (from, to): (&UdpSocket, &UdpSocket),
    length: usize,
    megabits: f64,
    duration: Duration,
) -> Stream {
    scope(|scope| {
        let receiver = scope.spawn(|| receive(to));
        let sent = send(from, length, megabits, duration);
        let (received, time) = receiver.join().unwrap();
        let bits = f64::from(received.max(1) - 1) * (length * 8) as f64;
        Stream {
            sent,
            received,
            time,
            megabits_per_second: bits / time.as_secs_f64().max(1e-9) / 1e6,
        }
    })
}

pub(super) fn send(from: &UdpSocket, length: usize, megabits: f64, duration: Duration) -> u32 {
    let (start, mut sent) = (Instant::now(), 0);
    let payload = vec![0; length - HEADERS];
    while start.elapsed() < duration {
        let bits = start.elapsed().as_secs_f64() * megabits * 1e6;
        while f64::from(sent) * (length * 8) as f64 <= bits {
            from.send(&payload).unwrap();
            sent += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    sent
}

/// Packets until silence, and the time from the first to the last.
fn receive(to: &UdpSocket) -> (u32, Duration) {
    let mut packet = [0; 2048];
    let (mut count, mut first, mut last) = (0, None, Instant::now());
    while to.recv(&mut packet).is_ok() {
        count += 1;
        last = Instant::now();
        first.get_or_insert(last);
    }
    (count, last - first.unwrap_or(last))
}
