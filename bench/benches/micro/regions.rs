//! Sets of pixels with many rectangles.

use std::hint::black_box;

use anyhow::Result;
use hackstream_protocol::geometry::{Offset, Point, Rect};
use hackstream_protocol::region::Region;

use crate::case::{Case, Work};
use crate::random::Random;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("region/collect/scattered-1000", || {
            let rects = scattered(1000);
            Ok(Box::new(move || made(&rects.iter().copied().collect())))
        }),
        Case::new("region/collect/cells-1000", || {
            let rects = cells(1000);
            Ok(Box::new(move || made(&rects.iter().copied().collect())))
        }),
        Case::new("region/add/one-by-one-200", || {
            let rects = scattered(200);
            Ok(Box::new(move || {
                let mut region = Region::new();
                rects.iter().for_each(|rect| region.add_rect(*rect));
                made(&region)
            }))
        }),
        Case::new("region/union", || of_two(Region::union)),
        Case::new("region/intersection", || of_two(Region::intersection)),
        Case::new("region/difference", || of_two(Region::difference)),
        Case::new("region/simplified", || {
            let region: Region = scattered(1000).into_iter().collect();
            Ok(Box::new(move || made(&region.simplified(512))))
        }),
        Case::new("region/contains", || {
            let region: Region = scattered(500).into_iter().collect();
            Ok(Box::new(move || {
                let points = (0..1080).map(|y| Point::new(y * 7 % 1920, y));
                black_box(points.filter(|point| region.contains_point(*point)).count());
                Ok(0)
            }))
        }),
    ]
}

/// The work of combining two sets of many rectangles that overlap.
fn of_two(combine: fn(&Region, &Region) -> Region) -> Result<Work> {
    let first: Region = scattered(300).into_iter().collect();
    let second = first.translated(Offset::new(17, 11));
    Ok(Box::new(move || made(&combine(&first, &second))))
}

/// Has the region made, though nobody looks at it.
fn made(region: &Region) -> Result<usize> {
    black_box(region);
    Ok(0)
}

/// Rectangles anywhere on a screen, as programs damage it; they may overlap.
fn scattered(rects: u32) -> Vec<Rect> {
    let mut random = Random::new(u64::from(rects));
    let rect = |_| {
        let (x, y) = (random.below(1880) as i32, random.below(1050) as i32);
        Rect::new(x, y, 4 + random.below(36), 4 + random.below(26))
    };
    (0..rects).map(rect).collect()
}

/// Cells of a grid, two of three, as a comparison finds them.
fn cells(rects: i32) -> Vec<Rect> {
    let cell = |index| Rect::new(index % 30 * 64, index / 30 * 16, 64, 16);
    (0..rects * 3 / 2)
        .filter(|index| index % 3 != 1)
        .map(cell)
        .collect()
}
