//! Cutting a picture of two colours into letters.
//!
//! The picture is cut where it is blank: first at wide vertical gaps, so that columns of text are
//! looked at one by one, then between lines, then between letters. A recursive "XY cut" as in
//! document analysis, on bits.

use hackstream_codec::Canvas;
use hackstream_codec::bits::bits_of;
use hackstream_codec::symbols::{MAX_STAMPS, SHAPE_EDGE, Shape};
use hackstream_protocol::geometry::Rect;

/// Blank columns that separate columns of text, not words.
const GUTTER: usize = 24;

/// A letter higher than this may be two, one above the other beside a line between them, and is
/// cut once more.
const TALL: usize = 24;

/// Pixels of the largest picture that is cut: rectangles spread wider than that are mostly gaps.
const MOST_PIXELS: u64 = 1 << 21;

/// A shape where it stands.
#[derive(Debug)]
pub(crate) struct Letter {
    /// The pixels around it.
    pub area: Rect,
    /// What it looks like.
    pub shape: Shape,
}

/// Cuts pictures into letters; holds the buffers for it.
#[derive(Debug, Default)]
pub(crate) struct Segmenter {
    bits: Bits,
    letters: Vec<Letter>,
    /// Rows of earlier letters, to be filled again.
    spare: Vec<Vec<u64>>,
}

/// A picture of bits: rows of words, the leftmost pixel in the lowest bit.
#[derive(Debug, Default)]
struct Bits {
    /// Words of a row; one more than needed, so that reading across the end stays inside.
    stride: usize,
    words: Vec<u64>,
    profile: Vec<u64>,
}

/// A part of [`Bits`]: columns and rows, ends exclusive.
#[derive(Clone, Copy, Debug)]
struct Part {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl Segmenter {
    /// Cuts `rects` of `canvas` into letters, which are what has the colour `ink`. False if the
    /// rectangles spread over too large an area or hold shapes that are no letters.
    pub(crate) fn cut(&mut self, canvas: &Canvas, ink: u32, rects: &[Rect]) -> bool {
        let used = self.letters.drain(..);
        self.spare.extend(used.map(|letter| letter.shape.rows));
        let bounds = rects
            .iter()
            .fold(Rect::from_edges(0, 0, 0, 0), |all, r| all.bounding(r));
        if bounds.area() > MOST_PIXELS || bounds.is_empty() {
            return false;
        }
        self.bits.load(canvas, ink, rects, &bounds);
        let whole = Part {
            left: 0,
            right: bounds.width() as usize,
            top: 0,
            bottom: bounds.height() as usize,
        };
        let Self {
            bits,
            letters,
            spare,
        } = self;
        let Bits {
            stride,
            words,
            profile,
        } = bits;
        let picture = Picture {
            stride: *stride,
            words,
        };
        let mut fits = true;
        let mut inner = Vec::new();
        picture.columns(whole, GUTTER, profile, &mut |column| {
            picture.rows(column, &mut |line| {
                picture.columns(line, 1, &mut inner, &mut |part| {
                    picture.rows_if_tall(part, &mut |part| {
                        fits &= picture.take(part, &bounds, letters, spare);
                    });
                });
            });
        });
        fits
    }

