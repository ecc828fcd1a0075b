//! Colours and sizes that all pictures share.

use std::ops::Range;

use plotters::style::{Color, RGBColor, ShapeStyle, TextStyle};
use plotters::style::{FontDesc, FontFamily, FontStyle};

use super::font::FAMILY;

pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
pub(super) const TITLE_SIZE: u32 = 22;
pub(super) const LABEL_SIZE: u32 = 16;

/// Told apart also by people who see no red or no green (after Okabe and Ito).
const SPARE: [RGBColor; 3] = [
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// The same colour for a peer in every picture.
pub(super) fn color_of(peer: &str) -> RGBColor {
    match peer {
        "floor" => RGBColor(0x88, 0x88, 0x88),
        "hackstream" => RGBColor(0x00, 0x72, 0xb2),
        "tigervnc" => RGBColor(0xd5, 0x5e, 0x00),
        "xpra" => RGBColor(0x00, 0x9e, 0x73),
        other => SPARE[other.len() % SPARE.len()],
    }
}

pub(super) fn line_of(peer: &str) -> ShapeStyle {
    color_of(peer).stroke_width(2)
}

pub(super) fn text(size: u32) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(FAMILY), f64::from(size), FontStyle::Normal);
    TextStyle::from(font).color(&INK)
}

/// A number as one writes it on an axis: no more digits than needed.
pub(super) fn tick(value: f64) -> String {
    match value {
        zero if zero.abs() < 0.001 => "0".to_owned(),
        small if small < 0.1 => format!("{small:.2}"),
        small if small < 10.0 && small.fract().abs() > 0.01 => format!("{small:.1}"),
        other => format!("{other:.0}"),
    }
}

/// Where a logarithmic axis has its lines and labels: 1, 2 and 5 of each decade, and within a single
/// decade all digits.
pub(super) fn logarithmic_points(range: &Range<f64>) -> Vec<f64> {
    let is_narrow = range.end < 10.0 * range.start;
    let digits: &[f64] = if is_narrow {
        &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let decades = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    decades
        .flat_map(|decade| digits.iter().map(move |digit| digit * 10f64.powi(decade)))
        .filter(|value| range.contains(value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_axes_are_not_crowded() {
        assert_eq!(
            logarithmic_points(&(0.8..30.0)),
            [1.0, 2.0, 5.0, 10.0, 20.0]
        );
        assert_eq!(logarithmic_points(&(11.0..35.0)), [15.0, 20.0, 30.0]);
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!(
            [0.0, 0.05, 0.5, 2.0, 150.0].map(tick),
            ["0", "0.05", "0.5", "2", "150"]
        );
    }
}
