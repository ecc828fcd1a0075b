//! Which compressor takes the least time in all: on the server, on the wire and in the viewer.

mod backlog;
mod speed;

use core::time::Duration;

use hackstream_codec::envelope::Coder;
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::units::{Bitrate, ByteCount};

use backlog::{Awaited, Backlog, Kind};
pub use speed::{CoderSpeed, CoderSpeeds};

/// Above this rate bytes are charged as if the link were no faster: it is shared with others, and
/// radio links that look fast pay for every byte with air time.
const FASTEST_CHARGED: Bitrate = Bitrate::mbps(200);

/// Bodies shorter than this are not worth a compressor's set-up.
const WORTH_COMPRESSING: usize = 64;

/// Bodies shorter than this never use the history: they are mostly answers to input and must not
/// wait for an earlier frame that was lost.
const WORTH_REMEMBERING: usize = 4096;

/// Compressed bytes per byte of a body, to start from: stored, LZ4, Zstandard, history.
const RATIOS: [f32; Coder::ALL.len()] = [1.0, 0.30, 0.20, 0.18];

/// Nanoseconds that painting a pixel takes on a machine like the server, about.
const PAINTING: f32 = 0.5;

/// Nanoseconds that a pixel of video takes on a machine like the server, about.
const FILMING: f32 = 5.0;

/// Every so many bodies another compressor gets a try, so that its ratio stays known.
const TRY_ANOTHER_EVERY: u32 = 64;

/// Decoding expected to take less than this says little about a viewer's speed.
const WORTH_OBSERVING: Duration = Duration::from_micros(50);

/// Weight of a new observation.
const GAIN: f32 = 0.25;

/// How many times slower than the server a viewer may seem to be, at least and at most: what lies
/// beyond is a hiccup, or a viewer that does not tell the truth.
const BELIEVABLE_SLOWNESS: (f32, f32) = (0.2, 50.0);

/// What a compressor made of the body of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compressed {
    /// Which compressor.
    pub coder: Coder,
    /// Bytes of the body.
    pub body: usize,
    /// Bytes of the payload that it became.
    pub payload: usize,
    /// Pixels that the frame paints.
    pub pixels: u64,
}

/// What is known about the compressors and about one viewer.
#[derive(Clone, Debug)]
pub struct Costs {
    speeds: CoderSpeeds,
    /// Compressed bytes per byte of a body, as seen lately.
    ratios: [f32; Coder::ALL.len()],
    /// What the viewer has to decode yet.
    backlog: Backlog,
    /// How much slower than the server the viewer decodes.
    viewer_slowness: f32,
    /// The same for video, where it may have no fast instructions.
    video_slowness: f32,
    has_history: bool,
    /// Bodies for which a compressor was chosen, modulo 2^32.
    rounds: u32,
}

impl Costs {
    /// What is known at the start. `slowness`: how many times slower than this machine the viewer
    /// says that it decodes, if it says so.
    #[must_use]
    pub fn new(speeds: CoderSpeeds, slowness: Option<f32>, has_history: bool) -> Self {
        let slowness = slowness.map_or(1.0, believable);
        Self {
            speeds,
            ratios: RATIOS,
            backlog: Backlog::default(),
            viewer_slowness: slowness,
            video_slowness: slowness,
            has_history,
            rounds: 0,
        }
    }

    /// The compressor with the least total time for a body of `len` bytes at `rate`; now and then
    /// the second best, so that its ratio stays known.
    pub fn choose(&mut self, len: usize, rate: Bitrate) -> Coder {
        if len < WORTH_COMPRESSING {
            return Coder::Stored;
        }
        let usable = |coder: &Coder| match coder {
            Coder::Stored => false,
            Coder::Lz4 | Coder::Zstd => true,
            Coder::History => self.has_history && len >= WORTH_REMEMBERING,
        };
        self.rounds = self.rounds.wrapping_add(1);
        let mut ranked: Vec<Coder> = Coder::ALL.into_iter().filter(usable).collect();
        ranked.sort_by_key(|&coder| self.total_time(coder, len, rate));
        let try_another = self.rounds % TRY_ANOTHER_EVERY == 0 && len >= WORTH_REMEMBERING;
        // There are always two: those that stand alone.
        ranked[usize::from(try_another)]
    }

    /// Records what became of the body of a frame, whose decoding is awaited from now on.
    pub fn made(&mut self, frame: FrameId, made: Compressed) {
        if made.body >= WORTH_COMPRESSING {
            let ratio = &mut self.ratios[made.coder as usize];
            *ratio += GAIN * (made.payload as f32 / made.body as f32 - *ratio);
        }
        let CoderSpeed { decompress, .. } = self.speeds.0[made.coder as usize];
        let nanoseconds = decompress * made.body as f32 + PAINTING * made.pixels as f32;
        self.expect(frame, Kind::Sections, nanoseconds, self.viewer_slowness);
    }

    /// Records that a frame with so many pixels of video was made, whose decoding is awaited.
    pub fn made_video(&mut self, frame: FrameId, pixels: u64) {
        let nanoseconds = FILMING * pixels as f32;
        self.expect(frame, Kind::Video, nanoseconds, self.video_slowness);
    }

