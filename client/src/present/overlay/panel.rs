//! A few lines of text in a box.

use hackstream_protocol::geometry::{Point, Rect, Window};

use super::super::blit::Target;
use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH};
use crate::picture::{Line, Look};

/// Opaque, so that drawing it twice looks like once.
const PAPER: u32 = 0x0018_1c20;
const INK: u32 = 0x00f0_f0f0;
const EDGE: u32 = 0x00d0_a030;
const FAINT: u32 = 0x0090_989c;

/// Added to the height of each line of a menu, so that it is easy to hit.
const MENU_GAP: u32 = 3;
/// Height of a line across the panel.
const RULE_HEIGHT: u32 = 7;
/// From this height of the picture on, letters are twice as large: such screens have small pixels.
const LARGE: u32 = 1600;

/// Where a panel lies in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) enum Place {
    /// In the middle, in large letters.
    Middle,
    /// In the top left corner.
    Corner,
    /// In the bottom left corner.
    Foot,
    /// In the middle, in large letters with room around them.
    Menu,
}

/// The part of the window that panels lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) struct Room {
    /// Where it is.
    pub(in crate::present) rect: Rect<Window>,
    /// Dots of the screen for each of what programs call a pixel: 2 on a screen of high density.
    pub(in crate::present) density: u32,
}

/// Where a panel lies in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) struct Layout {
    /// The box, as far as it fits.
    pub(in crate::present) rect: Rect<Window>,
    scale: u32,
    place: Place,
}

impl Layout {
    /// Lays `lines` out in `room`; `None` if there is nothing to show, or no room at all.
    pub(in crate::present) fn new(lines: &[Line], place: Place, room: &Room) -> Option<Self> {
        let within = &room.rect;
        let columns = lines.iter().map(Line::columns).max()? as u32;
        let rows: u32 = lines.iter().map(|line| height(line, place)).sum();
        let size = |scale: u32| {
            let width = (columns.saturating_mul(GLYPH_WIDTH)).saturating_add(2 * padding(place));
            let height = rows + 2 * padding(place);
            (width.saturating_mul(scale), height.saturating_mul(scale))
        };
        let mut scale = match place {
            Place::Middle | Place::Menu => 2,
            Place::Corner | Place::Foot => 1,
        };
        let large = if within.height() >= LARGE { 2 } else { 1 };
        scale *= room.density.max(large);
        while scale > 1 && (size(scale).0 > within.width() || size(scale).1 > within.height()) {
            scale -= 1;
        }
        let (width, height) = size(scale);
        let (width, height) = (width.min(within.width()), height.min(within.height()));
        let margin = match place {
            Place::Middle | Place::Menu => {
                ((within.width() - width) / 2, (within.height() - height) / 2)
            }
            Place::Corner => (0, 0),
            Place::Foot => (0, within.height() - height),
        };
        let left = within.left + margin.0 as i32;
        let top = within.top + margin.1 as i32;
        let rect = Rect::new(left, top, width, height);
        (!rect.is_empty()).then_some(Self { rect, scale, place })
    }

    /// The number of the line at a place in the window.
    pub(in crate::present) fn line_at(&self, lines: &[Line], at: Point<Window>) -> Option<usize> {
        let mut rows = self.rows(lines);
        rows.position(|row| row.contains_point(at) && self.rect.contains_point(at))
    }

    /// Draws the box and its text.
    pub(super) fn draw(&self, lines: &[Line], target: &mut Target<'_>) {
        target.fill(&self.rect, EDGE);
        let inner = shrunk(&self.rect, self.scale);
        target.fill(&inner, PAPER);
        for (line, row) in lines.iter().zip(self.rows(lines)) {
            self.draw_line(line, &row, &inner, target);
        }
    }

    fn draw_line(
        &self,
        line: &Line,
        row: &Rect<Window>,
        inner: &Rect<Window>,
        target: &mut Target<'_>,
    ) {
        let scale = self.scale as i32;
        let padding = padding(self.place) as i32 * scale;
        let ink = match line.look {
            Look::Plain => INK,
            Look::Heading => EDGE,
            Look::Faint => FAINT,
            Look::Chosen => {
                target.fill(&row.intersection(&shrunk(inner, self.scale)), EDGE);
                PAPER
            }
            Look::Rule => {
                let top = row.top + (row.bottom - row.top - scale) / 2;
                let (left, right) = (row.left + padding, row.right - padding);
                let rule = Rect::from_edges(left, top, right, top + scale);
                return target.fill(&rule.intersection(inner), FAINT);
            }
        };
        let spare = row.bottom - row.top - GLYPH_HEIGHT as i32 * scale;
        let top = row.top + spare / 2;
        let left = Point::new(row.left + padding, top);
        target.text(&line.text, left, self.scale, inner, ink);
        let width = (line.end.chars().count() as u32 * GLYPH_WIDTH) as i32 * scale;
        let right = Point::new(row.right - padding - width, top);
        target.text(&line.end, right, self.scale, inner, ink);
    }

