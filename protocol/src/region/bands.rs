//! How a region is put together, row by row.

use super::Region;
use crate::geometry::Rect;

/// Collects spans band by band and merges bands that touch and have the same columns.
pub(super) struct Bands<S> {
    rects: Vec<Rect<S>>,
    top: i32,
    bottom: i32,
    /// Where the band being filled starts in `rects`, and the finished one above it.
    start: usize,
    above: usize,
}

impl<S: Copy> Bands<S> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            rects: Vec::with_capacity(capacity),
            top: 0,
            bottom: 0,
            start: 0,
            above: 0,
        }
    }

    /// Starts the band of the rows from `top` to before `bottom`, which lies below all others.
    pub(super) fn begin(&mut self, top: i32, bottom: i32) {
        (self.top, self.bottom) = (top, bottom);
        self.start = self.rects.len();
    }

    /// Adds columns to the band, to the right of those it has.
    pub(super) fn span(&mut self, left: i32, right: i32) {
        self.rects
            .push(Rect::from_edges(left, self.top, right, self.bottom));
    }

    /// Ends the band.
    pub(super) fn end(&mut self) {
        let (above, filled) = self.rects.split_at_mut(self.start);
        let above = &mut above[self.above..];
        if filled.is_empty() {
            return;
        }
        let same_columns = above.len() == filled.len()
            && above
                .iter()
                .zip(filled.iter())
                .all(|(u, l)| u.left == l.left && u.right == l.right && u.bottom == l.top);
        if same_columns {
            for rect in above {
                rect.bottom = self.bottom;
            }
            self.rects.truncate(self.start);
        } else {
            self.above = self.start;
        }
    }

    /// Rectangles so far.
    pub(super) fn len(&self) -> usize {
        self.rects.len()
    }

    pub(super) fn into_region(self) -> Region<S> {
        Region { rects: self.rects }
    }
}

/// Whether sorted rectangles are disjoint and those that share rows share all of them, as cells of
/// a grid do.
pub(super) fn is_banded<S>(rects: &[Rect<S>]) -> bool {
    rects.windows(2).all(|pair| {
        let same_band = pair[0].top == pair[1].top
            && pair[0].bottom == pair[1].bottom
            && pair[0].right <= pair[1].left;
        same_band || pair[0].bottom <= pair[1].top
    })
}

/// The union of banded rectangles, in one pass.
pub(super) fn merge_banded<S: Copy>(rects: &[Rect<S>]) -> Region<S> {
    let mut out = Bands::new(rects.len());
    for band in rects.chunk_by(|a, b| a.top == b.top) {
        out.begin(band[0].top, band[0].bottom);
        for run in band.chunk_by(|a, b| a.right == b.left) {
            out.span(run[0].left, run[run.len() - 1].right);
        }
        out.end();
    }
    out.into_region()
}
