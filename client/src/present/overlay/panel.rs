//! A few lines of text in a box.

use hackstream_protocol::geometry::{Point, Rect, Window};

use super::super::blit::Target;
use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH};

/// Opaque, so that drawing it twice looks like once.
const PAPER: u32 = 0x0018_1c20;
const INK: u32 = 0x00f0_f0f0;
const EDGE: u32 = 0x00d0_a030;

/// Between the edge and the text, in letters' pixels.
const PADDING: u32 = 6;
/// From this height of the picture on, letters are twice as large: such screens have small pixels.
const LARGE: u32 = 1600;

/// Where a panel lies in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the middle, in large letters.
    Middle,
    /// In the top left corner.
    Corner,
    /// In the bottom left corner.
    Foot,
}

/// Where a panel lies in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The box, as far as it fits.
    pub(super) rect: Rect<Window>,
    scale: u32,
}

impl Layout {
    /// Lays `lines` out `within` a part of the window; `None` if there is no room at all.
    pub(super) fn new(lines: &[String], place: Place, within: &Rect<Window>) -> Option<Self> {
        let columns = lines.iter().map(|line| line.chars().count()).max()? as u32;
        let size = |scale: u32| {
            let width = (columns.saturating_mul(GLYPH_WIDTH)).saturating_add(2 * PADDING);
            let height = lines.len() as u32 * GLYPH_HEIGHT + 2 * PADDING;
            (width.saturating_mul(scale), height.saturating_mul(scale))
        };
        let mut scale = match place {
            Place::Middle => 2,
            Place::Corner | Place::Foot => 1,
        };
        if within.height() >= LARGE {
            scale *= 2;
        }
        while scale > 1 && (size(scale).0 > within.width() || size(scale).1 > within.height()) {
            scale -= 1;
        }
        let (width, height) = size(scale);
        let (width, height) = (width.min(within.width()), height.min(within.height()));
        let margin = match place {
            Place::Middle => ((within.width() - width) / 2, (within.height() - height) / 2),
            Place::Corner => (0, 0),
            Place::Foot => (0, within.height() - height),
        };
        let left = within.left + margin.0 as i32;
        let top = within.top + margin.1 as i32;
        let rect = Rect::new(left, top, width, height);
        (!rect.is_empty()).then_some(Self { rect, scale })
    }

    /// Draws the box and its text.
    pub(super) fn draw(&self, lines: &[String], target: &mut Target<'_>) {
        let (rect, scale) = (&self.rect, self.scale as i32);
        target.fill(rect, EDGE);
        let inner = Rect::from_edges(
            rect.left + scale,
            rect.top + scale,
            rect.right - scale,
            rect.bottom - scale,
        );
        target.fill(&inner, PAPER);
        let padding = (PADDING * self.scale) as i32;
        let mut at = Point::new(rect.left + padding, rect.top + padding);
        for line in lines {
            target.text(line, at, self.scale, &inner, INK);
            at.y += (GLYPH_HEIGHT * self.scale) as i32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<String> {
        vec!["two".to_owned(), "lines".to_owned()]
    }

    #[test]
    fn a_panel_lies_where_it_should() {
        let within = Rect::new(10, 20, 400, 300);
        let corner = Layout::new(&lines(), Place::Corner, &within).expect("room");
        let (width, height) = (5 * GLYPH_WIDTH + 12, 2 * GLYPH_HEIGHT + 12);
        assert_eq!(corner.rect, Rect::new(10, 20, width, height));
        let middle = Layout::new(&lines(), Place::Middle, &within).expect("room");
        let (left, top) = (10 + 200 - width as i32, 20 + 150 - height as i32);
        assert_eq!(middle.rect, Rect::new(left, top, 2 * width, 2 * height));
        let foot = Layout::new(&lines(), Place::Foot, &within).expect("room");
        assert_eq!(foot.rect, Rect::new(10, 320 - height as i32, width, height));
    }

    #[test]
    fn a_panel_never_leaves_its_place() {
        for (width, height) in [(1, 1), (30, 20), (70, 90), (8000, 4000)] {
            let within = Rect::new(3, 4, width, height);
            for place in [Place::Middle, Place::Corner, Place::Foot] {
                let layout = Layout::new(&lines(), place, &within).expect("some room");
                assert!(within.contains(&layout.rect), "{layout:?} in {within:?}");
                let mut pixels = vec![0; 8010 * 4010];
                let mut target = Target::new(&mut pixels, Rect::new(0, 0, 8010, 4010));
                layout.draw(&lines(), &mut target);
                let painted = pixels.iter().filter(|&&pixel| pixel != 0).count();
                assert_eq!(painted as u64, layout.rect.area());
            }
        }
        assert_eq!(
            Layout::new(&lines(), Place::Corner, &Rect::new(0, 0, 0, 9)),
            None
        );
        assert_eq!(
            Layout::new(&[], Place::Corner, &Rect::new(0, 0, 9, 9)),
            None
        );
    }
}
