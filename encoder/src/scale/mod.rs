//! A screen seen smaller than it is, for viewers that could not show more.
//!
//! It stands between whatever owns the pixels and the encoder, which works on the smaller picture as it
//! would on any screen: what moved is copied, what was there before recalled, wherever that is exact in
//! the smaller picture. A viewer that shows the whole screen reads it directly.

mod area;

use hackstream_codec::Canvas;
use hackstream_protocol::fit::{Fit, Room};
use hackstream_protocol::geometry::{Point, Rect};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};

use area::Scaler;

/// Rectangles of what is out of date before it is simplified: scaling a few more pixels is cheaper than
/// more rectangles.
const MOST_STALE_RECTS: usize = 256;

/// A screen as a viewer with a certain room sees it.
pub struct Fitted {
    screen: Box<dyn PixelSource>,
    room: Room,
    fit: Fit,
    /// What there is only while the picture is smaller than the screen.
    scaled: Option<Scaled>,
}

/// The smaller picture, kept so that each change is scaled once, however often it is read.
struct Scaled {
    scaler: Scaler,
    picture: Canvas,
    /// Pixels of the picture that do not show the screen as it was last reported.
    stale: Region,
}

impl Fitted {
    /// The whole of `screen`.
    #[must_use]
    pub fn new(screen: Box<dyn PixelSource>) -> Self {
        let fit = Fit::whole(screen.size());
        Self {
            screen,
            room: Room::Unlimited,
            fit,
            scaled: None,
        }
    }

    /// The viewer has this room from now on. True if it gets another picture for it.
    pub fn set_room(&mut self, room: Room) -> bool {
        self.room = room;
        self.follow_screen()
    }

    /// The sizes of the screen, as far as it was read, and of the picture.
    #[must_use]
    pub const fn fit(&self) -> Fit {
        self.fit
    }

    /// Notes that pixels of the screen may have changed. Those of the picture that show them.
    pub fn damaged(&mut self, region: Region) -> Region {
        let Some(scaled) = &mut self.scaled else {
            return region;
        };
        let shown = self.fit.picture_of_region(&region);
        scaled.stale.add(&shown);
        if scaled.stale.rects().len() > MOST_STALE_RECTS {
            scaled.stale = scaled.stale.simplified(MOST_STALE_RECTS / 2);
        }
        shown
    }

    /// The picture, to read: in the screen's present size, if that is known to have changed.
    pub fn picture(&mut self) -> &mut dyn PixelSource {
        if self.screen.size() != self.fit.screen() {
            self.follow_screen();
        }
        match self.scaled {
            None => self.screen.as_mut(),
            Some(_) => self,
        }
    }

    fn follow_screen(&mut self) -> bool {
        let fit = Fit::of(self.screen.size(), self.room);
        let was = std::mem::replace(&mut self.fit, fit);
        if was == fit {
            return false;
        }
        self.scaled = fit.is_scaled().then(|| Scaled {
            scaler: Scaler::new(fit),
            picture: Canvas::new(fit.picture()),
            stale: Region::from(Rect::of_size(fit.picture())),
        });
        true
    }
}

/// The smaller picture; a screen that is not scaled is read directly.
impl PixelSource for Fitted {
    fn size(&self) -> hackstream_protocol::geometry::Size {
        self.fit.picture()
    }

    fn fetch(&mut self, region: &Region) -> Result<(), SourceError> {
        let Some(scaled) = &mut self.scaled else {
            return self.screen.fetch(region);
        };
        let stale = scaled.stale.intersection(region);
        let rects = stale.rects().iter();
        let needed: Region = rects.map(|rect| self.fit.screen_of(rect)).collect();
        // Also of nothing: it notices that the screen has another size.
        self.screen.fetch(&needed)?;
        for rect in stale.rects() {
            let screen = self.screen.as_ref();
            scaled.scaler.scale(screen, rect, &mut scaled.picture);
        }
        scaled.stale.subtract(&stale);
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let Some(scaled) = &self.scaled else {
            return self.screen.read_row(start, row);
        };
        let bounds = scaled.picture.bounds();
        let wanted = Rect::new(start.x, start.y, row.len() as u32, 1);
        let seen = wanted.intersection(&bounds);
        if seen.is_empty() {
            return;
        }
        let from = &scaled.picture.row(start.y as u32)[seen.left as usize..seen.right as usize];
        let at = (seen.left - start.x) as usize;
        row[at..at + from.len()].copy_from_slice(from);
    }

    fn shows_row(&self, start: Point, expected: &[u32]) -> bool {
        let Some(scaled) = &self.scaled else {
            return self.screen.shows_row(start, expected);
        };
        let wanted = Rect::new(start.x, start.y, expected.len() as u32, 1);
        scaled.picture.bounds().contains(&wanted)
            && scaled.picture.row(start.y as u32)[start.x as usize..][..expected.len()] == *expected
    }
}

#[cfg(test)]
mod tests;
