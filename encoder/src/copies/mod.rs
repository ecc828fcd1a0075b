//! Which changed pixels are others that moved: scrolling, moved windows, panned pictures.
//!
//! The X server's own copies are visible to nobody but it, so they are found again from the
//! pixels. Offsets are guessed cheaply (the last ones that fitted, then votes of rows and columns
//! that occur in both pictures), tried on a sample of cells, and the best one is checked cell by
//! cell. A wrong guess costs bytes, never correctness: the comparison that follows repairs it.

mod extent;
mod vote;

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Offset, Point, Rect};
use hackstream_protocol::limits::MAX_RECTS;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;

use crate::cells::{CELL_AREA, CELL_HEIGHT, CELL_WIDTH, cells_of};
use extent::Extent;
use vote::Voter;

/// Smallest dirty area that a copy is looked for in: below it the pixels cost less than the search.
const WORTH_SEARCHING: u64 = 16 * CELL_AREA;

/// Cells of the sample that must have changed: with fewer the damage is a box around little.
const FEWEST_CHANGED_CELLS: usize = 4;

/// Cells that an offset is tried on before all are checked.
const SAMPLE_CELLS: usize = 64;

/// Share of the sampled cells that must fit, in percent.
const SAMPLE_PERCENT: usize = 20;

/// Offsets remembered from earlier frames: a scrolled page keeps its step.
const REMEMBERED: usize = 3;

/// Pixels that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    /// By how much.
    pub offset: Offset,
    /// Where to.
    pub targets: Region,
    /// Dirty pixels that turned out to be what the shadow shows.
    pub unchanged: Region,
}

/// Has what is noted of pixels follow a copy of them to `targets` from where they are `offset`
/// before: a target is in `noted` afterwards if its source was.
pub(crate) fn carry(noted: &mut Region, targets: &Region, offset: Offset) {
    if noted.is_empty() {
        return;
    }
    let moved = noted.translated(offset).intersection(targets);
    noted.subtract(targets);
    noted.add(&moved);
}

/// Finds copies; remembers offsets that fitted.
#[derive(Debug, Default)]
pub(crate) struct CopyFinder {
    recent: Vec<Offset>,
    voter: Voter,
    extent: Extent,
}

/// What a copy is to explain.
#[derive(Clone, Copy)]
struct Change<'a> {
    source: &'a dyn PixelSource,
    dirty: &'a Region,
    shadow: &'a Canvas,
}

impl CopyFinder {
    /// The copy that explains most of `dirty`, if any explains enough: pixels of `source` that
    /// stand in `shadow` somewhere else.
    pub(crate) fn find(
        &mut self,
        source: &dyn PixelSource,
        dirty: &Region,
        shadow: &Canvas,
    ) -> Option<Copy> {
        if dirty.area() < WORTH_SEARCHING {
            return None;
        }
        let change = Change {
            source,
            dirty,
            shadow,
        };
        let sample = change.sample();
        if sample.len() < FEWEST_CHANGED_CELLS {
            return None;
        }
        let offset = self.best_offset(change, &sample)?;
        self.extent.measure(change, offset);
        self.recent.retain(|&known| known != offset);
        self.recent.insert(0, offset);
        self.recent.truncate(REMEMBERED);
        let copy = Copy {
            offset,
            targets: self.extent.targets(),
            unchanged: self.extent.unchanged(),
        };
        // Scattered that much it is no moved picture.
        (1..=MAX_RECTS)
            .contains(&copy.targets.rects().len())
            .then_some(copy)
    }

    fn best_offset(&mut self, change: Change<'_>, sample: &[Rect]) -> Option<Offset> {
        let enough = sample.len() * SAMPLE_PERCENT / 100 + 1;
        let known = change.best_of(sample, &self.recent);
        // A remembered offset that explains most of the sample makes the search superfluous.
        if let Some((offset, score)) = known {
            if score * 2 > sample.len() {
                return Some(offset);
            }
        }
        let origin = change.dirty.bounds();
        let changed = around(sample).intersection(&origin);
        let voted = self
            .voter
            .candidates(change.source, &changed, change.shadow, &origin);
        let voted = change.best_of(sample, &voted);
        let best = known
            .into_iter()
            .chain(voted)
            .max_by_key(|&(_, score)| score);
        best.filter(|&(_, score)| score >= enough)
            .map(|(offset, _)| offset)
    }
}

