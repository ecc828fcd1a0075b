//! Guessing offsets: rows and columns that occur in both pictures vote for how far they moved.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Offset, Point, Rect};
use hackstream_protocol::source::PixelSource;

/// Width of a strip whose rows vote on vertical offsets, in pixels: two cache lines.
const STRIP_WIDTH: i32 = 32;

/// Height of a band whose columns vote on horizontal offsets, in pixels: a line of text.
const BAND_HEIGHT: i32 = 16;

/// Strips and bands looked at, spread over the dirty rectangle.
const LOOKS: i32 = 4;

/// Votes that a candidate needs.
const ENOUGH_VOTES: usize = 8;

/// Candidates of each direction.
const CANDIDATES: usize = 2;

/// The hash of a row or a column of which all pixels are equal: it says nothing about movement.
const FLAT: u64 = 0;

/// Guesses offsets; holds the buffers for it.
#[derive(Debug, Default)]
pub(super) struct Voter {
    old: Vec<(u64, i32)>,
    new: Vec<(u64, i32)>,
    votes: Vec<i32>,
    row: Vec<u32>,
    columns: Vec<Column>,
}

/// The running hash of a column.
#[derive(Clone, Copy, Debug)]
struct Column {
    hash: u64,
    first: u32,
    flat: bool,
}

impl Voter {
    /// Offsets by which much of `area` may have moved, the most likely first.
    pub(super) fn candidates(
        &mut self,
        source: &dyn PixelSource,
        area: &Rect,
        shadow: &Canvas,
    ) -> Vec<Offset> {
        let mut found = Vec::new();
        self.votes.clear();
        for left in places(area.left, area.right, STRIP_WIDTH) {
            let strip = Rect::from_edges(left, area.top, left + STRIP_WIDTH, area.bottom);
            self.vote_rows(source, &strip.intersection(area), shadow);
        }
        found.extend(winners(&mut self.votes).map(|dy| Offset::new(0, dy)));
        self.votes.clear();
        for top in places(area.top, area.bottom, BAND_HEIGHT) {
            let band = Rect::from_edges(area.left, top, area.right, top + BAND_HEIGHT);
            self.vote_columns(source, &band.intersection(area), shadow);
        }
        found.extend(winners(&mut self.votes).map(|dx| Offset::new(dx, 0)));
        found
    }

    fn vote_rows(&mut self, source: &dyn PixelSource, strip: &Rect, shadow: &Canvas) {
        self.old.clear();
        self.new.clear();
        self.row.resize(strip.width() as usize, 0);
        for y in strip.top..strip.bottom {
            source.read_row(Point::new(strip.left, y), &mut self.row);
            self.old.push((hash_row(shadow.span(strip, y)), y));
            self.new.push((hash_row(&self.row), y));
        }
        match_up(&mut self.old, &mut self.new, &mut self.votes);
    }

    fn vote_columns(&mut self, source: &dyn PixelSource, band: &Rect, shadow: &Canvas) {
        self.row.resize(band.width() as usize, 0);
        self.columns.clear();
        for y in band.top..band.bottom {
            add_row(&mut self.columns, shadow.span(band, y));
        }
        hashes(&self.columns, band.left, &mut self.old);
        self.columns.clear();
        for y in band.top..band.bottom {
            source.read_row(Point::new(band.left, y), &mut self.row);
            add_row(&mut self.columns, &self.row);
        }
        hashes(&self.columns, band.left, &mut self.new);
        match_up(&mut self.old, &mut self.new, &mut self.votes);
    }
}

/// Where to look between two edges: places of a thickness, spread evenly.
fn places(first: i32, end: i32, thickness: i32) -> impl Iterator<Item = i32> {
    let room = (end - first - thickness).max(0);
    let looks = (room / thickness + 1).min(LOOKS);
    (0..looks).map(move |look| first + room * look / (looks - 1).max(1))
}

fn hash_row(row: &[u32]) -> u64 {
    let first = row[0];
    if row
        .iter()
        .fold(true, |flat, &pixel| flat & (pixel == first))
    {
        return FLAT;
    }
    let pairs = row
        .chunks_exact(2)
        .map(|pair| u64::from(pair[0]) << 32 | u64::from(pair[1]));
    pairs.fold(1, mix)
}

/// A multiplicative mix in the manner of FxHash; quality matters little, votes are checked.
fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn add_row(columns: &mut Vec<Column>, row: &[u32]) {
    if columns.is_empty() {
        let start = |&first: &u32| Column {
            hash: mix(1, u64::from(first)),
            first,
            flat: true,
        };
        columns.extend(row.iter().map(start));
        return;
    }
    for (column, &pixel) in columns.iter_mut().zip(row) {
        column.hash = mix(column.hash, u64::from(pixel));
        column.flat &= pixel == column.first;
    }
}

fn hashes(columns: &[Column], left: i32, out: &mut Vec<(u64, i32)>) {
    out.clear();
    let hash = |column: &Column| if column.flat { FLAT } else { column.hash };
    out.extend((left..).zip(columns).map(|(x, column)| (hash(column), x)));
}

/// Each hash that occurs exactly once on both sides votes for the distance between its places.
fn match_up(old: &mut [(u64, i32)], new: &mut [(u64, i32)], votes: &mut Vec<i32>) {
    old.sort_unstable();
    new.sort_unstable();
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        let (a, b) = (old[i].0, new[j].0);
        let run = |list: &[(u64, i32)], from: usize, hash: u64| {
            list[from..]
                .iter()
                .take_while(|entry| entry.0 == hash)
                .count()
        };
        if a < b {
            i += run(old, i, a);
        } else if b < a {
            j += run(new, j, b);
        } else {
            let (in_old, in_new) = (run(old, i, a), run(new, j, b));
            let distance = new[j].1 - old[i].1;
            if a != FLAT && in_old == 1 && in_new == 1 && distance != 0 {
                votes.push(distance);
            }
            i += in_old;
            j += in_new;
        }
    }
}

/// The distances with the most votes.
fn winners(votes: &mut [i32]) -> impl Iterator<Item = i32> {
    votes.sort_unstable();
    let mut counts: Vec<(usize, i32)> = votes
        .chunk_by(|a, b| a == b)
        .filter(|same| same.len() >= ENOUGH_VOTES)
        .map(|same| (same.len(), same[0]))
        .collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts.truncate(CANDIDATES);
    counts.into_iter().map(|(_, distance)| distance)
}
