//! A film whose pictures tell their numbers, however blurred they are.

use std::time::Duration;

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::Rect;
use hackstream_simulation::random::Random;

/// Edge of the squares in the film's first row of which each is one bit of the number.
const BIT: u32 = 16;
const BITS: usize = 8;

/// A film, or one picture of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Film {
    /// Where it plays.
    pub(crate) area: Rect,
    /// Time between pictures.
    pub(crate) every: Duration,
    /// Levels of the noise that is new in each picture, a power of two: it decides how many bytes
    /// a picture takes.
    pub(crate) grain: u32,
    /// Pictures between cuts to another scene.
    pub(crate) cut: usize,
}

impl Film {
    /// 30 pictures a second.
    pub(crate) const fn new(area: Rect, grain: u32) -> Self {
        Self {
            area,
            every: Duration::from_micros(33_333),
            grain,
            cut: usize::MAX,
        }
    }

    pub(crate) const fn photograph(area: Rect) -> Self {
        Self::new(area, 16)
    }

    /// Paints the picture of a number: a slope that moves, grain on it, and the number.
    pub(crate) fn paint(&self, canvas: &mut Canvas, number: usize, random: &mut Random) {
        let scene = number / self.cut;
        let shift = (number * 3 + scene * 101) as u32;
        let phase = random.next() as u32 & 0xff;
        let colours = if self.every.is_zero() { phase } else { 0 };
        for y in self.area.top..self.area.bottom {
            let mut noise = 0;
            for (x, pixel) in (0u32..).zip(canvas.span_mut(&self.area, y)) {
                if x % 8 == 0 {
                    noise = random.next();
                }
                let at = x + shift;
                let bump = (at * at / 64 + (y as u32 * (3 + scene as u32 % 5)) + colours) % 160;
                let grain = (noise >> (x % 8 * 8)) as u32 % self.grain;
                let level = 32 + bump / 2 + grain;
                *pixel = level << 16 | (level + (at / 7 % 24)) << 8 | (level ^ 0x1f);
            }
        }
        for bit in 0..BITS {
            let colour = if number >> bit & 1 == 1 {
                0x00ff_ffff
            } else {
                0
            };
            canvas.fill(&self.bit(bit), colour);
        }
    }

    fn bit(&self, bit: usize) -> Rect {
        let left = self.area.left + (bit as u32 * BIT) as i32;
        Rect::new(left, self.area.top, BIT, BIT)
    }

    /// The number of the newest of `count` pictures that this may be.
    pub(crate) fn number_in(&self, canvas: &Canvas, count: usize) -> Option<usize> {
        let cycle = 1 << BITS;
        let code = (0..BITS).fold(0, |code, bit| {
            let square = self.bit(bit);
            let row = canvas.span(&square, square.top + BIT as i32 / 2);
            let is_set = row[BIT as usize / 2] >> 8 & 0xff > 127;
            code | usize::from(is_set) << bit
        });
        let newest = count.checked_sub(1)?;
        newest.checked_sub((newest + cycle - code) % cycle)
    }
}
