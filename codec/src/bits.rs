//! Rows of two colours, one bit per pixel.
//!
//! The first pixel of a row is the lowest bit of the first byte; each row starts a new byte.

/// Bytes that a row of `width` pixels takes.
#[must_use]
pub(crate) const fn row_bytes(width: usize) -> usize {
    width.div_ceil(8)
}

/// A set bit wherever one of the pixels, at most 8, has the colour.
#[inline]
#[must_use]
pub fn bits_of(pixels: &[u32], colour: u32) -> u8 {
    let flags = match <&[u32; 8]>::try_from(pixels) {
        // Known to be eight, they are compared at once.
        Ok(eight) => eight.map(|pixel| u8::from(pixel == colour)),
        Err(_) => {
            let mut flags = [0; 8];
            for (flag, &pixel) in flags.iter_mut().zip(pixels) {
                *flag = u8::from(pixel == colour);
            }
            flags
        }
    };
    // The lowest bit of byte i is to become bit 56 + i: the factor has a bit 56 - 7i for each, and
    // no two products meet.
    (u64::from_le_bytes(flags).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// Appends a row: a set bit wherever the pixel is not `zero`.
pub(crate) fn pack_row(row: &[u32], zero: u32, out: &mut Vec<u8>) {
    let mut whole = row.chunks_exact(8);
    out.extend(whole.by_ref().map(|pixels| !bits_of(pixels, zero)));
    let rest = whole.remainder();
    if !rest.is_empty() {
        let used = u8::MAX >> (8 - rest.len());
        out.push(!bits_of(rest, zero) & used);
    }
}

/// Paints a row from its bits. `bits` must hold [`row_bytes`] of the row's width.
pub(crate) fn unpack_row(bits: &[u8], colours: [u32; 2], row: &mut [u32]) {
    let [zero, one] = colours;
    let difference = zero ^ one;
    let colour = |byte: u8, bit: usize| {
        let mask = 0u32.wrapping_sub(u32::from(byte >> bit) & 1);
        zero ^ (difference & mask)
    };
    // Eight at a time, so that the compiler does them at once.
    let mut whole = row.chunks_exact_mut(8);
    for (pixels, &byte) in whole.by_ref().zip(bits) {
        for (bit, pixel) in pixels.iter_mut().enumerate() {
            *pixel = colour(byte, bit);
        }
    }
    if let Some(&byte) = bits.last() {
        for (bit, pixel) in whole.into_remainder().iter_mut().enumerate() {
            *pixel = colour(byte, bit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_round_trips(row in proptest::collection::vec(any::<bool>(), 1..70)) {
            let colours = [0x0012_3456, 0x00ff_ffff];
            let row: Vec<u32> = row.into_iter().map(|b| colours[usize::from(b)]).collect();
            let mut bits = Vec::new();
            pack_row(&row, colours[0], &mut bits);
            prop_assert_eq!(bits.len(), row_bytes(row.len()));
            let mut back = vec![0; row.len()];
            unpack_row(&bits, colours, &mut back);
            prop_assert_eq!(back, row);
        }
    }
}