impl Change<'_> {
    /// Whole cells of the dirty region, spread evenly, that differ from the shadow.
    fn sample(self) -> Vec<Rect> {
        let all: Vec<Rect> = whole_cells(self.dirty).collect();
        // Odd, so that the sample does not follow a column of a screen with an even number of cells
        // in a row.
        let step = (all.len() / SAMPLE_CELLS).max(1) | 1;
        let here = Offset::new(0, 0);
        let spread = all.into_iter().step_by(step);
        spread.filter(|cell| !self.fits(cell, here)).collect()
    }

    /// The offset that fits most cells of the sample, and how many.
    fn best_of(self, sample: &[Rect], offsets: &[Offset]) -> Option<(Offset, usize)> {
        let mut best: Option<(Offset, usize)> = None;
        for &offset in offsets {
            let score = sample.iter().filter(|cell| self.fits(cell, offset)).count();
            if best.is_none_or(|(_, other)| score > other) {
                best = Some((offset, score));
            }
        }
        best
    }

    /// Whether `cell` now shows what the shadow has `offset` before it.
    fn fits(self, cell: &Rect, offset: Offset) -> bool {
        let from = cell.translated(offset.reversed());
        if !self.shadow.bounds().contains(&from) {
            return false;
        }
        (0..cell.height() as i32).all(|y| {
            let start = Point::new(cell.left, cell.top + y);
            let shown = self.shadow.span(&from, from.top + y);
            self.source.shows_row(start, shown)
        })
    }
}

/// The rectangle around a sample, widened by what may have changed beyond it.
fn around(sample: &[Rect]) -> Rect {
    let none = Rect::from_edges(0, 0, 0, 0);
    let all = sample.iter().fold(none, |all, cell| all.bounding(cell));
    Rect::from_edges(
        all.left - 2 * CELL_WIDTH,
        all.top - 4 * CELL_HEIGHT,
        all.right + 2 * CELL_WIDTH,
        all.bottom + 4 * CELL_HEIGHT,
    )
}

fn whole_cells(region: &Region) -> impl Iterator<Item = Rect> {
    cells_of(region).filter(|cell| cell.area() == CELL_AREA)
}

#[cfg(test)]
#[path = "../../tests/screen/mod.rs"]
mod screen;

#[cfg(test)]
mod tests {
    use super::screen::Screen;
    use super::*;
    use hackstream_protocol::geometry::Size;

    fn texture(size: Size) -> Canvas {
        let mut canvas = Canvas::new(size);
        let mut state = 1u32;
        for pixel in canvas.pixels_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *pixel = if state >> 30 == 0 { 0x00ff_ffff } else { 0 };
        }
        canvas
    }

    fn found_offset(offset: Offset) -> Option<Offset> {
        let size = Size::new(640, 480);
        let shadow = texture(size);
        let mut now = shadow.clone();
        let all = now.bounds();
        let targets = all.intersection(&all.translated(offset));
        now.copy_region(&targets.into(), offset);
        let copy = CopyFinder::default().find(&Screen(now), &all.into(), &shadow)?;
        assert!(
            copy.targets.area() * 10 > targets.area() * 8,
            "{:?}",
            copy.targets
        );
        Some(copy.offset)
    }

    #[test]
    fn scrolling_is_found_in_both_directions() {
        for (dx, dy) in [(0, -18), (0, 57), (0, -3), (33, 0), (-1, 0)] {
            assert_eq!(found_offset(Offset::new(dx, dy)), Some(Offset::new(dx, dy)));
        }
    }

    #[test]
    fn an_empty_page_is_not_copied_with_the_text_that_scrolled() {
        let size = Size::new(1024, 768);
        let text = Rect::new(128, 96, 512, 400);
        let mut shadow = Canvas::new(size);
        let letters = texture(text.size());
        for (y, from) in (text.top..text.bottom).zip(0..) {
            // Blank lines in between, as between paragraphs.
            if from % 100 < 70 {
                shadow.span_mut(&text, y).copy_from_slice(letters.row(from));
            }
        }
        let mut now = shadow.clone();
        let offset = Offset::new(0, -16);
        now.copy_region(&text.translated(offset).into(), offset);
        let all = Region::from(now.bounds());
        let copy = CopyFinder::default()
            .find(&Screen(now), &all, &shadow)
            .unwrap();
        assert_eq!(copy.offset, offset);
        let around = Rect::from_edges(text.left, text.top - 16, text.right, text.bottom);
        assert!(
            copy.targets.difference(&around.into()).is_empty(),
            "{:?}",
            copy.targets
        );
        assert!(
            copy.targets.area() * 10 > text.area() * 9,
            "{:?}",
            copy.targets
        );
        let beside = all.difference(&around.into());
        assert!(beside.difference(&copy.unchanged).area() * 10 < beside.area());
    }

    #[test]
    fn new_content_is_no_copy() {
        let size = Size::new(640, 480);
        let (shadow, mut now) = (texture(size), texture(size));
        now.pixels_mut().reverse();
        let all = Region::from(now.bounds());
        assert_eq!(
            CopyFinder::default().find(&Screen(now), &all, &shadow),
            None
        );
    }
}