    fn expect(&mut self, frame: FrameId, kind: Kind, nanoseconds: f32, slowness: f32) {
        let awaited = Awaited {
            frame,
            kind,
            here: Duration::from_nanos(nanoseconds as u64),
            there: Duration::from_nanos((nanoseconds * slowness) as u64),
        };
        self.backlog.push(awaited);
    }

    /// Records how long the viewer took to decode a frame.
    pub fn decoded(&mut self, frame: FrameId, took: Duration) {
        let Some(Awaited { kind, here, .. }) = self.backlog.take(frame) else {
            return;
        };
        if here >= WORTH_OBSERVING {
            let slowness = match kind {
                Kind::Sections => &mut self.viewer_slowness,
                Kind::Video => &mut self.video_slowness,
            };
            let seen = believable(took.as_secs_f32() / here.as_secs_f32());
            *slowness += GAIN * (seen - *slowness);
        }
    }

    /// How long the viewer will be busy with the frames that it has not reported yet, by what is
    /// known of its speed.
    #[must_use]
    pub const fn backlog(&self) -> Duration {
        self.backlog.total()
    }

    /// How many times slower than this machine the viewer decodes, by what it reported.
    #[must_use]
    pub const fn viewer_slowness(&self) -> f32 {
        self.viewer_slowness
    }

    fn total_time(&self, coder: Coder, len: usize, rate: Bitrate) -> Duration {
        let speed = self.speeds.0[coder as usize];
        let nanoseconds = speed.compress + speed.decompress * self.viewer_slowness;
        let machine = Duration::from_nanos((speed.set_up + nanoseconds * len as f32) as u64);
        let bytes = ByteCount((self.ratios[coder as usize] * len as f32) as u64);
        machine + bytes.time_at(rate.min(FASTEST_CHARGED))
    }
}

/// A slowness within what is believed.
fn believable(slowness: f32) -> f32 {
    let (least, most) = BELIEVABLE_SLOWNESS;
    slowness.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painting(pixels: u64) -> Compressed {
        Compressed {
            coder: Coder::Stored,
            body: 0,
            payload: 0,
            pixels,
        }
    }

    #[test]
    fn thin_links_get_the_strongest_and_weak_viewers_the_cheapest_compressor() {
        let mut costs = Costs::new(CoderSpeeds::default(), None, true);
        assert_eq!(costs.choose(200_000, Bitrate::mbps(2)), Coder::History);
        for frame in (1..50).map(FrameId) {
            costs.made(frame, painting(2_000_000));
            costs.decoded(frame, Duration::from_millis(30));
        }
        assert_eq!(costs.choose(200_000, Bitrate::mbps(500)), Coder::Lz4);
    }

    #[test]
    fn answers_to_input_never_use_the_history() {
        let mut costs = Costs::new(CoderSpeeds::default(), None, true);
        for _ in 0..200 {
            assert_ne!(costs.choose(1000, Bitrate::kbps(100)), Coder::History);
        }
    }

    #[test]
    fn a_viewer_that_says_how_slow_it_is_gets_the_cheapest_compressor_at_once() {
        let mut quick = Costs::new(CoderSpeeds::default(), Some(1.0), true);
        let mut slow = Costs::new(CoderSpeeds::default(), Some(30.0), true);
        let rate = Bitrate::mbps(60);
        assert_ne!(quick.choose(200_000, rate), Coder::Lz4);
        assert_eq!(slow.choose(200_000, rate), Coder::Lz4);
        let liar = Costs::new(CoderSpeeds::default(), Some(f32::INFINITY), true);
        assert_eq!(liar.viewer_slowness(), BELIEVABLE_SLOWNESS.1);
    }

    #[test]
    fn what_the_viewer_has_not_decoded_is_counted_in_its_own_time() {
        let mut costs = Costs::new(CoderSpeeds::default(), Some(20.0), false);
        costs.made(FrameId(1), painting(1_000_000));
        costs.made_video(FrameId(2), 100_000);
        assert_eq!(costs.backlog(), Duration::from_millis(10 + 10));
        costs.decoded(FrameId(2), Duration::from_millis(10));
        assert_eq!(costs.backlog(), Duration::from_millis(10));
        costs.decoded(FrameId(2), Duration::from_millis(10));
        costs.decoded(FrameId(1), Duration::from_millis(10));
        assert_eq!(costs.backlog(), Duration::ZERO);
    }

    #[test]
    fn video_that_is_slow_says_nothing_about_sections() {
        let mut costs = Costs::new(CoderSpeeds::default(), None, false);
        for frame in (1..50).map(FrameId) {
            costs.made_video(frame, 1_000_000);
            costs.decoded(frame, Duration::from_millis(100));
        }
        assert_eq!(costs.viewer_slowness(), 1.0);
        costs.made_video(FrameId(50), 1_000_000);
        let next = costs.backlog().as_millis();
        assert!((99..=101).contains(&next), "{next}");
    }
}
