//! How quickly a machine decodes: a page that every machine can decode and time.
//!
//! A viewer tells the result in its greeting, so that the server knows how weak it is before it has
//! sent the first frame.

use core::time::Duration;

use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;

use crate::envelope::{Coder, Compressor};
use crate::palette::Palette;
use crate::{Canvas, CodecError, Decoder, DecoderLimits, write};

/// Letters in a row.
const COLUMNS: u32 = 32;

/// Rows of the page that is timed: enough to be long beside what a frame costs in any case, and a
/// millisecond or two on the weakest machine.
const ROWS: u32 = 8;

/// Times that it is decoded after one that only warms up; the fastest counts, because whatever else
/// the machine does only makes it slower.
const TRIES: u32 = 3;

/// Pixels that the result is for.
const MEGAPIXEL: u128 = 1_000_000;

/// What this machine takes to decode a million pixels of text that are sent without loss. `clock`
/// tells the time since some moment.
///
/// # Errors
/// [`CodecError`] if memory runs out.
pub fn megapixel_time(clock: &mut dyn FnMut() -> Duration) -> Result<Duration, CodecError> {
    let mut payload = Vec::new();
    Compressor::new(0)?.write(Coder::Lz4, &page(ROWS, 0), &mut payload)?;
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: 0,
        cache_bytes: 0,
    });
    let mut canvas = Canvas::new(size(ROWS));
    let keep = Region::new();
    let mut least = Duration::MAX;
    for round in 0..=TRIES {
        let begun = clock();
        decoder.decode(&payload, &mut canvas, &keep)?;
        let took = clock().saturating_sub(begun);
        if round > 0 {
            least = least.min(took);
        }
    }
    let nanoseconds = least.as_nanos() * MEGAPIXEL / u128::from(size(ROWS).area());
    Ok(Duration::from_nanos(
        nanoseconds.try_into().unwrap_or(u64::MAX),
    ))
}

/// The size of a page with so many rows of letters.
fn size(rows: u32) -> Size {
    Size::new(COLUMNS * 8 + 8, rows * 12 + 8)
}

/// A body with what pages consist of: so many rows of letters with soft edges, others for each seed.
#[must_use]
pub fn page(rows: u32, seed: u32) -> Vec<u8> {
    let mut canvas = Canvas::new(size(rows));
    let mut state = seed;
    for letter in 0..rows * COLUMNS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (column, row) = (letter % COLUMNS * 8, letter / COLUMNS * 12);
        // Some thirty letters, each made of a few bars.
        let shape = state >> 27;
        for bar in 0..3 {
            let (x, y) = (column + (shape + bar) % 5, row + (shape * bar) % 7);
            let bar = Rect::new(x as i32, y as i32, 1 + shape % 3, 1 + shape % 4);
            canvas.fill(&bar, shape << 3);
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
    fn the_clock_tells_how_long_a_million_pixels_take() {
        // The first time takes longest, and the third is the fastest.
        let took = [90, 20, 8, 11].map(Duration::from_micros);
        let mut looks = 0;
        let mut clock = || {
            looks += 1;
            took[..looks / 2].iter().sum()
        };
        let time = megapixel_time(&mut clock).unwrap();
        let pixels = size(ROWS).area() as u128;
        assert_eq!(time.as_nanos(), 8_000 * MEGAPIXEL / pixels);
        assert_eq!(looks, 8);
    }

    #[test]
    fn bodies_differ_in_size_and_content() {
        let [small, other, large] = [page(1, 1), page(1, 2), page(8, 1)];
        assert!(small != other && large.len() > 4 * small.len());
    }
}
