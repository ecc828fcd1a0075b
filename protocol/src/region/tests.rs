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
