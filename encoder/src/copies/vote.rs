//! Guessing offsets: rows and columns that occur in both pictures vote for how far they moved.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Offset, Point, Rect};
use hackstream_protocol::source::PixelSource;
use rustc_hash::FxHashMap;

/// Width of a strip whose rows vote on vertical offsets, in pixels: two cache lines.
const STRIP_WIDTH: i32 = 32;

/// Height of a band whose columns vote on horizontal offsets, in pixels: a line of text.
const BAND_HEIGHT: i32 = 16;

/// Strips and bands looked at, at most, spread over the area.
const LOOKS: i32 = 4;

/// Rows or columns of the new picture that vote in each of them, at most. All of the old ones are
/// searched for, so these may be spread: reading memory that another program just wrote is what
/// takes the time.
const VOTERS: i32 = 160;

/// Votes that a candidate needs.
const ENOUGH_VOTES: usize = 8;

/// After this many voters that could tell something, of which less than one part in
/// [`HOPELESS_SHARE`] agreed, the others are not asked.
const HOPELESS_AFTER: usize = 100;
const HOPELESS_SHARE: usize = 16;

/// Candidates of each direction.
const CANDIDATES: usize = 2;

/// The hash of a row or a column of which all pixels are equal: it says nothing about movement.
const FLAT: u64 = 0;

/// The place of a row or a column that occurs more than once: it says nothing either.
const AMBIGUOUS: i32 = i32::MIN;

/// Guesses offsets; holds the buffers for it.
#[derive(Debug, Default)]
pub(super) struct Voter {
    /// Where each row or column of the old picture is.
    old: FxHashMap<u64, i32>,
    ballot: Ballot,
    row: Vec<u32>,
    columns: Vec<Column>,
}

/// The votes for offsets in one direction.
#[derive(Debug, Default)]
struct Ballot {
    votes: Vec<i32>,
    /// Voters that could tell something.
    informed: usize,
}

/// The running hash of a column.
#[derive(Clone, Copy, Debug)]
struct Column {
    hash: u64,
    first: u32,
    flat: bool,
}

impl Voter {
    /// Offsets by which much of `area` may have moved from somewhere in `origin`, the most likely
    /// first.
    pub(super) fn candidates(
        &mut self,
        source: &dyn PixelSource,
        area: &Rect,
        shadow: &Canvas,
        origin: &Rect,
    ) -> Vec<Offset> {
        let mut found = Vec::new();
        self.ballot.clear();
        for left in places(area.left, area.right, STRIP_WIDTH) {
            let strip = Rect::from_edges(left, area.top, left + STRIP_WIDTH, area.bottom);
            let strip = strip.intersection(area);
            let before = Rect::from_edges(strip.left, origin.top, strip.right, origin.bottom);
            self.vote_rows(source, &strip, shadow, &before);
            if self.ballot.is_hopeless() {
                break;
            }
        }
        found.extend(self.ballot.winners().map(|dy| Offset::new(0, dy)));
        self.ballot.clear();
        for top in places(area.top, area.bottom, BAND_HEIGHT) {
            let band = Rect::from_edges(area.left, top, area.right, top + BAND_HEIGHT);
            let band = band.intersection(area);
            let before = Rect::from_edges(origin.left, band.top, origin.right, band.bottom);
            self.vote_columns(source, &band, shadow, &before);
            if self.ballot.is_hopeless() {
                break;
            }
        }
        found.extend(self.ballot.winners().map(|dx| Offset::new(dx, 0)));
        found
    }

    fn vote_rows(
        &mut self,
        source: &dyn PixelSource,
        strip: &Rect,
        shadow: &Canvas,
        before: &Rect,
    ) {
        self.old.clear();
        for y in before.top..before.bottom {
            note(&mut self.old, hash_row(shadow.span(before, y)), y);
        }
        self.row.resize(strip.width() as usize, 0);
        for y in (strip.top..strip.bottom).step_by(voter_step(strip.height())) {
            source.read_row(Point::new(strip.left, y), &mut self.row);
            self.ballot.vote(&self.old, hash_row(&self.row), y);
        }
    }

    fn vote_columns(
        &mut self,
        source: &dyn PixelSource,
        band: &Rect,
        shadow: &Canvas,
        before: &Rect,
    ) {
        self.old.clear();
        self.columns.clear();
        for y in before.top..before.bottom {
            add_row(&mut self.columns, shadow.span(before, y), 1);
        }
        for (x, column) in (before.left..).zip(&self.columns) {
            note(&mut self.old, column.hash(), x);
        }
        let step = voter_step(band.width());
        self.row.resize(band.width() as usize, 0);
        self.columns.clear();
        for y in band.top..band.bottom {
            source.read_row(Point::new(band.left, y), &mut self.row);
            add_row(&mut self.columns, &self.row, step);
        }
        for (x, column) in (band.left..).step_by(step).zip(&self.columns) {
            self.ballot.vote(&self.old, column.hash(), x);
        }
    }
}

impl Ballot {
    fn clear(&mut self) {
        self.votes.clear();
        self.informed = 0;
    }

    /// What the row or column of the new picture at `place` says: each that occurs exactly once in
    /// the old one votes for the distance between the two places.
    fn vote(&mut self, old: &FxHashMap<u64, i32>, hash: u64, place: i32) {
        if hash == FLAT {
            return;
        }
        self.informed += 1;
        if let Some(&before) = old.get(&hash) {
            if before != AMBIGUOUS && before != place {
                self.votes.push(place - before);
            }
        }
    }

    fn is_hopeless(&self) -> bool {
        self.informed >= HOPELESS_AFTER && self.votes.len() * HOPELESS_SHARE < self.informed
    }

    /// The distances with the most votes.
    fn winners(&mut self) -> impl Iterator<Item = i32> {
        self.votes.sort_unstable();
        let mut counts: Vec<(usize, i32)> = self
            .votes
            .chunk_by(|a, b| a == b)
            .filter(|same| same.len() >= ENOUGH_VOTES)
            .map(|same| (same.len(), same[0]))
            .collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts.truncate(CANDIDATES);
        counts.into_iter().map(|(_, distance)| distance)
    }
}

impl Column {
    const fn hash(&self) -> u64 {
        if self.flat { FLAT } else { self.hash }
    }
}

/// Where to look between two edges: places of a thickness, spread evenly.
fn places(first: i32, end: i32, thickness: i32) -> impl Iterator<Item = i32> {
    let room = (end - first - thickness).max(0);
    let looks = (room / thickness + 1).min(LOOKS);
    (0..looks).map(move |look| first + room * look / (looks - 1).max(1))
}

/// The distance between voters in a picture of so many rows or columns. Odd, so that they do not
/// follow the lines of a text.
const fn voter_step(count: u32) -> usize {
    (count as i32 / VOTERS) as usize | 1
}

/// Notes where a row or column of the old picture is.
fn note(old: &mut FxHashMap<u64, i32>, hash: u64, place: i32) {
    if hash != FLAT {
        old.entry(hash)
            .and_modify(|known| *known = AMBIGUOUS)
            .or_insert(place);
    }
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

/// Adds a row to the hashes of every so many columns.
fn add_row(columns: &mut Vec<Column>, row: &[u32], step: usize) {
    let row = row.iter().step_by(step);
    if columns.is_empty() {
        let start = |&first: &u32| Column {
            hash: mix(1, u64::from(first)),
            first,
            flat: true,
        };
        columns.extend(row.map(start));
        return;
    }
    for (column, &pixel) in columns.iter_mut().zip(row) {
        column.hash = mix(column.hash, u64::from(pixel));
        column.flat &= pixel == column.first;
    }
}
