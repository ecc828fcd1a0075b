//! Text as 1-bit pictures in the layout an X server expects.

use x11rb::protocol::xproto::{ImageOrder, Setup};

use super::glyphs::GLYPHS;

/// Pixels of one letter.
pub(super) const GLYPH_WIDTH: u16 = 6;
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
                let glyph = usize::from(letter.wrapping_sub(b' '));
                let glyph = GLYPHS.get(glyph).unwrap_or(&GLYPHS[0]);
                set_bits(bytes, index * usize::from(GLYPH_WIDTH), glyph[row]);
            }
        }
        if self.leftmost_first {
            bits.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        bits
    }
}

/// Sets the pixels of one row of a glyph, the leftmost in the lowest bit.
fn set_bits(row: &mut [u8], x: usize, glyph_row: u8) {
    let mirrored = glyph_row.reverse_bits() >> (8 - GLYPH_WIDTH);
    let shifted = u32::from(mirrored) << (x % 8);
    for (target, source) in row[x / 8..].iter_mut().zip(shifted.to_le_bytes()) {
        *target |= source;
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
        // The first 6 pixels of each row are the space's.
        assert!(bits.iter().step_by(4).all(|byte| byte & 0xfc == 0));
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
