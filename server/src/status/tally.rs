//! What is counted while viewers are served.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hackstream_protocol::units::{Bitrate, Timestamp, micros};

/// Upper bounds of the classes into which times of encoding are sorted, in microseconds; the last
/// class has none. From the echo of a key to a picture that takes longer than one of a film may.
pub const ENCODING_BOUNDS: [u64; 8] = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// How far back "now" reaches in rates.
const RECENT_SECONDS: u64 = 10;

/// What is counted of the session, viewers that have left included.
#[derive(Debug, Default)]
pub struct Totals {
    pub(super) joined: AtomicU64,
    /// When the first viewer came, and when the first frame was sent, on the clock of the session.
    pub(super) first_viewer: OnceLock<Timestamp>,
    pub(super) first_frame: OnceLock<Timestamp>,
    pub(super) frames: AtomicU64,
    pub(super) frame_bytes: AtomicU64,
    pub(super) encoding_micros: AtomicU64,
    /// Frames in each class of [`ENCODING_BOUNDS`], and those above.
    pub(super) classes: [AtomicU64; ENCODING_BOUNDS.len() + 1],
    /// UDP payload of the connections that have ended.
    pub(super) departed_sent: AtomicU64,
    pub(super) departed_received: AtomicU64,
}

/// What is counted of one viewer.
#[derive(Debug)]
pub struct Tally {
    totals: Arc<Totals>,
    frames: AtomicU64,
    frame_bytes: AtomicU64,
    encoding_micros: AtomicU64,
    /// When its person last did something, on the clock of the session; 0 if never.
    last_input: AtomicU64,
    recent: Mutex<Recent>,
}

impl Tally {
    /// That of a viewer who came at `now`.
    pub(super) fn new(totals: Arc<Totals>, now: Timestamp) -> Self {
        totals.joined.fetch_add(1, Ordering::Relaxed);
        totals.first_viewer.get_or_init(|| now);
        Self {
            totals,
            frames: AtomicU64::new(0),
            frame_bytes: AtomicU64::new(0),
            encoding_micros: AtomicU64::new(0),
            last_input: AtomicU64::new(0),
            recent: Mutex::default(),
        }
    }

    /// A frame of so many bytes was sent at `now`; to read and encode it took `encoding`.
    pub fn frame(&self, bytes: usize, encoding: Duration, now: Timestamp) {
        let (bytes, encoding) = (bytes as u64, micros(encoding));
        let add = |counter: &AtomicU64, value| counter.fetch_add(value, Ordering::Relaxed);
        for (counter, value) in [
            (&self.frames, 1),
            (&self.frame_bytes, bytes),
            (&self.encoding_micros, encoding),
            (&self.totals.frames, 1),
            (&self.totals.frame_bytes, bytes),
            (&self.totals.encoding_micros, encoding),
        ] {
            add(counter, value);
        }
        self.totals.first_frame.get_or_init(|| now);
        let class = ENCODING_BOUNDS.partition_point(|bound| *bound < encoding);
        add(&self.totals.classes[class], 1);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.add(bytes, encoding, now);
    }

    /// The viewer's person did something at `now`.
    pub fn input(&self, now: Timestamp) {
        self.last_input.store(now.0.max(1), Ordering::Relaxed);
    }

    /// Frames sent.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Mean time of encoding; `None` before the first frame.
    pub(super) fn encoding(&self) -> Option<Duration> {
        mean(self.encoding_micros.load(Ordering::Relaxed), self.frames())
    }

    pub(super) fn last_input(&self) -> Option<Timestamp> {
        let at = self.last_input.load(Ordering::Relaxed);
        (at > 0).then_some(Timestamp(at))
    }

    /// Rate of the frames sent in the ten seconds before `now`, or since the viewer came at `since`
    /// if that is less, and their mean time of encoding.
    pub(super) fn recently(&self, since: Timestamp, now: Timestamp) -> (Bitrate, Option<Duration>) {
        let (shortest, longest) = (Duration::from_secs(1), Duration::from_secs(RECENT_SECONDS));
        let span = now.since(since).clamp(shortest, longest);
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let (bytes, encoding) = recent.sum(now);
        let bits = (bytes * 8) as f64 / span.as_secs_f64();
        (Bitrate(bits.round() as u64), encoding)
    }
}

