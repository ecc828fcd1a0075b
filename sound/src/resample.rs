//! Playing a little faster or slower.

use hackstream_protocol::wire::sound::CHANNELS;

/// One sample of both channels.
type Pair = [i16; CHANNELS];

/// From one sample to the next, in the unit of positions.
const WHOLE: u64 = 1 << 32;

/// Stretches stereo sound by straight lines between samples. At normal speed it changes nothing;
/// the little that it takes off the highest tones at other speeds lasts for a few seconds.
#[derive(Debug, Default)]
pub struct Resampler {
    /// The last sample of the piece before.
    before: Pair,
    /// Where the next sample lies: from 0, which is `before`, to [`WHOLE`], the one after it.
    at: u64,
}

impl Resampler {
    /// Appends `samples`, interleaved, to `out`, `speed` millionths faster than normal.
    pub fn run(&mut self, samples: &[i16], speed: i32, out: &mut Vec<i16>) {
        if speed == 0 {
            // Less than a sample is dropped, which is less than noise.
            self.at = 0;
        }
        let whole = WHOLE as i64;
        let step = (whole + whole / 1_000_000 * i64::from(speed)) as u64;
        for samples in samples.chunks_exact(CHANNELS) {
            let next: Pair = [samples[0], samples[1]];
            while self.at < WHOLE {
                for (from, to) in self.before.into_iter().zip(next) {
                    out.push(between(from, to, self.at));
                }
                self.at += step;
            }
            self.at -= WHOLE;
            self.before = next;
        }
    }
}

fn between(from: i16, to: i16, at: u64) -> i16 {
    let (from, to) = (i64::from(from), i64::from(to));
    // Sixteen bits of the position are plenty.
    let at = (at >> 16) as i64;
    (from + (((to - from) * at) >> 16)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(samples: usize) -> Vec<i16> {
        (0..samples as i16).flat_map(|i| [i, -i]).collect()
    }

    #[test]
    fn at_normal_speed_samples_stay_as_they_are() {
        let input = ramp(960);
        let mut out = Vec::new();
        let mut resampler = Resampler::default();
        for piece in input.chunks(96) {
            resampler.run(piece, 0, &mut out);
        }
        assert_eq!(out[2..], input[..input.len() - 2]);
    }

    #[test]
    fn speed_changes_the_length_and_nothing_else() {
        for (speed, expected) in [(5_000, 9_950), (-5_000, 10_050)] {
            let mut resampler = Resampler::default();
            let mut out = Vec::new();
            for piece in ramp(10_000).chunks(960) {
                resampler.run(piece, speed, &mut out);
            }
            let pairs = out.len() / 2;
            assert!(pairs.abs_diff(expected) <= 2, "{speed}: {pairs}");
            let left: Vec<i16> = out.chunks(2).map(|pair| pair[0]).collect();
            assert!(left.windows(2).all(|w| (0..=2).contains(&(w[1] - w[0]))));
        }
    }
}