    /// The letters of the last cut, line by line.
    #[must_use]
    pub(crate) fn letters(&self) -> &[Letter] {
        &self.letters
    }
}

impl Bits {
    fn load(&mut self, canvas: &Canvas, ink: u32, rects: &[Rect], bounds: &Rect) {
        self.stride = (bounds.width() as usize).div_ceil(64) + 1;
        self.words.clear();
        self.words.resize(self.stride * bounds.height() as usize, 0);
        for rect in rects {
            let first = (rect.left - bounds.left) as usize;
            for y in rect.top..rect.bottom {
                let row = &mut self.words[(y - bounds.top) as usize * self.stride..];
                set_bits(&mut row[..self.stride], first, canvas.span(rect, y), ink);
            }
        }
    }
}

/// Sets the bits from `first` on where `pixels` are `ink`.
fn set_bits(row: &mut [u64], first: usize, pixels: &[u32], ink: u32) {
    let mut at = first;
    let mut rest = pixels;
    while !rest.is_empty() {
        let (word, shift) = (at / 64, at % 64);
        let (now, later) = rest.split_at(rest.len().min(64 - shift));
        let bytes = now.chunks(8).zip((0..64).step_by(8));
        let bits = bytes.map(|(pixels, place)| u64::from(bits_of(pixels, ink)) << place);
        row[word] |= bits.fold(0, |all, byte| all | byte) << shift;
        at += now.len();
        rest = later;
    }
}

/// A view of the bits.
#[derive(Clone, Copy)]
struct Picture<'a> {
    stride: usize,
    words: &'a [u64],
}

impl Picture<'_> {
    /// Up to 64 pixels of row `y` from column `x` on.
    #[inline]
    fn window(&self, x: usize, y: usize, width: usize) -> u64 {
        let (word, shift) = (y * self.stride + x / 64, x % 64);
        let [low, high] = [self.words[word], self.words[word + 1]];
        // In two steps, because shifting by 64 is no shift.
        let both = low >> shift | high << 1 << (63 - shift);
        both & (u64::MAX >> (64 - width))
    }

    fn row_has_ink(&self, part: Part, y: usize) -> bool {
        let mut x = part.left;
        while x < part.right {
            let width = (part.right - x).min(64);
            if self.window(x, y, width) != 0 {
                return true;
            }
            x += width;
        }
        false
    }

    /// Calls `each` for every run of rows with ink.
    fn rows(&self, part: Part, each: &mut dyn FnMut(Part)) {
        let mut top = None;
        for y in part.top..=part.bottom {
            let ink = y < part.bottom && self.row_has_ink(part, y);
            match (top, ink) {
                (None, true) => top = Some(y),
                (Some(first), false) => {
                    each(Part {
                        top: first,
                        bottom: y,
                        ..part
                    });
                    top = None;
                }
                _ => {}
            }
        }
    }

    fn rows_if_tall(&self, part: Part, each: &mut dyn FnMut(Part)) {
        if part.bottom - part.top > TALL {
            self.rows(part, each)
        } else {
            each(part)
        }
    }

    /// Calls `each` for every run of columns with ink, gaps of less than `gap` columns included.
    fn columns(&self, part: Part, gap: usize, profile: &mut Vec<u64>, each: &mut dyn FnMut(Part)) {
        self.profile(part, profile);
        let width = part.right - part.left;
        let mut next = 0;
        while let Some(first) = next_bit(profile, next, width, true) {
            let mut end = next_bit(profile, first, width, false).unwrap_or(width);
            while let Some(more) = next_bit(profile, end, width, true) {
                if more - end >= gap {
                    break;
                }
                end = next_bit(profile, more, width, false).unwrap_or(width);
            }
            each(Part {
                left: part.left + first,
                right: part.left + end,
                ..part
            });
            next = end;
        }
    }

    /// Which columns of the part have ink.
    fn profile(&self, part: Part, profile: &mut Vec<u64>) {
        profile.clear();
        profile.resize((part.right - part.left).div_ceil(64), 0);
        for y in part.top..part.bottom {
            for (i, word) in profile.iter_mut().enumerate() {
                let x = part.left + i * 64;
                *word |= self.window(x, y, (part.right - x).min(64));
            }
        }
    }

    /// Adds the ink of a part as letters; one that is too wide or too high is cut into pieces that
    /// are not. False if that is so often that it is no text.
    fn take(
        &self,
        part: Part,
        bounds: &Rect,
        letters: &mut Vec<Letter>,
        spare: &mut Vec<Vec<u64>>,
    ) -> bool {
        for top in (part.top..part.bottom).step_by(SHAPE_EDGE) {
            for left in (part.left..part.right).step_by(SHAPE_EDGE) {
                let piece = Part {
                    left,
                    right: part.right.min(left + SHAPE_EDGE),
                    top,
                    bottom: part.bottom.min(top + SHAPE_EDGE),
                };
                letters.extend(self.letter(piece, bounds, spare));
            }
        }
        letters.len() <= MAX_STAMPS
    }

    /// The ink of a part, trimmed of blank rows; `None` if there is none.
    fn letter(&self, part: Part, bounds: &Rect, spare: &mut Vec<Vec<u64>>) -> Option<Letter> {
        let width = part.right - part.left;
        let row = |y: usize| self.window(part.left, y, width);
        let top = (part.top..part.bottom).find(|&y| row(y) != 0)?;
        let mut rows = spare.pop().unwrap_or_default();
        rows.clear();
        rows.extend((top..part.bottom).map(row));
        let blank = rows.iter().rev().take_while(|&&row| row == 0).count();
        rows.truncate(rows.len() - blank);
        let bottom = top + rows.len();
        let area = Rect::new(
            bounds.left + part.left as i32,
            bounds.top + top as i32,
            width as u32,
            (bottom - top) as u32,
        );
        Some(Letter {
            area,
            shape: Shape {
                width: width as u8,
                rows,
            },
        })
    }
}

