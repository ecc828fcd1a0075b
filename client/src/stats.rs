//! Measurements of the viewer, and the line that `--stats` prints.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hackstream_protocol::units::{Bitrate, ByteCount, micros};
use tokio::time::{Instant, sleep};

use crate::shared::Shared;

/// Time between two lines.
const PERIOD: Duration = Duration::from_secs(1);

/// Sums since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    frames: AtomicU64,
    bytes: AtomicU64,
    decoding_micros: AtomicU64,
    presents: AtomicU64,
    presenting_micros: AtomicU64,
    last_presenting_micros: AtomicU64,
    rtt_micros: AtomicU64,
}

impl Counters {
    /// Counts a frame of `bytes` payload that took `time` to decode.
    pub(crate) fn decoded(&self, bytes: usize, time: Duration) {
        self.frames.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
        self.decoding_micros.fetch_add(micros(time), Relaxed);
    }

    /// Counts a presentation that took `time`.
    pub(crate) fn presented(&self, time: Duration) {
        self.presents.fetch_add(1, Relaxed);
        self.presenting_micros.fetch_add(micros(time), Relaxed);
        self.last_presenting_micros.store(micros(time), Relaxed);
    }

    /// Time that the last presentation took; zero before the first.
    pub(crate) fn last_presenting(&self) -> Duration {
        Duration::from_micros(self.last_presenting_micros.load(Relaxed))
    }

    /// Notes the round trip time of the connection.
    pub(crate) fn set_rtt(&self, rtt: Duration) {
        self.rtt_micros.store(micros(rtt), Relaxed);
    }

    fn sums(&self) -> Sums {
        Sums {
            frames: self.frames.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            decoding_micros: self.decoding_micros.load(Relaxed),
            presents: self.presents.load(Relaxed),
            presenting_micros: self.presenting_micros.load(Relaxed),
        }
    }
}

/// Values of the counters at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    frames: u64,
    bytes: u64,
    decoding_micros: u64,
    presents: u64,
    presenting_micros: u64,
}

/// Prints a line for each second in which frames arrived, for as long as the viewer runs. A quiet
/// session costs no wake-ups.
pub(crate) async fn print_forever(shared: Arc<Shared>) {
    let mut progress = shared.follow();
    let mut before = shared.counters.sums();
    while progress.changed().await.is_ok() {
        let begun = Instant::now();
        sleep(PERIOD).await;
        let now = shared.counters.sums();
        let rtt = Duration::from_micros(shared.counters.rtt_micros.load(Relaxed));
        eprintln!("{}", line(before, now, begun.elapsed(), rtt));
        before = now;
        progress.mark_unchanged();
    }
}

fn line(before: Sums, now: Sums, time: Duration, rtt: Duration) -> String {
    let frames = now.frames - before.frames;
    let presents = now.presents - before.presents;
    let rate = Bitrate::of(ByteCount(now.bytes - before.bytes), time);
    format!(
        "rtt {:.1} ms, {:.1} frames/s, {:.2} Mbit/s, decode {:.2} ms, present {:.2} ms",
        rtt.as_secs_f64() * 1e3,
        frames as f64 / time.as_secs_f64(),
        rate.0 as f64 / 1e6,
        mean_ms(now.decoding_micros - before.decoding_micros, frames),
        mean_ms(now.presenting_micros - before.presenting_micros, presents),
    )
}

fn mean_ms(micros: u64, count: u64) -> f64 {
    if count == 0 {
        0.0
    } else {
        micros as f64 / count as f64 / 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_rates_and_means() {
        let now = Sums {
            frames: 20,
            bytes: 250_000,
            decoding_micros: 10_000,
            presents: 10,
            presenting_micros: 2_500,
        };
        let text = line(
            Sums::default(),
            now,
            Duration::from_secs(2),
            Duration::from_millis(7),
        );
        let expected = "rtt 7.0 ms, 10.0 frames/s, 1.00 Mbit/s, decode 0.50 ms, present 0.25 ms";
        assert_eq!(text, expected);
        let idle = line(now, now, Duration::from_secs(1), Duration::ZERO);
        assert!(idle.contains("decode 0.00 ms"), "{idle}");
    }
}
