//! How much of a picture is new, guessed before it is coded.
//!
//! The bytes of a picture at one quantiser vary from one to the next: things stop and go, a pan
//! over pixels makes every second picture sharper than the one before. What differs from the
//! picture before, or where that is more, what differs from one pixel to the next, tells most of it
//! beforehand, as the mean absolute difference does in H.264's reference encoder.

use hackstream_codec::h264::I420View;

/// Of so many rows one is looked at: enough for a mean.
const ROWS: usize = 8;

/// Samples that are foretold together, by the picture before or by their neighbours.
const RUN: usize = 16;

/// Measures the changes of a video.
#[derive(Debug, Default)]
pub(crate) struct ChangeGauge {
    /// The rows that were looked at, of the picture before.
    before: Vec<u8>,
}

impl ChangeGauge {
    /// The luma of `picture` that the one before does not foretell, in levels per sample; of the first
    /// one, that its neighbours do not foretell.
    pub(crate) fn measure(&mut self, picture: &I420View<'_>) -> f32 {
        let width = picture.size().width as usize;
        let rows = picture.luma().chunks(picture.luma_stride()).step_by(ROWS);
        let known = self.before.len();
        let (mut sum, mut count) = (0u64, 0);
        for (row, at) in rows.zip((0..).step_by(width)) {
            let row = &row[..width];
            let runs = row.chunks_exact(RUN).zip((at..).step_by(RUN));
            for (run, at) in runs {
                let detail = differences(&run[1..], &run[..RUN - 1]);
                let before = self.before.get(at..at + RUN);
                let change = before.map_or(detail, |before| differences(run, before));
                sum += u64::from(change.min(detail));
                count += RUN;
            }
            if at + width <= known {
                self.before[at..at + width].copy_from_slice(row);
            } else {
                self.before.extend_from_slice(row);
            }
        }
        sum as f32 / count.max(1) as f32
    }
}

fn differences(a: &[u8], b: &[u8]) -> u32 {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
}

#[cfg(test)]
mod tests {
    use hackstream_codec::h264::I420;
    use hackstream_protocol::geometry::Size;

    use super::*;

    fn stripes(shift: usize) -> I420 {
        let mut picture = I420::new(Size::new(64, 64)).unwrap();
        let luma = &mut picture.planes_mut()[0];
        for (at, sample) in luma.iter_mut().enumerate() {
            *sample = if (at + shift) % 16 < 8 { 40 } else { 80 };
        }
        picture
    }

    #[test]
    fn what_stands_still_changes_nothing_and_what_moves_no_more_than_it_shows() {
        let mut gauge = ChangeGauge::default();
        let first = gauge.measure(&stripes(0).view());
        assert_eq!(first, 40.0 / 16.0);
        assert_eq!(gauge.measure(&stripes(0).view()), 0.0);
        let moved = gauge.measure(&stripes(8).view());
        assert_eq!(moved, first);
    }
}
