//! Lossless coding of pictures with many colours: what remains after a prediction.
//!
//! Red and blue are taken relative to green, then each channel relative to a prediction from its
//! neighbours; the residuals of a row stand in three runs, green first. They are small numbers
//! around zero, which a byte compressor then shortens. The colour transform is the one of wprs and
//! of lossless WebP ("subtract green"); the gradient predictor is the one of LOCO-I.

/// How a pixel is guessed from those above and to the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Predictor {
    /// The pixel above: cheap on both sides.
    Above = 0,
    /// Left plus above minus above-left, clamped between left and above: a quarter fewer bytes on
    /// photographs, some nanoseconds a pixel in the decoder.
    Gradient = 1,
}

impl Predictor {
    /// The predictor with the number `byte`, if there is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Above),
            1 => Some(Self::Gradient),
            _ => None,
        }
    }

    #[inline]
    fn guess(self, left: u8, above: u8, above_left: u8) -> u8 {
        match self {
            Self::Above => above,
            Self::Gradient => {
                let (low, high) = if left < above {
                    (left, above)
                } else {
                    (above, left)
                };
                if above_left >= high {
                    low
                } else if above_left <= low {
                    high
                } else {
                    left.wrapping_add(above).wrapping_sub(above_left)
                }
            }
        }
    }
}

/// Green, red minus green, blue minus green.
#[inline]
const fn split(pixel: u32) -> [u8; 3] {
    let [blue, green, red, _] = pixel.to_le_bytes();
    [green, red.wrapping_sub(green), blue.wrapping_sub(green)]
}

#[inline]
const fn join([green, red, blue]: [u8; 3]) -> u32 {
    u32::from_le_bytes([blue.wrapping_add(green), green, red.wrapping_add(green), 0])
}

/// Appends the residuals of `row`, `3 * row.len()` bytes. `above` is the row before, or black.
pub fn residuals(predictor: Predictor, above: &[u32], row: &[u32], out: &mut Vec<u8>) {
    let (start, width) = (out.len(), row.len());
    out.resize(start + 3 * width, 0);
    let (green, rest) = out[start..].split_at_mut(width);
    let (red, blue) = rest.split_at_mut(width);
    let (mut left, mut above_left) = ([0; 3], [0; 3]);
    for x in 0..width {
        let (pixel, up) = (split(row[x]), split(above[x]));
        let residual =
            |c: usize| pixel[c].wrapping_sub(predictor.guess(left[c], up[c], above_left[c]));
        (green[x], red[x], blue[x]) = (residual(0), residual(1), residual(2));
        (left, above_left) = (pixel, up);
    }
}

/// Rebuilds `row` from its residuals, of which there must be `3 * row.len()`.
pub fn rebuild(predictor: Predictor, above: &[u32], residuals: &[u8], row: &mut [u32]) {
    let width = row.len();
    let (green, rest) = residuals.split_at(width);
    let (red, blue) = rest.split_at(width);
    let (mut left, mut above_left) = ([0; 3], [0; 3]);
    for (x, pixel) in row.iter_mut().enumerate() {
        let up = split(above[x]);
        let channel = |c: usize, residual: u8| {
            residual.wrapping_add(predictor.guess(left[c], up[c], above_left[c]))
        };
        let channels = [
            channel(0, green[x]),
            channel(1, red[x]),
            channel(2, blue[x]),
        ];
        *pixel = join(channels);
        (left, above_left) = (channels, up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rebuilding_inverts_prediction(
            pixels in proptest::collection::vec((0u32..1 << 24, 0u32..1 << 24), 1..60),
            gradient: bool,
        ) {
            let predictor = if gradient { Predictor::Gradient } else { Predictor::Above };
            let (above, row): (Vec<u32>, Vec<u32>) = pixels.into_iter().unzip();
            let mut out = Vec::new();
            residuals(predictor, &above, &row, &mut out);
            let mut back = vec![0; row.len()];
            rebuild(predictor, &above, &out, &mut back);
            prop_assert_eq!(back, row);
        }
    }
}
