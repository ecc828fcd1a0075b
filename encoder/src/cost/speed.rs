//! How fast this machine compresses, measured once at the start.

use core::time::Duration;

use hackstream_codec::envelope::{Coder, Compressor, Decompressor};
use hackstream_codec::palette::Palette;
use hackstream_codec::{Canvas, CodecError, write};
use hackstream_protocol::geometry::{Rect, Size};

/// Times that each compressor is tried; the fastest counts, because whatever else the machine does
/// only makes it slower.
const TRIES: u32 = 3;

/// Of the history that is measured with.
const HISTORY_BYTES: usize = 1 << 20;

/// Nanoseconds per byte of a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoderSpeed {
    /// Compressing.
    pub compress: f32,
    /// Decompressing.
    pub decompress: f32,
}

/// How fast the compressors are on this machine, in the order of [`Coder::ALL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoderSpeeds(pub [CoderSpeed; Coder::ALL.len()]);

impl Default for CoderSpeeds {
    /// Those of a server's core at 2.5 GHz.
    fn default() -> Self {
        let speed = |compress, decompress| CoderSpeed {
            compress,
            decompress,
        };
        Self([
            speed(0.05, 0.0),
            speed(1.0, 0.3),
            speed(2.5, 0.9),
            speed(5.0, 1.0),
        ])
    }
}

impl CoderSpeeds {
    /// Measures them with a body like that of a page; takes some milliseconds. `clock` tells the
    /// time since some moment.
    ///
    /// # Errors
    /// [`CodecError`] if memory runs out.
    pub fn measure(clock: &mut dyn FnMut() -> Duration) -> Result<Self, CodecError> {
        let body = page();
        let mut speeds = Self::default();
        for (coder, speed) in Coder::ALL.into_iter().zip(&mut speeds.0) {
            let (mut compress, mut decompress) = (Duration::MAX, Duration::MAX);
            for _ in 0..TRIES {
                // Fresh each time: a history that knows the body already would be too fast.
                let mut compressor = Compressor::new(HISTORY_BYTES)?;
                let mut decompressor = Decompressor::new(HISTORY_BYTES);
                let mut payload = Vec::with_capacity(body.len() * 2);
                let begun = clock();
                compressor.write(coder, &body, &mut payload)?;
                let written = clock();
                decompressor.read(&payload)?;
                decompress = decompress.min(clock().saturating_sub(written));
                compress = compress.min(written.saturating_sub(begun));
            }
            let per_byte = |time: Duration| time.as_nanos() as f32 / body.len() as f32;
            *speed = CoderSpeed {
                compress: per_byte(compress),
                decompress: per_byte(decompress),
            };
        }
        Ok(speeds)
    }
}

/// A body with what pages consist of: letters with soft edges, and a gradient.
fn page() -> Vec<u8> {
    let mut canvas = Canvas::new(Size::new(528, 144));
    let mut state = 1u32;
    for letter in 0..700 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (column, row) = (letter % 64 * 8, letter / 64 * 12);
        // Some thirty letters, each made of a few bars.
        let shape = state >> 27;
        for bar in 0..3 {
            let (x, y) = (
                column + (shape as i32 + bar) % 5,
                row + (shape as i32 * bar) % 7,
            );
            canvas.fill(&Rect::new(x, y, 1 + shape % 3, 1 + shape % 4), shape << 3);
        }
    }
    let mut body = Vec::new();
    let (mut palette, mut indices) = (Palette::new(), Vec::new());
    let area = canvas.bounds();
    for y in area.top..area.bottom {
        // Thirty-two letters' colours fit any table.
        palette.index_row(canvas.span(&area, y), &mut indices);
    }
    write::indexed(&mut body, &palette, &[area], &indices);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_what_the_clock_says() {
        // A clock that moves a millisecond whenever it is looked at.
        let mut millis = 0;
        let mut clock = || {
            millis += 1;
            Duration::from_millis(millis)
        };
        let speeds = CoderSpeeds::measure(&mut clock).unwrap();
        let per_byte = 1e6 / page().len() as f32;
        for speed in speeds.0 {
            assert!((speed.compress - per_byte).abs() < 0.01, "{speed:?}");
            assert!((speed.decompress - per_byte).abs() < 0.01, "{speed:?}");
        }
    }
}
