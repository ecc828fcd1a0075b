//! Synthetic moving pictures, the same on every machine, and how far two pictures differ.
#![allow(dead_code, reason = "each user of this file needs a part of it")]

#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "only tests use it, though the example compiles it"
)]
pub(crate) mod stream;

use hackstream_protocol::geometry::Size;

/// How a scene moves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Motion {
    /// The camera pans steadily over a textured picture.
    Pan,
    /// The same with grain that is new in every picture: the worst for any codec.
    Grain,
}

/// Pixels (`0x00RRGGBB`, without gaps) of picture number `index` of a scene.
pub(crate) fn picture(size: Size, motion: Motion, index: u32) -> Vec<u32> {
    let mut grain = Random::new(u64::from(index) + 1);
    let (dx, dy) = (index * 3, index);
    let mut pixels = Vec::with_capacity(size.area() as usize);
    for y in 0..size.height {
        for x in 0..size.width {
            let [r, g, b] = texture(x + dx, y + dy);
            let offset = match motion {
                Motion::Pan => 0,
                Motion::Grain => (grain.next() % 33) as i32 - 16,
            };
            let channel = |value: i32| (value + offset).clamp(0, 255) as u32;
            pixels.push(channel(r) << 16 | channel(g) << 8 | channel(b));
        }
    }
    pixels
}

/// Soft clouds with finer and finer detail, and hard edges every now and then.
fn texture(x: u32, y: u32) -> [i32; 3] {
    let mut value = 0;
    for (octave, weight) in [(7, 8), (5, 4), (3, 2), (1, 1)] {
        value += weight * smooth(x, y, octave);
    }
    let value = value / 15;
    let edge = if (x / 97 + y / 61) % 5 == 0 { 40 } else { 0 };
    let hue = smooth(x, y, 8);
    [
        value + edge - hue / 8,
        value * 7 / 8 + edge / 2 + 10,
        255 - value + hue / 4 - edge,
    ]
}

/// Random heights on a grid of `1 << scale` pixels, joined smoothly; 0 to 255.
fn smooth(x: u32, y: u32, scale: u32) -> i32 {
    let step = 1 << scale;
    let (column, row) = (x >> scale, y >> scale);
    let (fx, fy) = ((x % step) as i32, (y % step) as i32);
    let mix = |a: i32, b: i32, f: i32| a + (b - a) * f / step as i32;
    let height = |column: u32, row: u32| {
        let seed = u64::from(column) << 40 | u64::from(row) << 16 | u64::from(scale);
        (Random::new(seed).next() >> 13) as i32 & 255
    };
    let top = mix(height(column, row), height(column + 1, row), fx);
    let bottom = mix(height(column, row + 1), height(column + 1, row + 1), fx);
    mix(top, bottom, fy)
}

/// A small generator of random numbers (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Peak signal-to-noise ratio over the three channels, in dB.
pub(crate) fn psnr(a: &[u32], b: &[u32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let mut squares = 0u64;
    for (a, b) in a.iter().zip(b) {
        for (a, b) in a.to_le_bytes().into_iter().zip(b.to_le_bytes()).take(3) {
            squares += u64::from(a.abs_diff(b)).pow(2);
        }
    }
    let mean = squares as f64 / (3 * a.len()) as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

/// Peak signal-to-noise ratio of planes of samples, in dB.
pub(crate) fn plane_psnr(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> f64 {
    let (mut squares, mut count) = (0u64, 0u64);
    for (a, b) in a.zip(b) {
        squares += u64::from(a.abs_diff(b)).pow(2);
        count += 1;
    }
    let mean = squares as f64 / count as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

/// Structural similarity of two pictures' green channel, averaged over 8x8 blocks.
pub(crate) fn ssim(a: &[u32], b: &[u32], width: usize) -> f64 {
    let (mut sum, mut blocks) = (0.0, 0);
    for top in (0..a.len() / width - 7).step_by(8) {
        for left in (0..width - 7).step_by(8) {
            sum += block_ssim(a, b, width, top * width + left);
            blocks += 1;
        }
    }
    sum / f64::from(blocks)
}

fn block_ssim(a: &[u32], b: &[u32], width: usize, start: usize) -> f64 {
    let [mut sa, mut sb, mut saa, mut sbb, mut sab] = [0.0; 5];
    for y in 0..8 {
        for x in 0..8 {
            let at = start + y * width + x;
            let (a, b) = (f64::from(a[at] >> 8 & 255), f64::from(b[at] >> 8 & 255));
            sa += a;
            sb += b;
            saa += a * a;
            sbb += b * b;
            sab += a * b;
        }
    }
    let (ma, mb) = (sa / 64.0, sb / 64.0);
    let (va, vb, vab) = (
        saa / 64.0 - ma * ma,
        sbb / 64.0 - mb * mb,
        sab / 64.0 - ma * mb,
    );
    let (c1, c2) = (6.5025, 58.5225);
    (2.0 * ma * mb + c1) * (2.0 * vab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
}
