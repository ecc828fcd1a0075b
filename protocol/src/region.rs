//! Sets of pixels, kept as horizontal bands of disjoint rectangles.
//!
//! The representation is the one of the X server and pixman: rectangles sorted by row, then by
//! column; all rectangles of a band share top and bottom; bands that could be merged are merged.
//! Two regions with the same pixels are therefore equal as values.

use crate::geometry::{Frame, Offset, Point, Rect};

/// A set of pixels of the space `S`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region<S = Frame> {
    /// INVARIANT: none is empty, sorted by (top, left), banded, maximally merged.
    rects: Vec<Rect<S>>,
}

impl<S> Default for Region<S> {
    fn default() -> Self {
        Self { rects: Vec::new() }
    }
}

impl<S: Copy> From<Rect<S>> for Region<S> {
    fn from(rect: Rect<S>) -> Self {
        Self {
            rects: if rect.is_empty() {
                Vec::new()
            } else {
                vec![rect]
            },
        }
    }
}

impl<S: Copy> FromIterator<Rect<S>> for Region<S> {
    /// The union of any rectangles, in any order, overlapping or not.
    fn from_iter<I: IntoIterator<Item = Rect<S>>>(rects: I) -> Self {
        Self::from_rects_within(rects, usize::MAX).unwrap_or_default()
    }
}

impl<S: Copy> Region<S> {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { rects: Vec::new() }
    }

    /// The union of any rectangles, or `None` as soon as it takes more than `limit` rectangles:
    /// the bands of n rectangles can be n times as many, which a peer must not be able to ask for.
    pub fn from_rects_within(
        rects: impl IntoIterator<Item = Rect<S>>,
        limit: usize,
    ) -> Option<Self> {
        let mut rects: Vec<Rect<S>> = rects.into_iter().filter(|rect| !rect.is_empty()).collect();
        rects.sort_unstable_by_key(|rect| (rect.top, rect.left));
        if is_banded(&rects) {
            let region = merge_banded(&rects);
            return (region.rects.len() <= limit).then_some(region);
        }
        let mut parts: Vec<Self> = rects.into_iter().map(Self::from).collect();
        // Pairwise, so that a thousand rectangles cost log(1000) passes and not a thousand.
        while parts.len() > 1 {
            parts = parts
                .chunks(2)
                .map(|pair| match pair {
                    [a, b] => combine_within(&a.rects, &b.rects, |a, b| a || b, limit),
                    rest => rest.first().cloned(),
                })
                .collect::<Option<_>>()?;
        }
        Some(parts.pop().unwrap_or_default())
    }

    /// The disjoint rectangles of the set, by row and then by column.
    #[must_use]
    pub fn rects(&self) -> &[Rect<S>] {
        &self.rects
    }

    /// Whether there are no pixels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// Number of pixels.
    #[must_use]
    pub fn area(&self) -> u64 {
        self.rects.iter().map(Rect::area).sum()
    }

    /// The smallest rectangle around all pixels; empty for the empty set.
    #[must_use]
    pub fn bounds(&self) -> Rect<S> {
        let (Some(first), Some(last)) = (self.rects.first(), self.rects.last()) else {
            return Rect::from_edges(0, 0, 0, 0);
        };
        let left = self.rects.iter().map(|r| r.left).min().unwrap_or(0);
        let right = self.rects.iter().map(|r| r.right).max().unwrap_or(0);
        Rect::from_edges(left, first.top, right, last.bottom)
    }

    /// Whether the pixel at `point` is in the set.
    #[must_use]
    pub fn contains_point(&self, point: Point<S>) -> bool {
        let band = self.rects_from(point.y);
        let band = &band[..band.partition_point(|r| r.top <= point.y)];
        let next = band.partition_point(|r| r.right <= point.x);
        band.get(next).is_some_and(|r| r.left <= point.x)
    }

    /// The runs of columns between `left` and `right` whose pixels in row `y` are not in the set,
    /// each as its first column and the one after its last.
    pub fn gaps(&self, y: i32, left: i32, right: i32) -> impl Iterator<Item = (i32, i32)> {
        let band = self.rects_from(y);
        let band = &band[..band.partition_point(|r| r.top <= y)];
        let band = &band[band.partition_point(|r| r.right <= left)..];
        let inside = band.iter().take_while(move |r| r.left < right);
        let ends = inside.map(|r| (r.left, r.right)).chain([(right, right)]);
        let gaps = ends.scan(left, |next, (start, end)| {
            let gap = (*next, start);
            *next = end;
            Some(gap)
        });
        gaps.filter(|(start, end)| start < end)
    }

    /// The rectangles from the first one on that reaches below the top of row `y`.
    fn rects_from(&self, y: i32) -> &[Rect<S>] {
        // Bands do not overlap, so the bottoms are sorted as the tops are.
        &self.rects[self.rects.partition_point(|r| r.bottom <= y)..]
    }

    /// Whether any pixel of `rect` is in the set.
    #[must_use]
    pub fn intersects_rect(&self, rect: &Rect<S>) -> bool {
        let below = self.rects_from(rect.top);
        let mut rows = below.iter().take_while(|r| r.top < rect.bottom);
        rows.any(|r| r.intersects(rect))
    }

    /// Whether any pixel is in both sets.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        let (few, many) = if self.rects.len() < other.rects.len() {
            (self, other)
        } else {
            (other, self)
        };
        few.rects.iter().any(|r| many.intersects_rect(r))
    }

    /// Whether all pixels of `rect` are in the set.
    #[must_use]
    pub fn contains_rect(&self, rect: &Rect<S>) -> bool {
        let inside: u64 = self.rects.iter().map(|r| r.intersection(rect).area()).sum();
        inside == rect.area()
    }

    /// The pixels in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() || (self.rects.len() == 1 && self.rects[0].contains(&other.bounds())) {
            return self.clone();
        }
        combine(&self.rects, &other.rects, |a, b| a || b)
    }

    /// The pixels in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::new();
        }
        combine(&self.rects, &other.rects, |a, b| a && b)
    }

    /// The pixels of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if !self.intersects(other) {
            return self.clone();
        }
        combine(&self.rects, &other.rects, |a, b| a && !b)
    }

    /// Adds the pixels of `rect`.
    pub fn add_rect(&mut self, rect: Rect<S>) {
        if !rect.is_empty() {
            *self = self.union(&Self::from(rect));
        }
    }

    /// Adds the pixels of `other`.
    pub fn add(&mut self, other: &Self) {
        if !other.is_empty() {
            *self = self.union(other);
        }
    }

    /// Takes the pixels of `other` away.
    pub fn subtract(&mut self, other: &Self) {
        if !self.is_empty() && !other.is_empty() {
            *self = self.difference(other);
        }
    }

    /// The pixels of this set that are in `rect`.
    #[must_use]
    pub fn clipped(&self, rect: &Rect<S>) -> Self {
        self.intersection(&Self::from(*rect))
    }

    /// The set moved by `offset`.
    #[must_use]
    pub fn translated(&self, offset: Offset<S>) -> Self {
        Self {
            rects: self.rects.iter().map(|r| r.translated(offset)).collect(),
        }
    }

    /// A set of at most `limit` rectangles (at least one) that contains this one.
    ///
    /// The set itself if it is small enough, else one box per run of neighbouring bands.
    #[must_use]
    pub fn simplified(&self, limit: usize) -> Self {
        if self.rects.len() <= limit.max(1) {
            return self.clone();
        }
        let group = self.rects.len().div_ceil(limit.max(1));
        let boxes = self.rects.chunks(group).map(|run| {
            run.iter()
                .fold(Rect::from_edges(0, 0, 0, 0), |all, r| all.bounding(r))
        });
        let simpler: Self = boxes.collect();
        if simpler.rects.len() <= limit.max(1) {
            simpler
        } else {
            Self::from(self.bounds())
        }
    }
}

