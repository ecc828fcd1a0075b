//! Volume.

/// Loudest volume: four times the amplitude; more is noise.
pub const MOST_PERCENT: u16 = 400;

/// Multiplies the amplitude by `percent` / 100, at most [`MOST_PERCENT`]; what becomes too loud is
/// clipped.
pub fn apply(samples: &mut [i16], percent: u16) {
    if percent == 100 {
        return;
    }
    let percent = i32::from(percent.min(MOST_PERCENT));
    for sample in samples {
        let scaled = i32::from(*sample) * percent / 100;
        *sample = scaled.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplitudes_scale_and_clip() {
        let mut samples = [100, -100, i16::MAX, i16::MIN];
        apply(&mut samples, 50);
        assert_eq!(samples, [50, -50, 16383, -16384]);
        apply(&mut samples, 1000);
        assert_eq!(samples, [200, -200, i16::MAX, i16::MIN]);
        apply(&mut samples, 0);
        assert_eq!(samples, [0; 4]);
    }
}