impl Totals {
    /// Mean time of encoding; `None` before the first frame.
    pub(super) fn encoding(&self) -> Option<Duration> {
        let sum = self.encoding_micros.load(Ordering::Relaxed);
        mean(sum, self.frames.load(Ordering::Relaxed))
    }
}

fn mean(sum_micros: u64, count: u64) -> Option<Duration> {
    sum_micros.checked_div(count).map(Duration::from_micros)
}

/// Sums of the last seconds, so that a rate needs neither a timer nor two questions.
#[derive(Debug, Default)]
struct Recent([Second; RECENT_SECONDS as usize]);

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Which one, counted from the start of the clock.
    number: u64,
    bytes: u64,
    frames: u64,
    encoding: u64,
}

impl Recent {
    fn add(&mut self, bytes: u64, encoding: u64, now: Timestamp) {
        let number = second(now);
        let slot = &mut self.0[(number % RECENT_SECONDS) as usize];
        if slot.number != number {
            *slot = Second {
                number,
                ..Second::default()
            };
        }
        slot.bytes += bytes;
        slot.frames += 1;
        slot.encoding += encoding;
    }

    /// Bytes of the frames, and their mean time of encoding.
    fn sum(&self, now: Timestamp) -> (u64, Option<Duration>) {
        let current = second(now);
        let fresh = self.0.iter().filter(|slot| {
            (slot.number..slot.number + RECENT_SECONDS).contains(&current) && slot.frames > 0
        });
        let (bytes, frames, encoding) = fresh.fold((0, 0, 0), |(bytes, frames, encoding), slot| {
            (
                bytes + slot.bytes,
                frames + slot.frames,
                encoding + slot.encoding,
            )
        });
        (bytes, mean(encoding, frames))
    }
}

const fn second(now: Timestamp) -> u64 {
    now.0 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn a_rate_is_of_the_last_ten_seconds() {
        let tally = Tally::new(Arc::default(), at(0));
        for seconds in 0..20 {
            tally.frame(1250, Duration::from_millis(2), at(seconds));
        }
        let (rate, encoding) = tally.recently(at(0), at(19));
        assert_eq!(rate, Bitrate(10_000));
        assert_eq!(encoding, Some(Duration::from_millis(2)));
        let (rate, _) = tally.recently(at(0), at(24));
        assert_eq!(rate, Bitrate(5_000), "five of the seconds had no frame");
        assert_eq!(tally.recently(at(0), at(60)), (Bitrate(0), None));
        assert_eq!(tally.recently(at(15), at(19)).0, Bitrate(25_000));
        assert_eq!(tally.frames(), 20);
        assert_eq!(tally.encoding(), Some(Duration::from_millis(2)));
    }

    #[test]
    fn times_of_encoding_are_sorted_into_classes() {
        let totals = Arc::<Totals>::default();
        let tally = Tally::new(Arc::clone(&totals), at(0));
        for micros in [1, 500, 501, 100_000, 100_001, 9_000_000] {
            tally.frame(1, Duration::from_micros(micros), at(1));
        }
        let classes = totals.classes.each_ref().map(|c| c.load(Ordering::Relaxed));
        assert_eq!(classes, [2, 1, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(totals.frames.load(Ordering::Relaxed), 6);
    }

    #[test]
    fn what_came_first_stays_first() {
        let totals = Arc::<Totals>::default();
        for seconds in [3, 8] {
            let tally = Tally::new(Arc::clone(&totals), at(seconds));
            tally.frame(1, Duration::ZERO, at(seconds + 1));
        }
        let first = (totals.first_viewer.get(), totals.first_frame.get());
        assert_eq!(first, (Some(&at(3)), Some(&at(4))));
    }
}
