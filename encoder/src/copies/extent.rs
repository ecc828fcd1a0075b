//! How far a copy reaches: which cells moved by an offset, and which did not change at all.
//!
//! On an empty page most cells fit any offset. Copying them would cost a weak viewer a whole screen
//! of memory traffic for every line scrolled, so only those among what really moved are copied.

use hackstream_protocol::geometry::{Offset, Point, Rect};
use hackstream_protocol::region::Region;

use super::Change;
use crate::cells::{CELL_HEIGHT, bands, cells};

/// Moved cells no further above each other than this belong to one moved picture; what did not
/// change between them is copied as well, which makes the region simpler.
const REACH: i32 = 6 * CELL_HEIGHT;

/// The cells of a dirty region, as one offset explains them.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// Cells that changed and show what was `offset` before.
    moved: Vec<Rect>,
    /// Cells that did not change, of which it is true as well.
    indifferent: Vec<Rect>,
    /// All cells that did not change.
    unchanged: Vec<Rect>,
    row: Vec<u32>,
    band: Vec<Cell>,
}

/// A cell while its rows are looked at.
#[derive(Clone, Copy, Debug)]
struct Cell {
    area: Rect,
    has_changed: bool,
    fits: bool,
}

impl Extent {
    /// Looks at all cells of the dirty region that `offset` can explain.
    pub(super) fn measure(&mut self, change: Change<'_>, offset: Offset) {
        self.moved.clear();
        self.indifferent.clear();
        self.unchanged.clear();
        let bounds = change.shadow.bounds();
        let readable = bounds.intersection(&bounds.translated(offset));
        for rect in change.dirty.rects() {
            for band in bands(rect.intersection(&readable)) {
                if !band.is_empty() {
                    self.measure_band(change, &band, offset);
                }
            }
        }
    }

    /// Reads whole rows, because memory is fastest in order.
    fn measure_band(&mut self, change: Change<'_>, band: &Rect, offset: Offset) {
        self.band.clear();
        self.band.extend(cells(*band).map(|area| Cell {
            area,
            has_changed: false,
            fits: true,
        }));
        self.row.resize(band.width() as usize, 0);
        let from = band.translated(offset.reversed());
        for (y, from_y) in (band.top..band.bottom).zip(from.top..) {
            let here = change.shadow.span(band, y);
            let there = change.shadow.span(&from, from_y);
            let start = Point::new(band.left, y);
            // What moved shows it row by row: then nothing of the row needs to be fetched.
            if change.source.shows_row(start, there) {
                if here != there {
                    note_changes(&mut self.band, there, here);
                }
            } else if change.source.shows_row(start, here) {
                note_misfits(&mut self.band, here, there);
            } else {
                change.source.read_row(start, &mut self.row);
                note_changes(&mut self.band, &self.row, here);
                note_misfits(&mut self.band, &self.row, there);
                if self.band.iter().all(|cell| cell.has_changed && !cell.fits) {
                    return;
                }
            }
        }
        for cell in &self.band {
            match (cell.has_changed, cell.fits) {
                (true, true) => self.moved.push(cell.area),
                (true, false) => {}
                (false, fits) => {
                    self.unchanged.push(cell.area);
                    if fits {
                        self.indifferent.push(cell.area);
                    }
                }
            }
        }
    }

    /// The cells to be copied.
    pub(super) fn targets(&self) -> Region {
        let mut pictures: Vec<Rect> = Vec::new();
        for cell in &self.moved {
            match pictures.last_mut() {
                Some(last) if cell.top <= last.bottom + REACH => *last = last.bounding(cell),
                _ => pictures.push(*cell),
            }
        }
        let among = |cell: &&Rect| pictures.iter().any(|picture| picture.contains(cell));
        let indifferent = self.indifferent.iter().filter(among);
        self.moved.iter().chain(indifferent).copied().collect()
    }

    /// The cells that show what the viewer shows.
    pub(super) fn unchanged(&self) -> Region {
        self.unchanged.iter().copied().collect()
    }
}

/// Notes which cells a row of the screen shows to have changed; `here` is the same row of the
/// shadow.
fn note_changes(cells: &mut [Cell], row: &[u32], here: &[u32]) {
    let Some(Cell { area: first, .. }) = cells.first().copied() else {
        return;
    };
    for cell in cells.iter_mut().filter(|cell| !cell.has_changed) {
        let columns = columns(&cell.area, &first);
        cell.has_changed = row[columns.clone()] != here[columns];
    }
}

/// Notes which cells a row of the screen shows not to have moved; `there` is the row of the shadow
/// that may have moved there.
fn note_misfits(cells: &mut [Cell], row: &[u32], there: &[u32]) {
    let Some(Cell { area: first, .. }) = cells.first().copied() else {
        return;
    };
    for cell in cells.iter_mut().filter(|cell| cell.fits) {
        let columns = columns(&cell.area, &first);
        cell.fits = row[columns.clone()] == there[columns];
    }
}

/// The columns of a cell, counted from the first cell of its band.
const fn columns(cell: &Rect, first: &Rect) -> core::ops::Range<usize> {
    (cell.left - first.left) as usize..(cell.right - first.left) as usize
}
