//! The grid in which the screen is compared and classified.

use hackstream_protocol::geometry::Rect;
use hackstream_protocol::region::Region;

/// Width of a cell in pixels. Sixty-four pixels of two colours are eight bytes a row, and a row of
/// a cell is four cache lines.
pub(crate) const CELL_WIDTH: i32 = 64;

/// Height of a cell in pixels: about a line of text.
pub(crate) const CELL_HEIGHT: i32 = 16;

/// Pixels of a whole cell.
pub(crate) const CELL_AREA: u64 = (CELL_WIDTH * CELL_HEIGHT) as u64;

/// The parts of `rect` in each row of cells that it touches, from top to bottom.
pub(crate) fn bands(rect: Rect) -> impl Iterator<Item = Rect> {
    let first = rect.top.div_euclid(CELL_HEIGHT);
    let last = (rect.bottom - 1).div_euclid(CELL_HEIGHT);
    (first..=last).map(move |band| {
        let band = Rect::from_edges(
            rect.left,
            band * CELL_HEIGHT,
            rect.right,
            (band + 1) * CELL_HEIGHT,
        );
        band.intersection(&rect)
    })
}

/// The parts of `band` in each cell that it touches, from left to right.
pub(crate) fn cells(band: Rect) -> impl Iterator<Item = Rect> {
    let first = band.left.div_euclid(CELL_WIDTH);
    let last = (band.right - 1).div_euclid(CELL_WIDTH);
    (first..=last).map(move |column| {
        let cell = Rect::from_edges(
            column * CELL_WIDTH,
            band.top,
            (column + 1) * CELL_WIDTH,
            band.bottom,
        );
        cell.intersection(&band)
    })
}

/// The parts of `region` in each cell that it touches: rectangle by rectangle, band by band.
pub(crate) fn cells_of(region: &Region) -> impl Iterator<Item = Rect> {
    let bands = region.rects().iter().flat_map(|rect| bands(*rect));
    bands.flat_map(cells)
}

/// The whole cell that the top left pixel of `rect` lies in.
#[must_use]
pub(crate) const fn cell_around(rect: &Rect) -> Rect {
    let left = rect.left.div_euclid(CELL_WIDTH) * CELL_WIDTH;
    let top = rect.top.div_euclid(CELL_HEIGHT) * CELL_HEIGHT;
    Rect::from_edges(left, top, left + CELL_WIDTH, top + CELL_HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_tile_a_rectangle(
            x in 0..200i32, y in 0..200i32, w in 1..300u32, h in 1..100u32,
        ) {
            let rect: Rect = Rect::new(x, y, w, h);
            let parts: Vec<Rect> = bands(rect).flat_map(cells).collect();
            prop_assert_eq!(parts.iter().map(Rect::area).sum::<u64>(), rect.area());
            for part in &parts {
                prop_assert!(rect.contains(part) && cell_around(part).contains(part));
            }
        }
    }
}
