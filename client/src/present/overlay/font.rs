//! Letters of a small built-in font: notices must not cost the memory of a font renderer.

use hackstream_protocol::geometry::{Point, Rect, Window};

use super::super::blit::Target;
use super::glyphs::GLYPHS;

/// Pixels of one letter, before it is enlarged.
pub(super) const GLYPH_WIDTH: u32 = 6;
pub(super) const GLYPH_HEIGHT: u32 = 15;

/// Shown for letters that the font lacks.
const REPLACEMENT: char = '?';

impl Target<'_> {
    /// Writes a line of text, its top left corner at `at`, each pixel of the letters enlarged to
    /// `scale` by `scale`. Draws nothing outside of `clip`.
    pub(super) fn text(
        &mut self,
        text: &str,
        at: Point<Window>,
        scale: u32,
        clip: &Rect<Window>,
        colour: u32,
    ) {
        let advance = (GLYPH_WIDTH * scale) as i32;
        let mut left = at.x;
        for letter in text.chars() {
            if left >= clip.right {
                return;
            }
            for (index, &bits) in glyph(letter).iter().enumerate() {
                let top = at.y + (index as u32 * scale) as i32;
                self.glyph_row(bits, Point::new(left, top), scale, clip, colour);
            }
            left += advance;
        }
    }

    fn glyph_row(
        &mut self,
        bits: u8,
        at: Point<Window>,
        scale: u32,
        clip: &Rect<Window>,
        colour: u32,
    ) {
        for column in (0..GLYPH_WIDTH).filter(|c| bits >> (GLYPH_WIDTH - 1 - c) & 1 == 1) {
            let left = at.x + (column * scale) as i32;
            let dot = Rect::new(left, at.y, scale, scale).intersection(clip);
            self.fill(&dot, colour);
        }
    }
}

fn glyph(letter: char) -> &'static [u8; GLYPH_HEIGHT as usize] {
    let index = |letter: char| (letter as usize).checked_sub(' ' as usize);
    let known = index(letter).and_then(|index| GLYPHS.get(index));
    known.unwrap_or(&GLYPHS[REPLACEMENT as usize - ' ' as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: u32 = 0x00ff_ffff;

    fn drawn(text: &str, scale: u32, clip: &Rect<Window>) -> Vec<u32> {
        let mut pixels = vec![0; 40 * 40];
        let mut target = Target::new(&mut pixels, Rect::new(0, 0, 40, 40));
        target.text(text, Point::new(2, 1), scale, clip, INK);
        pixels
    }

    fn ink(pixels: &[u32]) -> usize {
        pixels.iter().filter(|&&pixel| pixel == INK).count()
    }

    #[test]
    fn letters_have_the_ink_of_their_bitmaps() {
        let all = Rect::new(0, 0, 40, 40);
        let expected: u32 = glyph('I').iter().map(|row| row.count_ones()).sum();
        assert_eq!(ink(&drawn("I", 1, &all)), expected as usize);
        assert_eq!(ink(&drawn("I", 2, &all)), 4 * expected as usize);
        assert_eq!(drawn("\u{e9}", 1, &all), drawn("?", 1, &all));
        assert_eq!(ink(&drawn(" ", 1, &all)), 0);
    }

    #[test]
    fn nothing_is_drawn_outside_of_the_clip_and_of_the_target() {
        let clip = Rect::new(4, 3, 9, 20);
        let pixels = drawn("WWWWWWWWWWWWWWWWWWWW", 3, &clip);
        for (index, &pixel) in pixels.iter().enumerate() {
            let at = Point::new((index % 40) as i32, (index / 40) as i32);
            assert!(pixel == 0 || clip.contains_point(at), "{at:?}");
        }
        assert!(ink(&pixels) > 0);
        drawn("WWWW", 9, &Rect::new(-100, -100, 900, 900));
    }
}
