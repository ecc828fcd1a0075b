//! How many colours a rectangle has.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::Rect;

/// What a rectangle consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// One colour.
    Solid(u32),
    /// Two colours, the first one that of the top left pixel.
    TwoColours([u32; 2]),
    /// More.
    Many,
}

/// Finds out what `rect` of `canvas` consists of.
///
/// # Panics
/// If the rectangle is empty or not in the canvas.
#[must_use]
pub(crate) fn classify(canvas: &Canvas, rect: &Rect) -> Class {
    let zero = canvas.span(rect, rect.top)[0];
    let mut one = None;
    for y in rect.top..rect.bottom {
        let row = canvas.span(rect, y);
        let other = match one {
            Some(other) => other,
            None => match row.iter().find(|&&pixel| pixel != zero) {
                None => continue,
                Some(&other) => *one.insert(other),
            },
        };
        // Without an early exit the loop becomes a few wide comparisons per row.
        let strangers = row
            .iter()
            .fold(false, |found, &p| found | ((p != zero) & (p != other)));
        if strangers {
            return Class::Many;
        }
    }
    match one {
        None => Class::Solid(zero),
        Some(one) => Class::TwoColours([zero, one]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;

    #[test]
    fn classes_by_number_of_colours() {
        let mut canvas = Canvas::new(Size::new(20, 20));
        let all = canvas.bounds();
        assert_eq!(classify(&canvas, &all), Class::Solid(0));
        canvas.fill(&Rect::new(3, 3, 2, 2), 7);
        assert_eq!(classify(&canvas, &all), Class::TwoColours([0, 7]));
        canvas.fill(&Rect::new(19, 19, 1, 1), 8);
        assert_eq!(classify(&canvas, &all), Class::Many);
        assert_eq!(classify(&canvas, &Rect::new(3, 3, 1, 1)), Class::Solid(7));
    }
}
