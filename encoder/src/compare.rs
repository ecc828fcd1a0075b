//! Which cells of the dirty region really differ from what the viewer shows.
//!
//! Programs and toolkits redraw far more than they change, so comparing pays many times over. The
//! rows that do not look like the shadow's are read into a small buffer and compared there, and the
//! shadow takes over what differs. Whatever happens to the screen meanwhile, the shadow is what the
//! viewer will show.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Point, Rect};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;

use crate::cells::{bands, cell_around, cells};

/// A change wider or higher than half a cell is taken for the whole cell: neighbours then merge
/// into long runs, and the unchanged pixels among them compress to almost nothing.
const WIDE: u32 = crate::cells::CELL_WIDTH as u32 / 2;
const HIGH: u32 = crate::cells::CELL_HEIGHT as u32 / 2;

/// Compares and remembers the buffer for it.
#[derive(Debug, Default)]
pub(crate) struct Comparer {
    row: Vec<u32>,
    changed: Vec<Rect>,
}

impl Comparer {
    /// Brings `shadow` up to date with `source` in `region` and adds the rectangles that differed
    /// to `found`, at most one per cell.
    pub(crate) fn update(
        &mut self,
        source: &dyn PixelSource,
        region: &Region,
        shadow: &mut Canvas,
        found: &mut Vec<Rect>,
    ) {
        let bounds = shadow.bounds();
        for rect in region.rects() {
            for band in bands(rect.intersection(&bounds)) {
                if !band.is_empty() {
                    self.update_band(source, band, shadow, found, &bounds);
                }
            }
        }
    }

    fn update_band(
        &mut self,
        source: &dyn PixelSource,
        band: Rect,
        shadow: &mut Canvas,
        found: &mut Vec<Rect>,
        bounds: &Rect,
    ) {
        self.changed.clear();
        self.changed
            .extend(cells(band).map(|_| Rect::from_edges(0, 0, 0, 0)));
        self.row.resize(band.width() as usize, 0);
        for y in band.top..band.bottom {
            let start = Point::new(band.left, y);
            let old = shadow.span_mut(&band, y);
            if source.shows_row(start, old) {
                continue;
            }
            source.read_row(start, &mut self.row);
            for (cell, changed) in cells(band).zip(&mut self.changed) {
                let range = (cell.left - band.left) as usize..(cell.right - band.left) as usize;
                if let Some((first, last)) = differing(&old[range.clone()], &self.row[range]) {
                    let left = cell.left + first as i32;
                    let right = cell.left + last as i32 + 1;
                    *changed = changed.bounding(&Rect::from_edges(left, y, right, y + 1));
                }
            }
            old.copy_from_slice(&self.row);
        }
        for changed in &self.changed {
            if !changed.is_empty() {
                found.push(snap(changed, &band, bounds));
            }
        }
    }
}

/// The first and the last place where two rows differ.
fn differing(old: &[u32], new: &[u32]) -> Option<(usize, usize)> {
    if old == new {
        return None;
    }
    let first = old.iter().zip(new).position(|(a, b)| a != b)?;
    let last = old.iter().zip(new).rposition(|(a, b)| a != b)?;
    Some((first, last))
}

/// Widens a change to its cell where that makes neighbours alike, as far as the shadow was updated.
fn snap(changed: &Rect, band: &Rect, bounds: &Rect) -> Rect {
    let cell = cell_around(changed).intersection(bounds).intersection(band);
    let (mut left, mut right) = (changed.left, changed.right);
    let (mut top, mut bottom) = (changed.top, changed.bottom);
    if changed.width() > WIDE {
        (left, right) = (cell.left, cell.right);
    }
    if changed.height() > HIGH {
        (top, bottom) = (cell.top, cell.bottom);
    }
    Rect::from_edges(left, top, right, bottom)
}
