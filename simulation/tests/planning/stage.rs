//! The server's screen: what programs draw on it, and when.

use std::time::Duration;

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Offset, Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::Timestamp;
use hackstream_simulation::random::Random;

use super::film::Film;
use super::ms;

/// A letter's cell.
pub(crate) const LETTER: Size = Size::new(8, 16);

const INK: u32 = 0x0020_2020;
const PAPER: u32 = 0x00f0_f0f0;

/// What fills the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Letters,
    Photograph,
}

/// What goes on, and how often; `None` for what does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Show {
    /// A letter is added to the line at the top.
    pub(crate) typing: Option<Duration>,
    /// The page moves up by a line.
    pub(crate) scrolling: Option<Duration>,
    /// The page is replaced.
    pub(crate) repaints: Option<(Duration, Page)>,
    /// A film plays over the page.
    pub(crate) film: Option<Film>,
}

/// Ten letters a second.
pub(crate) const TYPING: Show = Show {
    typing: Some(ms(97)),
    scrolling: None,
    repaints: None,
    film: None,
};

/// When each of the programs draws next.
#[derive(Clone, Copy, Debug, Default)]
struct Due {
    typing: Option<Timestamp>,
    scrolling: Option<Timestamp>,
    repaints: Option<Timestamp>,
    film: Option<Timestamp>,
}

pub(crate) struct Stage {
    pub(crate) canvas: Canvas,
    random: Random,
    show: Show,
    due: Due,
    letters: u32,
    /// When each picture of the film was drawn.
    pub(crate) pictures: Vec<Timestamp>,
}

/// What was drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) damage: Region,
    /// Letters that were typed.
    pub(crate) letters: Vec<Rect>,
}

impl Stage {
    pub(crate) fn new(size: Size, seed: u64) -> Self {
        let mut stage = Self {
            canvas: Canvas::new(size),
            random: Random::new(seed),
            show: Show::default(),
            due: Due::default(),
            letters: 0,
            pictures: Vec::new(),
        };
        stage.canvas.fill(&Rect::of_size(size), PAPER);
        stage.paint_page(Page::Letters);
        stage
    }

    /// Changes what goes on from `now` on.
    pub(crate) fn show(&mut self, now: Timestamp, show: Show) {
        self.show = show;
        self.due = Due {
            typing: show.typing.map(|_| now),
            scrolling: show.scrolling.map(|_| now),
            repaints: show.repaints.map(|_| now),
            film: show.film.map(|_| now),
        };
    }

    pub(crate) fn next_change(&self) -> Option<Timestamp> {
        let Due {
            typing,
            scrolling,
            repaints,
            film,
        } = self.due;
        let all = [typing, scrolling, repaints, film];
        all.into_iter().flatten().min()
    }

    /// All below the line that is typed on.
    pub(crate) fn page(&self) -> Rect {
        let Size { width, height, .. } = self.canvas.size();
        Rect::from_edges(0, LETTER.height as i32, width as i32, height as i32)
    }

    /// Draws all that is due.
    pub(crate) fn act(&mut self, now: Timestamp) -> Drawn {
        let mut drawn = Drawn::default();
        while let Some(every) = self
            .show
            .scrolling
            .filter(|_| is_due(self.due.scrolling, now))
        {
            advance(&mut self.due.scrolling, every);
            self.scroll();
            drawn.damage.add_rect(self.page());
        }
        while let Some((every, page)) = self
            .show
            .repaints
            .filter(|_| is_due(self.due.repaints, now))
        {
            advance(&mut self.due.repaints, every);
            self.paint_page(page);
            drawn.damage.add_rect(self.page());
        }
        while let Some(film) = self.show.film.filter(|_| is_due(self.due.film, now)) {
            advance(&mut self.due.film, film.every);
            film.paint(&mut self.canvas, self.pictures.len(), &mut self.random);
            self.pictures.push(now);
            drawn.damage.add_rect(film.area);
        }
        while let Some(every) = self.show.typing.filter(|_| is_due(self.due.typing, now)) {
            advance(&mut self.due.typing, every);
            let letter = self.next_letter();
            self.paint_letter(&letter);
            drawn.damage.add_rect(letter);
            drawn.letters.push(letter);
        }
        drawn
    }

    fn next_letter(&mut self) -> Rect {
        let column = self.letters % (self.canvas.size().width / LETTER.width);
        self.letters += 1;
        Rect::new(
            (column * LETTER.width) as i32,
            0,
            LETTER.width,
            LETTER.height,
        )
    }

    fn paint_letter(&mut self, cell: &Rect) {
        let mut shape = 0;
        for y in cell.top..cell.bottom {
            if (y - cell.top) % 8 == 0 {
                // Edges of the cell stay paper, as in most letters.
                shape = self.random.next() & 0x7e7e_7e7e_7e7e_7e7e;
            }
            let row = shape >> ((y - cell.top) % 8 * 8);
            for (x, pixel) in self.canvas.span_mut(cell, y).iter_mut().enumerate() {
                *pixel = if row >> x & 1 == 1 { INK } else { PAPER };
            }
        }
    }

    fn paint_page(&mut self, page: Page) {
        let area = self.page();
        match page {
            Page::Letters => {
                for top in (area.top..area.bottom).step_by(LETTER.height as usize) {
                    self.paint_line(top);
                }
            }
            Page::Photograph => {
                let film = Film::photograph(area);
                film.paint(&mut self.canvas, 0, &mut self.random);
            }
        }
    }

    fn paint_line(&mut self, top: i32) {
        let page = self.page();
        for left in (page.left..page.right).step_by(LETTER.width as usize) {
            let cell = Rect::new(left, top, LETTER.width, LETTER.height).intersection(&page);
            self.paint_letter(&cell);
        }
    }

    fn scroll(&mut self) {
        let page = self.page();
        let up = Offset::new(0, -(LETTER.height as i32));
        let targets = page.translated(up).intersection(&page);
        self.canvas.copy_region(&targets.into(), up);
        self.paint_line(page.bottom - LETTER.height as i32);
    }
}

fn is_due(due: Option<Timestamp>, now: Timestamp) -> bool {
    due.is_some_and(|due| due <= now)
}

fn advance(due: &mut Option<Timestamp>, every: Duration) {
    *due = due.map(|due| due.after(every));
}

impl PixelSource for Stage {
    fn size(&self) -> Size {
        self.canvas.size()
    }

    fn fetch(&mut self, _: &Region) -> Result<(), SourceError> {
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let from = &self.canvas.row(start.y as u32)[start.x as usize..];
        row.copy_from_slice(&from[..row.len()]);
    }
}