/// The first place from `from` on, before `end`, where the bit is `value`.
fn next_bit(words: &[u64], from: usize, end: usize, value: bool) -> Option<usize> {
    let mut at = from;
    while at < end {
        let word = words[at / 64] >> (at % 64);
        let zeros = if value { word } else { !word }.trailing_zeros() as usize;
        let step = zeros.min(64 - at % 64);
        if step < 64 - at % 64 {
            return Some(at + step).filter(|&found| found < end);
        }
        at += step;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;
    use proptest::prelude::*;

    fn repaint(
        canvas: &Canvas,
        letters: &[Letter],
        paper: u32,
        ink: u32,
        rects: &[Rect],
    ) -> Canvas {
        let mut copy = canvas.clone();
        rects.iter().for_each(|rect| copy.fill(rect, paper));
        for letter in letters {
            for (y, &row) in (letter.area.top..).zip(&letter.shape.rows) {
                for (x, pixel) in copy.span_mut(&letter.area, y).iter_mut().enumerate() {
                    if row >> x & 1 == 1 {
                        *pixel = ink;
                    }
                }
            }
        }
        copy
    }

    proptest! {
        #[test]
        fn letters_hold_all_ink(
            dots in proptest::collection::vec((0..300i32, 0..90i32, 1..40u32, 1..20u32), 0..60),
        ) {
            let mut canvas = Canvas::new(Size::new(340, 110));
            let rects = [Rect::new(5, 3, 100, 100), Rect::new(105, 0, 200, 40)];
            let area: hackstream_protocol::region::Region = rects.into_iter().collect();
            rects.iter().for_each(|rect| canvas.fill(rect, 9));
            for (x, y, w, h) in dots {
                for part in area.clipped(&Rect::new(x, y, w, h)).rects() {
                    canvas.fill(part, 7);
                }
            }
            let mut segmenter = Segmenter::default();
            prop_assert!(segmenter.cut(&canvas, 7, &rects));
            prop_assert!(repaint(&canvas, segmenter.letters(), 9, 7, &rects) == canvas);
        }
    }

    #[test]
    fn equal_letters_are_equal_shapes_wherever_they_stand() {
        let mut canvas = Canvas::new(Size::new(200, 60));
        for (x, y) in [(3, 3), (60, 3), (133, 30)] {
            canvas.fill(&Rect::new(x, y, 2, 9), 7);
            canvas.fill(&Rect::new(x, y + 4, 6, 2), 7);
        }
        let mut segmenter = Segmenter::default();
        assert!(segmenter.cut(&canvas, 7, &[canvas.bounds()]));
        let letters = segmenter.letters();
        assert_eq!(letters.len(), 3);
        assert!(
            letters
                .iter()
                .all(|letter| letter.shape == letters[0].shape)
        );
    }
}
