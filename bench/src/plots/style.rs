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

/// The label of a value on a logarithmic axis over `range`: beyond a decade only 1, 2 and 5 of
/// each, for the others would touch.
pub(super) fn logarithmic_tick(value: f64, range: &Range<f64>) -> String {
    let decade = 10f64.powf((value.log10() + 1e-9).floor());
    let digit = (value / decade).round();
    let is_narrow = range.end < 10.0 * range.start;
    if is_narrow || [1.0, 2.0, 5.0].contains(&digit) {
        tick(value)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_labels_do_not_crowd() {
        let labels =
            [1.0, 3.0, 50.0, 90.0, 100.0].map(|value| logarithmic_tick(value, &(0.5..200.0)));
        assert_eq!(labels, ["1", "", "50", "", "100"]);
        assert_eq!(logarithmic_tick(13.0, &(11.0..18.0)), "13");
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!(
            [0.0, 0.05, 0.5, 2.0, 150.0].map(tick),
            ["0", "0.05", "0.5", "2", "150"]
        );
    }
}
