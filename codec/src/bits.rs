//! Rows of two colours, one bit per pixel.
//!
//! The first pixel of a row is the lowest bit of the first byte; each row starts a new byte.

/// Bytes that a row of `width` pixels takes.
#[must_use]
pub(crate) const fn row_bytes(width: usize) -> usize {
    width.div_ceil(8)
}

/// Appends a row: a set bit wherever the pixel is not `zero`.
pub(crate) fn pack_row(row: &[u32], zero: u32, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + row_bytes(row.len()), 0);
    for (byte, pixels) in out[start..].iter_mut().zip(row.chunks(8)) {
        let bits = pixels.iter().enumerate();
        *byte = bits.fold(0, |byte, (bit, &pixel)| {
            byte | (u8::from(pixel != zero) << bit)
        });
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
