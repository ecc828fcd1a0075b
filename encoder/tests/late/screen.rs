//! A screen whose pixels change while they are read.

use std::cell::Cell;

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};

/// Which pixels a reader gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Those of the moment.
    Live,
    /// Those of the last time that the place was fetched.
    Fetched,
}

pub(crate) struct Screen {
    /// What the screen shows.
    pub(crate) live: Canvas,
    reading: Reading,
    fetched: Canvas,
    /// What the screen showed before it was drawn on.
    before: Canvas,
    /// Rows that are still read as they were before.
    old_rows: Cell<u32>,
}

impl Screen {
    pub(crate) fn new(live: Canvas, reading: Reading) -> Self {
        Self {
            reading,
            fetched: Canvas::new(live.size()),
            before: live.clone(),
            old_rows: Cell::new(0),
            live,
        }
    }

    /// Draws. The next `old_rows` rows read still show what was there before, unless the damage is
    /// reported first.
    pub(crate) fn draw(&mut self, old_rows: u32, draw: impl FnOnce(&mut Canvas)) {
        self.before.clone_from(&self.live);
        self.old_rows.set(old_rows);
        draw(&mut self.live);
    }

    /// Shows `live`, of another size perhaps, from now on.
    pub(crate) fn resize(&mut self, live: Canvas) {
        self.old_rows.set(0);
        self.live = live;
    }

    /// Ends the drawing: damage is reported only after it.
    pub(crate) fn drawn(&self) {
        self.old_rows.set(0);
    }

    fn row_now(&self, y: u32) -> &[u32] {
        let left = self.old_rows.get();
        self.old_rows.set(left.saturating_sub(1));
        let canvas = if left > 0 { &self.before } else { &self.live };
        canvas.row(y)
    }
}

impl PixelSource for Screen {
    fn size(&self) -> Size {
        self.fetched.size()
    }

    fn fetch(&mut self, region: &Region) -> Result<(), SourceError> {
        let size = self.live.size();
        if self.fetched.size() != size {
            self.fetched = Canvas::new(size);
            return Err(SourceError::Resized);
        }
        for rect in region.clipped(&self.live.bounds()).rects() {
            for y in rect.top..rect.bottom {
                let row = &self.row_now(y as u32)[rect.left as usize..rect.right as usize];
                let row = row.to_vec();
                self.fetched.span_mut(rect, y).copy_from_slice(&row);
            }
        }
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let from = match self.reading {
            Reading::Live => self.row_now(start.y as u32),
            Reading::Fetched => self.fetched.row(start.y as u32),
        };
        let from = &from[start.x as usize..];
        row.copy_from_slice(&from[..row.len()]);
    }
}
