//! Frame numbers as a row of black and white blocks inside the picture.

/// Edge of one block in pixels: as large as the blocks of lossy coders.
pub(crate) const NUMBER_BLOCK: u16 = 16;
/// 16 bits of number, 8 bits of check.
pub(super) const NUMBER_BLOCKS: u16 = 24;

/// The blocks for a frame, most significant bit first; true is white.
pub(crate) fn encode_number(number: u16) -> [bool; NUMBER_BLOCKS as usize] {
    let word = u32::from(number) << 8 | u32::from(check(number));
    std::array::from_fn(|index| word >> (usize::from(NUMBER_BLOCKS) - 1 - index) & 1 == 1)
}

/// The frame number; `None` for blocks that are no number, such as those of a half-shown frame.
pub(super) fn decode_number(blocks: [bool; NUMBER_BLOCKS as usize]) -> Option<u16> {
    let word = blocks
        .into_iter()
        .fold(0_u32, |word, bit| word << 1 | u32::from(bit));
    let number = (word >> 8) as u16;
    (u32::from(check(number)) == word & 0xff).then_some(number)
}

/// Neither all black nor all white is valid, and neighbours differ in several bits.
const fn check(number: u16) -> u8 {
    let folded = (number ^ (number >> 8)) as u8;
    folded.wrapping_mul(0x9d) ^ (number >> 8) as u8 ^ 0x5a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_survives() {
        for number in 0..=u16::MAX {
            assert_eq!(decode_number(encode_number(number)), Some(number));
        }
    }

    #[test]
    fn a_single_wrong_block_is_noticed() {
        for number in [0_u16, 1, 77, 300, u16::MAX] {
            for index in 0..usize::from(NUMBER_BLOCKS) {
                let mut blocks = encode_number(number);
                blocks[index] = !blocks[index];
                assert_ne!(decode_number(blocks), Some(number));
            }
        }
        assert_eq!(decode_number([false; NUMBER_BLOCKS as usize]), None);
        assert_eq!(decode_number([true; NUMBER_BLOCKS as usize]), None);
    }
}