/// Whether sorted rectangles are disjoint and those that share rows share all of them, as cells of
/// a grid do.
fn is_banded<S>(rects: &[Rect<S>]) -> bool {
    rects.windows(2).all(|pair| {
        let same_band = pair[0].top == pair[1].top
            && pair[0].bottom == pair[1].bottom
            && pair[0].right <= pair[1].left;
        same_band || pair[0].bottom <= pair[1].top
    })
}

/// The union of banded rectangles, in one pass.
fn merge_banded<S: Copy>(rects: &[Rect<S>]) -> Region<S> {
    let mut out = Bands::new(rects.len());
    for band in rects.chunk_by(|a, b| a.top == b.top) {
        out.begin(band[0].top, band[0].bottom);
        for run in band.chunk_by(|a, b| a.right == b.left) {
            out.span(run[0].left, run[run.len() - 1].right);
        }
        out.end();
    }
    Region { rects: out.rects }
}

/// Sweeps over all bands of both sets and keeps the pixels for which `keep(in_a, in_b)` holds.
/// `keep(false, false)` must be false.
fn combine<S: Copy>(a: &[Rect<S>], b: &[Rect<S>], keep: impl Fn(bool, bool) -> bool) -> Region<S> {
    combine_within(a, b, keep, usize::MAX).unwrap_or_default()
}

