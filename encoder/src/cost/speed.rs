//! How fast this machine compresses, measured once at the start.

use core::time::Duration;

use hackstream_codec::CodecError;
use hackstream_codec::envelope::{Coder, Compressor, Decompressor};
use hackstream_codec::gauge::page;

/// Times that each compressor is tried; the fastest counts, because whatever else the machine does
/// only makes it slower.
const TRIES: u32 = 3;

/// Rows of letters in the bodies: two sizes tell what every body takes and what every byte.
const SMALL: u32 = 1;
const LARGE: u32 = 8;

/// Reach of the history that is measured.
const HISTORY_BYTES: usize = 1 << 20;

/// What a compressor takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoderSpeed {
    /// Nanoseconds for any body, compressing.
    pub set_up: f32,
    /// Nanoseconds per byte of the body, compressing.
    pub compress: f32,
    /// Nanoseconds per byte of the body, decompressing.
    pub decompress: f32,
}

/// How fast the compressors are on this machine, in the order of [`Coder::ALL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoderSpeeds(pub [CoderSpeed; Coder::ALL.len()]);

impl Default for CoderSpeeds {
    /// Those of a server's core at 2.5 GHz.
    fn default() -> Self {
        let speed = |set_up, compress, decompress| CoderSpeed {
            set_up,
            compress,
            decompress,
        };
        Self([
            speed(0.0, 0.05, 0.0),
            speed(2_000.0, 1.0, 0.3),
            speed(30_000.0, 2.5, 0.9),
            speed(30_000.0, 5.0, 1.0),
        ])
    }
}

impl CoderSpeeds {
    /// Measures them with bodies like those of a page; takes some milliseconds. `clock` tells the
    /// time since some moment.
    ///
    /// # Errors
    /// [`CodecError`] if memory runs out.
    pub fn measure(clock: &mut dyn FnMut() -> Duration) -> Result<Self, CodecError> {
        let mut speeds = Self::default();
        for (coder, speed) in Coder::ALL.into_iter().zip(&mut speeds.0) {
            *speed = measure(coder, clock)?;
        }
        Ok(speeds)
    }
}

fn measure(coder: Coder, clock: &mut dyn FnMut() -> Duration) -> Result<CoderSpeed, CodecError> {
    let mut compressor = Compressor::new(HISTORY_BYTES)?;
    let mut decompressor = Decompressor::new(HISTORY_BYTES);
    // The first round only warms up.
    let (mut small, mut large) = ([Duration::MAX; 2], [Duration::MAX; 2]);
    for round in 0..=TRIES {
        for (rows, least) in [(SMALL, &mut small), (LARGE, &mut large)] {
            // Another one each time: a history that knows the body already would be too fast.
            let body = page(rows, round * 2 + rows);
            let mut payload = Vec::with_capacity(body.len() * 2);
            let begun = clock();
            compressor.write(coder, &body, &mut payload)?;
            let written = clock();
            decompressor.read(&payload)?;
            let read = clock();
            if round > 0 {
                let took = [written.saturating_sub(begun), read.saturating_sub(written)];
                *least = [least[0].min(took[0]), least[1].min(took[1])];
            }
        }
    }
    let bytes = [page(SMALL, 0).len(), page(LARGE, 0).len()];
    Ok(fit(bytes, small, large))
}

/// What a compressor takes that compressed and decompressed two bodies of so many `bytes` in the
/// times `small` and `large`.
fn fit(bytes: [usize; 2], small: [Duration; 2], large: [Duration; 2]) -> CoderSpeed {
    let more_bytes = (bytes[1] - bytes[0]) as f32;
    let per_byte = |small: Duration, large: Duration| {
        large.saturating_sub(small).as_nanos() as f32 / more_bytes
    };
    let compress = per_byte(small[0], large[0]);
    CoderSpeed {
        set_up: (small[0].as_nanos() as f32 - compress * bytes[0] as f32).max(0.0),
        compress,
        decompress: per_byte(small[1], large[1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_what_the_clock_says() {
        // A clock that moves by a millisecond whenever it is looked at: nothing depends on bytes.
        let mut millis = 0;
        let mut clock = || {
            millis += 1;
            Duration::from_millis(millis)
        };
        for speed in CoderSpeeds::measure(&mut clock).unwrap().0 {
            let expected = CoderSpeed {
                set_up: 1e6,
                compress: 0.0,
                decompress: 0.0,
            };
            assert_eq!(speed, expected);
        }
    }

    #[test]
    fn two_sizes_tell_what_every_body_and_what_every_byte_takes() {
        let micros = Duration::from_micros;
        let speed = fit(
            [1_000, 9_000],
            [micros(30 + 2), micros(1)],
            [micros(30 + 18), micros(9)],
        );
        let expected = CoderSpeed {
            set_up: 30_000.0,
            compress: 2.0,
            decompress: 1.0,
        };
        assert_eq!(speed, expected);
    }
}
