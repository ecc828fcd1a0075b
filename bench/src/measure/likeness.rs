//! How like its source a decoded picture is.
//!
//! SSIM after Wang, Bovik, Sheikh and Simoncelli (2004), on luma, over windows of 8 x 8 pixels.

/// Edge of a window, and how far one is from the next.
const WINDOW: usize = 8;
const STEP: usize = 4;
const PEAK: f64 = 255.0;

/// Two measures; the mean over several frames is that of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Likeness {
    /// 1 is equal.
    pub(crate) ssim: f64,
    /// Decibels, over the three channels; the higher the more alike, [`EQUAL_DB`] if equal.
    pub(crate) psnr_db: f64,
}

/// Stands for no difference at all, which would be infinite.
pub(crate) const EQUAL_DB: f64 = 99.0;

impl Likeness {
    /// Compares two pictures of colours 0x00RRGGBB, rows of `width`. `None` if they are not of one
    /// size, or too small for a window.
    pub(crate) fn of(source: &[u32], shown: &[u32], width: usize) -> Option<Self> {
        let is_usable = source.len() == shown.len()
            && width >= WINDOW
            && source.len() % width == 0
            && source.len() / width >= WINDOW;
        is_usable.then(|| Self {
            ssim: ssim(&luma(source), &luma(shown), width),
            psnr_db: psnr_db(source, shown),
        })
    }

    /// The mean of several; `None` of none.
    pub(crate) fn mean(all: &[Self]) -> Option<Self> {
        let count = all.len() as f64;
        (!all.is_empty()).then(|| Self {
            ssim: all.iter().map(|one| one.ssim).sum::<f64>() / count,
            psnr_db: all.iter().map(|one| one.psnr_db).sum::<f64>() / count,
        })
    }
}

fn channels(pixel: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| f64::from((pixel >> shift) & 0xff))
}

/// BT.709.
fn luma(pixels: &[u32]) -> Vec<f64> {
    let of = |pixel: &u32| {
        let [red, green, blue] = channels(*pixel);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    pixels.iter().map(of).collect()
}

fn psnr_db(source: &[u32], shown: &[u32]) -> f64 {
    let squares = |(first, second): (&u32, &u32)| -> f64 {
        let (first, second) = (channels(*first), channels(*second));
        first
            .iter()
            .zip(second)
            .map(|(one, other)| (one - other).powi(2))
            .sum()
    };
    let sum: f64 = source.iter().zip(shown).map(squares).sum();
    let mean = sum / (source.len() * 3) as f64;
    if mean == 0.0 {
        EQUAL_DB
    } else {
        (10.0 * (PEAK * PEAK / mean).log10()).min(EQUAL_DB)
    }
}

fn ssim(source: &[f64], shown: &[f64], width: usize) -> f64 {
    let height = source.len() / width;
    let (mut sum, mut windows) = (0.0, 0_u32);
    for y in (0..=height - WINDOW).step_by(STEP) {
        for x in (0..=width - WINDOW).step_by(STEP) {
            sum += window(source, shown, y * width + x, width);
            windows += 1;
        }
    }
    sum / f64::from(windows)
}

fn window(source: &[f64], shown: &[f64], start: usize, width: usize) -> f64 {
    let (mut first, mut second, mut squares, mut others, mut products) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for row in 0..WINDOW {
        let from = start + row * width;
        for (one, other) in source[from..from + WINDOW]
            .iter()
            .zip(&shown[from..from + WINDOW])
        {
            first += one;
            second += other;
            squares += one * one;
            others += other * other;
            products += one * other;
        }
    }
    let count = (WINDOW * WINDOW) as f64;
    let (mean, other_mean) = (first / count, second / count);
    let variance = squares / count - mean * mean;
    let other_variance = others / count - other_mean * other_mean;
    let covariance = products / count - mean * other_mean;
    // The paper's constants, which keep flat windows from dividing by nothing.
    let (steady, lively) = ((0.01 * PEAK).powi(2), (0.03 * PEAK).powi(2));
    (2.0 * mean * other_mean + steady) * (2.0 * covariance + lively)
        / ((mean.powi(2) + other_mean.powi(2) + steady) * (variance + other_variance + lively))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const WIDTH: usize = 64;

    fn noise(seed: u64) -> Vec<u32> {
        let mut random = Random::new(seed);
        (0..WIDTH * 48).map(|_| random.below(1 << 24)).collect()
    }

    #[test]
    fn equal_pictures_are_alike_and_noises_are_not() {
        let picture = noise(1);
        let same = Likeness::of(&picture, &picture, WIDTH).unwrap();
        assert!((same.ssim - 1.0).abs() < 1e-9);
        assert_eq!(same.psnr_db, EQUAL_DB);
        let other = Likeness::of(&picture, &noise(2), WIDTH).unwrap();
        assert!(other.ssim < 0.1 && other.psnr_db < 12.0, "{other:?}");
    }

    #[test]
    fn a_constant_difference_has_the_known_values() {
        let (dark, light) = (vec![0x64_6464; WIDTH * 16], vec![0x6e_6e6e; WIDTH * 16]);
        let likeness = Likeness::of(&dark, &light, WIDTH).unwrap();
        // Mean square error 100; flat windows differ in their means only.
        assert!((likeness.psnr_db - 10.0 * (65025.0_f64 / 100.0).log10()).abs() < 1e-9);
        let expected = (2.0 * 100.0 * 110.0 + 6.5025) / (1e4 + 1.21e4 + 6.5025);
        assert!((likeness.ssim - expected).abs() < 1e-6, "{likeness:?}");
        assert_eq!(Likeness::of(&dark, &light[1..], WIDTH), None);
    }
}