/// As [`combine`]; gives up beyond `limit` rectangles.
fn combine_within<S: Copy>(
    a: &[Rect<S>],
    b: &[Rect<S>],
    keep: impl Fn(bool, bool) -> bool,
    limit: usize,
) -> Option<Region<S>> {
    let mut out = Bands::new(a.len() + b.len());
    let (mut rest_a, mut rest_b) = (a, b);
    let mut top = i32::MIN;
    while !(rest_a.is_empty() && rest_b.is_empty()) {
        let (band_a, band_b) = (band(rest_a), band(rest_b));
        let inside = covers(band_a, top) || covers(band_b, top);
        let start = if inside {
            top
        } else {
            edge_after(top, band_a, band_b)
        };
        let active_a = if covers(band_a, start) { band_a } else { &[] };
        let active_b = if covers(band_b, start) { band_b } else { &[] };
        let bottom = edge_after(start + 1, band_a, band_b);
        out.begin(start, bottom);
        merge_spans(active_a, active_b, &keep, |left, right| {
            out.span(left, right)
        });
        out.end();
        if out.rects.len() > limit {
            return None;
        }
        top = bottom;
        if band_a.first().is_some_and(|r| r.bottom <= bottom) {
            rest_a = &rest_a[band_a.len()..];
        }
        if band_b.first().is_some_and(|r| r.bottom <= bottom) {
            rest_b = &rest_b[band_b.len()..];
        }
    }
    Some(Region { rects: out.rects })
}

/// The rectangles that share the first one's rows.
fn band<S>(rects: &[Rect<S>]) -> &[Rect<S>] {
    let len = rects.iter().take_while(|r| r.top == rects[0].top).count();
    &rects[..len]
}

fn covers<S>(band: &[Rect<S>], row: i32) -> bool {
    band.first().is_some_and(|r| r.top <= row && row < r.bottom)
}

/// The first top or bottom edge of either band at or below `row`.
fn edge_after<S>(row: i32, a: &[Rect<S>], b: &[Rect<S>]) -> i32 {
    [a.first(), b.first()]
        .into_iter()
        .flatten()
        .flat_map(|r| [r.top, r.bottom])
        .filter(|&edge| edge >= row)
        .min()
        .unwrap_or(row)
}

/// Calls `emit(left, right)` for each maximal run of columns that `keep` accepts.
fn merge_spans<S>(
    a: &[Rect<S>],
    b: &[Rect<S>],
    keep: impl Fn(bool, bool) -> bool,
    mut emit: impl FnMut(i32, i32),
) {
    let edge = |band: &[Rect<S>], i: usize| {
        band.get(i / 2)
            .map(|r| if i % 2 == 0 { r.left } else { r.right })
    };
    let (mut next_a, mut next_b) = (0, 0);
    let mut open: Option<i32> = None;
    loop {
        let x = match (edge(a, next_a), edge(b, next_b)) {
            (None, None) => break,
            (Some(x), None) | (None, Some(x)) => x,
            (Some(x), Some(y)) => x.min(y),
        };
        while edge(a, next_a) == Some(x) {
            next_a += 1;
        }
        while edge(b, next_b) == Some(x) {
            next_b += 1;
        }
        match (open, keep(next_a % 2 == 1, next_b % 2 == 1)) {
            (None, true) => open = Some(x),
            (Some(left), false) => {
                emit(left, x);
                open = None;
            }
            _ => {}
        }
    }
}

/// Collects spans band by band and merges bands that touch and have the same columns.
struct Bands<S> {
    rects: Vec<Rect<S>>,
    top: i32,
    bottom: i32,
    /// Where the band being filled starts in `rects`, and the finished one above it.
    start: usize,
    above: usize,
}

impl<S: Copy> Bands<S> {
    fn new(capacity: usize) -> Self {
        Self {
            rects: Vec::with_capacity(capacity),
            top: 0,
            bottom: 0,
            start: 0,
            above: 0,
        }
    }

    fn begin(&mut self, top: i32, bottom: i32) {
        (self.top, self.bottom) = (top, bottom);
        self.start = self.rects.len();
    }

    fn span(&mut self, left: i32, right: i32) {
        self.rects
            .push(Rect::from_edges(left, self.top, right, self.bottom));
    }

    fn end(&mut self) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EDGE: i32 = 24;