    /// Where each of the lines lies.
    fn rows(&self, lines: &[Line]) -> impl Iterator<Item = Rect<Window>> {
        let (rect, scale, place) = (self.rect, self.scale, self.place);
        let mut top = rect.top + (padding(place) * scale) as i32;
        lines.iter().map(move |line| {
            let bottom = top + (height(line, place) * scale) as i32;
            let row = Rect::from_edges(rect.left, top, rect.right, bottom);
            top = bottom;
            row
        })
    }
}

/// Between the edge and the text, in letters' pixels.
const fn padding(place: Place) -> u32 {
    match place {
        Place::Corner | Place::Foot => 6,
        Place::Middle | Place::Menu => 10,
    }
}

/// Of a line, in letters' pixels.
const fn height(line: &Line, place: Place) -> u32 {
    match (line.look, place) {
        (Look::Rule, _) => RULE_HEIGHT,
        (_, Place::Menu) => GLYPH_HEIGHT + MENU_GAP,
        _ => GLYPH_HEIGHT,
    }
}

const fn shrunk(rect: &Rect<Window>, by: u32) -> Rect<Window> {
    let by = by as i32;
    Rect::from_edges(
        rect.left + by,
        rect.top + by,
        rect.right - by,
        rect.bottom - by,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        vec!["two".into(), "lines".into()]
    }

    fn room(rect: Rect<Window>) -> Room {
        Room { rect, density: 1 }
    }

    #[test]
    fn a_panel_lies_where_it_should() {
        let within = room(Rect::new(10, 20, 400, 300));
        let corner = Layout::new(&lines(), Place::Corner, &within).expect("room");
        let (width, height) = (5 * GLYPH_WIDTH + 12, 2 * GLYPH_HEIGHT + 12);
        assert_eq!(corner.rect, Rect::new(10, 20, width, height));
        let foot = Layout::new(&lines(), Place::Foot, &within).expect("room");
        assert_eq!(foot.rect, Rect::new(10, 320 - height as i32, width, height));
        let middle = Layout::new(&lines(), Place::Middle, &within).expect("room");
        let (width, height) = (width + 8, height + 8);
        let (left, top) = (10 + 200 - width as i32, 20 + 150 - height as i32);
        assert_eq!(middle.rect, Rect::new(left, top, 2 * width, 2 * height));
    }

    #[test]
    fn letters_are_larger_on_a_screen_of_high_density() {
        let rect = Rect::new(0, 0, 2000, 1200);
        let width = |density| {
            let layout = Layout::new(&lines(), Place::Menu, &Room { rect, density });
            layout.expect("room").rect.width()
        };
        assert_eq!(width(2), 2 * width(1));
    }

    #[test]
    fn both_texts_of_a_line_have_room() {
        let line = Line {
            end: "right".to_owned(),
            ..Line::from("left")
        };
        let within = room(Rect::new(0, 0, 400, 300));
        let layout = Layout::new(&[line], Place::Corner, &within).expect("room");
        assert_eq!(layout.rect.width(), 11 * GLYPH_WIDTH + 12);
    }

    #[test]
    fn a_line_is_found_by_its_place() {
        let lines = [Line::from("a"), Line::rule(), Line::from("b")];
        let within = room(Rect::new(0, 0, 100, 100));
        let layout = Layout::new(&lines, Place::Menu, &within).expect("room");
        let at = |down: i32| layout.line_at(&lines, Point::new(layout.rect.left + 1, down));
        let (top, scale) = (layout.rect.top, layout.scale as i32);
        assert_eq!(at(top), None, "the edge");
        assert_eq!(at(top + 10 * scale), Some(0));
        assert_eq!(at(top + (10 + 17) * scale), Some(0));
        assert_eq!(at(top + (10 + 18) * scale), Some(1));
        assert_eq!(at(top + (10 + 18 + 7) * scale), Some(2));
        assert_eq!(layout.line_at(&lines, Point::new(0, top + 8 * scale)), None);
    }

    #[test]
    fn a_panel_never_leaves_its_place() {
        let lines = [&lines()[..], &[Line::new(Look::Chosen, "x"), Line::rule()]].concat();
        for (width, height) in [(1, 1), (30, 20), (70, 90), (8000, 4000)] {
            let within = room(Rect::new(3, 4, width, height));
            for place in [Place::Middle, Place::Corner, Place::Foot, Place::Menu] {
                let layout = Layout::new(&lines, place, &within).expect("some room");
                assert!(within.rect.contains(&layout.rect), "{layout:?}");
                let mut pixels = vec![0; 8010 * 4010];
                let mut target = Target::new(&mut pixels, Rect::new(0, 0, 8010, 4010));
                layout.draw(&lines, &mut target);
                let painted = pixels.iter().filter(|&&pixel| pixel != 0).count();
                assert_eq!(painted as u64, layout.rect.area());
            }
        }
        let none = room(Rect::new(0, 0, 0, 9));
        assert_eq!(Layout::new(&lines, Place::Corner, &none), None);
        let some = room(Rect::new(0, 0, 9, 9));
        assert_eq!(Layout::new(&[], Place::Corner, &some), None);
    }
}
