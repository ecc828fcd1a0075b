//! Which compressor takes the least time in all: on the server, on the wire and in the viewer.

use core::time::Duration;

use hackstream_codec::envelope::Coder;
use hackstream_protocol::units::{Bitrate, ByteCount};

/// Above this rate bytes are charged as if the link were no faster: it is shared with others, and
/// radio links that look fast pay for every byte with air time.
const FASTEST_CHARGED: Bitrate = Bitrate::mbps(200);

/// Bodies shorter than this are not worth a compressor's set-up.
const WORTH_COMPRESSING: usize = 64;

/// Bodies shorter than this never use the history: they are mostly answers to input and must not
/// wait for an earlier frame that was lost.
const WORTH_REMEMBERING: usize = 4096;

/// How fast a compressor is and what it achieves.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    /// Nanoseconds per byte of the body, compressing.
    compress: f32,
    /// Nanoseconds per byte of the body, decompressing, on a machine like the server.
    decompress: f32,
    /// Compressed bytes per byte of the body, as seen lately.
    ratio: f32,
}

/// What is known about the compressors and about one viewer.
#[derive(Clone, Debug)]
pub struct Costs {
    estimates: [Estimate; Coder::ALL.len()],
    /// How much slower than the server the viewer decodes.
    viewer_slowness: f32,
    has_history: bool,
    rounds: u32,
}

/// Every so many bodies another compressor gets a try, so that its ratio stays known.
const TRY_ANOTHER_EVERY: u32 = 64;

/// Weight of a new observation.
const GAIN: f32 = 0.25;

impl Costs {
    /// What can be assumed at the start.
    #[must_use]
    pub const fn new(has_history: bool) -> Self {
        Self {
            // Stored, LZ4, Zstandard level 1, history level 3; measured on a 2.5 GHz server core
            // with rows of text and interface elements.
            estimates: [
                Estimate {
                    compress: 0.05,
                    decompress: 0.0,
                    ratio: 1.0,
                },
                Estimate {
                    compress: 1.0,
                    decompress: 0.3,
                    ratio: 0.30,
                },
                Estimate {
                    compress: 2.5,
                    decompress: 0.9,
                    ratio: 0.20,
                },
                Estimate {
                    compress: 5.0,
                    decompress: 1.0,
                    ratio: 0.18,
                },
            ],
            viewer_slowness: 1.0,
            has_history,
            rounds: 0,
        }
    }

    /// The compressor with the least total time for a body of `len` bytes at `rate`.
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
        let second = self.rounds % TRY_ANOTHER_EVERY == 0 && len >= WORTH_REMEMBERING;
        ranked[usize::from(second && ranked.len() > 1)]
    }

    /// Records what a compressor made of a body.
    pub fn observe_size(&mut self, coder: Coder, len: usize, compressed: usize) {
        if len >= WORTH_COMPRESSING {
            let estimate = &mut self.estimates[coder as usize];
            estimate.ratio += GAIN * (compressed as f32 / len as f32 - estimate.ratio);
        }
    }

    /// Records how long the viewer took for a frame that a machine like the server decodes in
    /// `expected`.
    pub fn observe_decoding(&mut self, expected: Duration, took: Duration) {
        if expected >= Duration::from_micros(100) {
            let slowness = took.as_secs_f32() / expected.as_secs_f32();
            self.viewer_slowness += GAIN * (slowness.clamp(0.2, 50.0) - self.viewer_slowness);
        }
    }

    fn total_time(&self, coder: Coder, len: usize, rate: Bitrate) -> Duration {
        let estimate = self.estimates[coder as usize];
        let nanoseconds = estimate.compress + estimate.decompress * self.viewer_slowness;
        let machine = Duration::from_nanos((nanoseconds * len as f32) as u64);
        let bytes = ByteCount((estimate.ratio * len as f32) as u64);
        machine + bytes.time_at(rate.min(FASTEST_CHARGED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thin_links_get_the_strongest_and_weak_viewers_the_cheapest_compressor() {
        let mut costs = Costs::new(true);
        assert_eq!(costs.choose(200_000, Bitrate::mbps(2)), Coder::History);
        for _ in 0..50 {
            costs.observe_decoding(Duration::from_millis(1), Duration::from_millis(30));
        }
        assert_eq!(costs.choose(200_000, Bitrate::mbps(500)), Coder::Lz4);
    }

    #[test]
    fn answers_to_input_never_use_the_history() {
        let mut costs = Costs::new(true);
        for _ in 0..200 {
            assert_ne!(costs.choose(1000, Bitrate::kbps(100)), Coder::History);
        }
    }
}