    fn rect() -> impl Strategy<Value = Rect> {
        (0..EDGE, 0..EDGE, 1..10u32, 1..10u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }

    fn region() -> impl Strategy<Value = Region> {
        proptest::collection::vec(rect(), 0..8).prop_map(Region::from_iter)
    }

    fn points() -> impl Iterator<Item = Point> {
        (0..2 * EDGE).flat_map(|y| (0..2 * EDGE).map(move |x| Point::new(x, y)))
    }

    fn assert_canonical(region: &Region) {
        for pair in region.rects().windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let same_band = a.top == b.top && a.bottom == b.bottom && a.right < b.left;
            assert!(same_band || a.bottom <= b.top, "{region:?}");
        }
        assert!(region.rects().iter().all(|r| !r.is_empty()));
    }

    proptest! {
        #[test]
        fn operations_agree_with_sets_of_points(a in region(), b in region()) {
            let (or, and, minus) = (a.union(&b), a.intersection(&b), a.difference(&b));
            for p in points() {
                let (in_a, in_b) = (a.contains_point(p), b.contains_point(p));
                prop_assert_eq!(or.contains_point(p), in_a || in_b);
                prop_assert_eq!(and.contains_point(p), in_a && in_b);
                prop_assert_eq!(minus.contains_point(p), in_a && !in_b);
            }
            for result in [&or, &and, &minus] {
                assert_canonical(result);
            }
            prop_assert_eq!(a.intersects(&b), !and.is_empty());
            prop_assert_eq!(or.area() + and.area(), a.area() + b.area());
        }

        #[test]
        fn points_and_gaps_are_those_of_the_rectangles(a in region(), r in rect()) {
            for p in points() {
                let inside = a.rects().iter().any(|rect| rect.contains_point(p));
                prop_assert_eq!(a.contains_point(p), inside);
            }
            prop_assert_eq!(a.intersects_rect(&r), points().any(|p| {
                r.contains_point(p) && a.contains_point(p)
            }));
            for y in r.top..r.bottom {
                let gaps: Vec<_> = a.gaps(y, r.left, r.right).collect();
                for x in r.left..r.right {
                    let gap = gaps.iter().any(|&(left, right)| left <= x && x < right);
                    prop_assert_eq!(gap, !a.contains_point(Point::new(x, y)));
                }
                prop_assert!(gaps.iter().all(|&(left, right)| r.left <= left && right <= r.right));
            }
        }

        #[test]
        fn a_limit_is_kept_or_nothing_returned(
            rects in proptest::collection::vec(rect(), 0..8), limit in 0usize..12,
        ) {
            let all: Region = rects.iter().copied().collect();
            match Region::from_rects_within(rects, limit) {
                Some(within) => prop_assert_eq!(within, all),
                // Parts may take more rectangles than the whole.
                None => prop_assert!(limit < 8 * 8),
            }
        }

        #[test]
        fn cells_of_a_grid_make_the_same_region_as_one_by_one(
            cells in proptest::collection::vec((0..6i32, 0..6i32), 0..30),
        ) {
            let rects: Vec<Rect> =
                cells.into_iter().map(|(x, y)| Rect::new(x * 4, y * 4, 4, 4)).collect();
            let mut one_by_one = Region::new();
            rects.iter().for_each(|rect| one_by_one.add_rect(*rect));
            let at_once: Region = rects.into_iter().collect();
            assert_canonical(&at_once);
            prop_assert_eq!(at_once, one_by_one);
        }

        #[test]
        fn equal_sets_are_equal_values(rects in proptest::collection::vec(rect(), 0..8)) {
            let forwards: Region = rects.iter().copied().collect();
            let backwards: Region = rects.iter().rev().copied().collect();
            prop_assert_eq!(forwards, backwards);
        }

        #[test]
        fn simplified_contains_the_original(a in region(), limit in 1usize..6) {
            let simple = a.simplified(limit);
            prop_assert!(simple.rects().len() <= limit);
            prop_assert!(a.difference(&simple).is_empty());
        }

        #[test]
        fn contains_rect_means_every_point(a in region(), r in rect()) {
            let all = points().filter(|&p| r.contains_point(p)).all(|p| a.contains_point(p));
            prop_assert_eq!(a.contains_rect(&r), all);
        }
    }

    #[test]
    fn neighbours_merge_into_one_rectangle() {
        let region: Region = [
            Rect::new(0, 0, 5, 5),
            Rect::new(5, 0, 5, 5),
            Rect::new(0, 5, 10, 5),
        ]
        .into_iter()
        .collect();
        assert_eq!(region.rects(), [Rect::new(0, 0, 10, 10)]);
    }

    #[test]
    fn staggered_columns_are_more_bands_than_a_limit_allows() {
        let columns = (0..100).map(|i| Rect::<Frame>::new(2 * i, i, 1, 200));
        assert_eq!(Region::from_rects_within(columns.clone(), 1000), None);
        assert!(columns.collect::<Region>().rects().len() > 5000);
    }
}
