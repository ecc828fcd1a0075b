//! Sets of pixels, kept as horizontal bands of disjoint rectangles.
//!
//! The representation is the one of the X server and pixman: rectangles sorted by row, then by
//! column; all rectangles of a band share top and bottom; bands that could be merged are merged.
//! Two regions with the same pixels are therefore equal as values.

mod bands;
mod sweep;
#[cfg(test)]
mod tests;

use crate::geometry::{Frame, Offset, Point, Rect};
use bands::{is_banded, merge_banded};
use sweep::{combine, combine_within};

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
