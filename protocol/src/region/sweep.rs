//! Set operations: one pass over the bands of both sets.

use super::Region;
use super::bands::Bands;
use crate::geometry::Rect;

/// Sweeps over all bands of both sets and keeps the pixels for which `keep(in_a, in_b)` holds.
/// `keep(false, false)` must be false.
pub(super) fn combine<S: Copy>(
    a: &[Rect<S>],
    b: &[Rect<S>],
    keep: impl Fn(bool, bool) -> bool,
) -> Region<S> {
    combine_within(a, b, keep, usize::MAX).unwrap_or_default()
}

/// As [`combine`]; gives up beyond `limit` rectangles.
pub(super) fn combine_within<S: Copy>(
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
        if out.len() > limit {
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
    Some(out.into_region())
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
