//! Making pixels of the average of the area that they stand for.
//!
//! Nothing of the screen is left out and nothing counts twice, so thin strokes stay visible, and what is
//! of one colour keeps it exactly. Where two pixels of the screen make one, and three or four, no pixel
//! takes from its neighbours' area.
//!
//! Sums of weights are 2^8 along each edge, so sums of weighted channels fit into 16 bits after the
//! first and into 24 after the second: two channels share a word, and the loops become wide.

use std::ops::Range;

use hackstream_codec::Canvas;
use hackstream_protocol::fit::Fit;
use hackstream_protocol::geometry::{Point, Rect};
use hackstream_protocol::source::PixelSource;

/// The sum of all weights of a pixel along one edge.
const WHOLE: u64 = 1 << 8;

/// Red and blue of a pixel.
const RED_BLUE: u32 = 0x00ff_00ff;

/// Half of what the last shift drops.
const HALF: u32 = 1 << 15;

/// Scales parts of a screen, with buffers of its own.
pub(super) struct Scaler {
    fit: Fit,
    columns: Axis,
    rows: Axis,
    /// A row of the screen.
    row: Vec<u32>,
    /// Weighted sums of rows: red in the upper and blue in the lower half, and green.
    red_blue: Vec<u32>,
    green: Vec<u32>,
}

impl Scaler {
    pub(super) fn new(fit: Fit) -> Self {
        let (screen, picture) = (fit.screen(), fit.picture());
        Self {
            fit,
            columns: Axis::new(screen.width, picture.width),
            rows: Axis::new(screen.height, picture.height),
            row: Vec::new(),
            red_blue: Vec::new(),
            green: Vec::new(),
        }
    }

    /// Brings `rect` of `picture` up to date with `screen`, where what it shows was fetched.
    pub(super) fn scale(&mut self, screen: &dyn PixelSource, rect: &Rect, picture: &mut Canvas) {
        let rect = rect.intersection(&picture.bounds());
        if rect.is_empty() {
            return;
        }
        let from = self.fit.screen_of(&rect);
        for buffer in [&mut self.row, &mut self.red_blue, &mut self.green] {
            buffer.resize(from.width() as usize, 0);
        }
        for y in rect.top..rect.bottom {
            self.add_rows(screen, from.left, y);
            let row = picture.span_mut(&rect, y);
            for (pixel, x) in row.iter_mut().zip(rect.left..) {
                *pixel = self.pixel(x, from.left);
            }
        }
    }

    /// Sums up the rows of the screen that make row `y` of the picture, from the column `left` on.
    fn add_rows(&mut self, screen: &dyn PixelSource, left: i32, y: i32) {
        self.red_blue.fill(0);
        self.green.fill(0);
        let (rows, weights) = self.rows.pixel(y as usize);
        for (row, &weight) in rows.zip(weights) {
            if weight == 0 {
                continue;
            }
            screen.read_row(Point::new(left, row as i32), &mut self.row);
            let sums = self.red_blue.iter_mut().zip(&mut self.green);
            for ((red_blue, green), pixel) in sums.zip(&self.row) {
                *red_blue += (pixel & RED_BLUE) * weight;
                *green += ((pixel >> 8) & 0xff) * weight;
            }
        }
    }

    /// The pixel in column `x` of the picture, from the sums that begin with the screen's column `left`.
    fn pixel(&self, x: i32, left: i32) -> u32 {
        let (columns, weights) = self.columns.pixel(x as usize);
        let columns = columns.start - left as usize..columns.end - left as usize;
        let sums = self.red_blue[columns.clone()]
            .iter()
            .zip(&self.green[columns]);
        let (mut red, mut green, mut blue) = (HALF, HALF, HALF);
        for ((red_blue, sum), &weight) in sums.zip(weights) {
            red += (red_blue >> 16) * weight;
            blue += (red_blue & 0xffff) * weight;
            green += sum * weight;
        }
        (red & 0x00ff_0000) | ((green >> 8) & 0xff00) | (blue >> 16)
    }
}

/// Which pixels along an edge of the screen make each one of the picture, and how much they count.
struct Axis {
    /// Of each pixel: its first on the screen, and where its weights begin; one more at the end.
    starts: Vec<(usize, usize)>,
    weights: Vec<u32>,
}

impl Axis {
    fn new(screen: u32, picture: u32) -> Self {
        let (screen, picture) = (u64::from(screen), u64::from(picture));
        let mut axis = Self {
            starts: Vec::with_capacity(picture as usize + 1),
            weights: Vec::new(),
        };
        for at in 0..picture {
            let (begin, end) = (at * screen, (at + 1) * screen);
            let first = begin / picture;
            axis.starts.push((first as usize, axis.weights.len()));
            let mut given = 0;
            for pixel in first..end.div_ceil(picture) {
                // Rounding the sum so far, not each weight: then they add up to the whole.
                let covered = end.min((pixel + 1) * picture) - begin;
                let sum = (covered * WHOLE + screen / 2) / screen;
                axis.weights.push((sum - given) as u32);
                given = sum;
            }
        }
        axis.starts.push((0, axis.weights.len()));
        axis
    }

    /// The pixels of the screen that make the pixel `at` of the picture, and their weights.
    fn pixel(&self, at: usize) -> (Range<usize>, &[u32]) {
        let (first, begin) = self.starts[at];
        let (_, end) = self.starts[at + 1];
        (first..first + end - begin, &self.weights[begin..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn weights_are_whole_and_within_the_screen(screen in 1..5000_u32, part in 1..5000_u32) {
            let picture = part.min(screen);
            let axis = Axis::new(screen, picture);
            for at in 0..picture as usize {
                let (pixels, weights) = axis.pixel(at);
                prop_assert_eq!(weights.iter().sum::<u32>(), WHOLE as u32);
                prop_assert!(pixels.end <= screen as usize);
                prop_assert_eq!(pixels.len(), weights.len());
            }
        }
    }
}
