//! Text as 1-bit pictures in the layout an X server expects.

use x11rb::protocol::xproto::{ImageOrder, Setup};

use super::glyphs::GLYPHS;

/// Pixels of one letter.
pub(super) const GLYPH_WIDTH: u16 = 9;
pub(super) const GLYPH_HEIGHT: u16 = 15;

/// How the X server wants the bits of a 1-bit picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitLayout {
    leftmost_first: bool,
    pad_bits: usize,
}

impl BitLayout {
    pub(super) fn of(setup: &Setup) -> Self {
        Self {
            leftmost_first: setup.bitmap_format_bit_order == ImageOrder::MSB_FIRST,
            pad_bits: usize::from(setup.bitmap_format_scanline_pad).max(8),
        }
    }

    /// One line of text as rows of padded bits; letters outside ASCII become spaces.
    pub(super) fn render(self, text: &[u8]) -> Vec<u8> {
        let width = text.len() * usize::from(GLYPH_WIDTH);
        let row_bytes = width.div_ceil(self.pad_bits) * self.pad_bits / 8;
        let mut bits = vec![0; row_bytes * usize::from(GLYPH_HEIGHT)];
        for (row, bytes) in bits.chunks_mut(row_bytes).enumerate() {
            for (index, letter) in text.iter().enumerate() {
                let glyph = GLYPHS
                    .get(usize::from(letter.wrapping_sub(b' ')))
                    .unwrap_or(&GLYPHS[0]);
                self.set_bits(bytes, index * usize::from(GLYPH_WIDTH), glyph[row]);
            }
        }
        bits
    }

    fn set_bits(self, row: &mut [u8], x: usize, glyph_row: u16) {
        for column in 0..usize::from(GLYPH_WIDTH) {
            if glyph_row >> (usize::from(GLYPH_WIDTH) - 1 - column) & 1 == 1 {
                let (byte, bit) = ((x + column) / 8, (x + column) % 8);
                row[byte] |= if self.leftmost_first {
                    0x80 >> bit
                } else {
                    1 << bit
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lie_beside_each_other() {
        let layout = BitLayout {
            leftmost_first: true,
            pad_bits: 32,
        };
        let bits = layout.render(b" I");
        assert_eq!(bits.len(), 4 * usize::from(GLYPH_HEIGHT));
        assert_eq!(
            bits.iter().step_by(4).copied().max(),
            Some(0),
            "the space is empty"
        );
        let inked: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
        let glyph: u32 = GLYPHS[usize::from(b'I' - b' ')]
            .iter()
            .map(|row| row.count_ones())
            .sum();
        assert_eq!(inked, glyph);
        assert!(inked > 10);
    }

    #[test]
    fn bit_orders_mirror_each_other() {
        let left = BitLayout {
            leftmost_first: true,
            pad_bits: 8,
        }
        .render(b"k");
        let right = BitLayout {
            leftmost_first: false,
            pad_bits: 8,
        }
        .render(b"k");
        assert!(
            left.iter()
                .zip(&right)
                .all(|(left, right)| *left == right.reverse_bits())
        );
    }
}
