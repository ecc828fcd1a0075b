//! Which bytes of a stream are there.

use core::ops::Range;

/// Ranges that neither touch nor overlap, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<Range<usize>>);

impl Ranges {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, new: Range<usize>) {
        if new.is_empty() {
            return;
        }
        let first = self.0.partition_point(|range| range.end < new.start);
        let last = self.0.partition_point(|range| range.start <= new.end);
        let touched = &self.0[first..last];
        let start = touched
            .first()
            .map_or(new.start, |r| r.start.min(new.start));
        let end = touched.last().map_or(new.end, |r| r.end.max(new.end));
        self.0.splice(first..last, core::iter::once(start..end));
    }

    pub(super) fn covers(&self, wanted: Range<usize>) -> bool {
        self.0
            .iter()
            .any(|range| range.start <= wanted.start && wanted.end <= range.end)
    }

    /// What is missing of `wanted`, if it is one run.
    pub(super) fn only_gap(&self, wanted: &Range<usize>) -> Option<Range<usize>> {
        let mut gap = None;
        let mut at = wanted.start;
        let end = wanted.end..wanted.end;
        for range in self.0.iter().chain([&end]) {
            if range.end < at {
                continue;
            }
            let start = range.start.min(wanted.end);
            if start > at && gap.replace(at..start).is_some() {
                return None;
            }
            at = at.max(range.end.min(wanted.end));
        }
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_are_like_a_row_of_flags(
            added in proptest::collection::vec((0usize..40, 0usize..12), 0..12),
            (from, len) in (0usize..40, 1usize..20),
        ) {
            let mut ranges = Ranges::default();
            let mut flags = [false; 80];
            for (start, len) in added {
                ranges.add(start..start + len);
                flags[start..start + len].fill(true);
            }
            let starts = (0..80).filter(|&i| flags[i] && (i == 0 || !flags[i - 1]));
            prop_assert_eq!(ranges.len(), starts.count());
            let wanted = &flags[from..from + len];
            prop_assert_eq!(ranges.covers(from..from + len), wanted.iter().all(|&f| f));
            let holes: Vec<usize> = (from..from + len).filter(|&i| !flags[i]).collect();
            let gap = holes.first().and_then(|&first| {
                let is_one = holes.last() == Some(&(first + holes.len() - 1));
                is_one.then_some(first..first + holes.len())
            });
            prop_assert_eq!(ranges.only_gap(&(from..from + len)), gap);
        }
    }
}
