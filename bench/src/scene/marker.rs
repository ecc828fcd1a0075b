//! Marker colours: a cycle, so that a marker of an earlier action cannot pass for a new one.

/// Colours 0x00RRGGBB, far apart in every pair so that lossy coding cannot confuse them.
const MARKER_COLORS: [u32; 7] = [
    0xff_0000, 0x00_ff00, 0x00_00ff, 0xff_ff00, 0xff_00ff, 0x00_ffff, 0x80_8080,
];

/// How far one channel may be off and still count as the colour.
const TOLERANCE: u32 = 40;

/// A position in the cycle of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MarkerColor(usize);

impl MarkerColor {
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) const fn next(self) -> Self {
        Self((self.0 + 1) % MARKER_COLORS.len())
    }

    /// The colour as 0x00RRGGBB.
    pub(crate) const fn rgb(self) -> u32 {
        MARKER_COLORS[self.0]
    }

    /// Which colour a pixel shows, if any.
    pub(crate) fn of_pixel(pixel: u32) -> Option<Self> {
        (0..MARKER_COLORS.len())
            .map(Self)
            .find(|color| color.matches(pixel))
    }

    /// Whether the pixel shows this colour, as exactly as lossy coding leaves it.
    pub(crate) fn matches(self, pixel: u32) -> bool {
        [16, 8, 0].into_iter().all(|shift| {
            let channel = |color: u32| (color >> shift) & 0xff;
            channel(pixel).abs_diff(channel(self.rgb())) <= TOLERANCE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_told_apart_and_follow_each_other() {
        let mut color = MarkerColor::FIRST;
        for _ in 0..MARKER_COLORS.len() {
            assert_eq!(MarkerColor::of_pixel(color.rgb() ^ 0x0f_0f0f), Some(color));
            assert!(!color.next().matches(color.rgb()));
            color = color.next();
        }
        assert_eq!(color, MarkerColor::FIRST);
        assert_eq!(MarkerColor::of_pixel(0xff_ffff), None);
        assert_eq!(MarkerColor::of_pixel(0), None);
    }
}
