//! Text of the viewer's own over the picture: a notice during an interruption, measurements, files
//! on their way, the menu.
//!
//! It is drawn into the window only, after the picture: neither the picture nor screenshots of it
//! contain it. Nothing is laid out, compared or drawn as long as there is no text.

mod font;
mod glyphs;
mod panel;

use hackstream_protocol::geometry::{Frame, Offset, Rect, Window};
use hackstream_protocol::region::Region;

pub(super) use panel::{Layout, Place, Room};

use super::blit::Target;
use super::placement::Placement;
use crate::picture::{Line, Texts};

/// The panels over the picture.
pub(super) struct Overlay {
    /// Drawn in this order.
    panels: [Panel; 4],
    /// How large their letters are.
    density: u32,
}

struct Panel {
    place: Place,
    /// Empty: there is no panel.
    lines: Vec<Line>,
    /// Where it lies since it was last prepared.
    layout: Option<Layout>,
    /// Whether its text is what was last drawn.
    text: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Drawn,
    New,
}

impl Panel {
    const fn new(place: Place) -> Self {
        Self {
            place,
            lines: Vec::new(),
            layout: None,
            text: Text::Drawn,
        }
    }
}

impl Overlay {
    /// Without any text.
    pub(super) const fn new() -> Self {
        Self {
            panels: [
                Panel::new(Place::Corner),
                Panel::new(Place::Foot),
                Panel::new(Place::Middle),
                Panel::new(Place::Menu),
            ],
            density: 1,
        }
    }

    /// Shows these texts, as far as there are any, from the next presentation on.
    pub(super) fn show(&mut self, texts: &Texts, density: u32) {
        self.density = density;
        let texts = [&texts.statistics, &texts.files, &texts.notice, &texts.menu];
        for (panel, lines) in self.panels.iter_mut().zip(texts) {
            if panel.lines != *lines {
                panel.lines.clone_from(lines);
                panel.text = Text::New;
            }
        }
    }

    /// Where the panels lie in the window since they were last prepared.
    pub(super) fn rects(&self) -> impl Iterator<Item = Rect<Window>> {
        let layouts = self.panels.iter().filter_map(|panel| panel.layout.as_ref());
        layouts.map(|layout| layout.rect)
    }

    /// Adds to `changed`, the pixels of the picture that are to be painted, those that have to be
    /// painted because of panels. Call it before each presentation.
    pub(super) fn prepare(&mut self, placement: &Placement, changed: &mut Region) {
        let room = Room::of(placement, self.density);
        for panel in &mut self.panels {
            if panel.lines.is_empty() && panel.layout.is_none() {
                continue;
            }
            let layout = Layout::new(&panel.lines, panel.place, &room);
            let before = std::mem::replace(&mut panel.layout, layout);
            let is_new = std::mem::replace(&mut panel.text, Text::Drawn) == Text::New;
            for layout in [before, layout].into_iter().flatten() {
                let rect = in_picture(&layout.rect, placement);
                if is_new || before != panel.layout || changed.intersects_rect(&rect) {
                    changed.add_rect(rect);
                }
            }
        }
    }

    /// Draws the panels, as far as they lie in the target.
    pub(super) fn draw(&self, target: &mut Target<'_>) {
        for panel in &self.panels {
            if let Some(layout) = &panel.layout {
                layout.draw(&panel.lines, target);
            }
        }
    }
}

impl Room {
    /// All of the picture.
    pub(super) fn of(placement: &Placement, density: u32) -> Self {
        let rect = placement.picture();
        Self { rect, density }
    }
}

/// The part of the picture that lies there in the window.
fn in_picture(rect: &Rect<Window>, placement: &Placement) -> Rect<Frame> {
    let offset = placement.offset();
    Rect::<Frame>::from_edges(rect.left, rect.top, rect.right, rect.bottom)
        .translated(Offset::new(-offset.dx, -offset.dy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;

    fn placement() -> Placement {
        Placement::new(Size::new(200, 100), Size::new(220, 120))
    }

    fn prepared(overlay: &mut Overlay, changed: &[Rect]) -> Region {
        let mut region: Region = changed.iter().copied().collect();
        overlay.prepare(&placement(), &mut region);
        region
    }

    fn statistics(line: &str) -> Texts {
        Texts {
            statistics: vec![line.into()],
            ..Texts::default()
        }
    }

    fn corner(text: &str) -> Rect {
        Rect::new(0, 0, text.len() as u32 * 6 + 12, 27)
    }

    #[test]
    fn without_text_nothing_is_painted() {
        let mut overlay = Overlay::new();
        assert!(prepared(&mut overlay, &[]).is_empty());
        assert_eq!(overlay.rects().count(), 0);
    }

    #[test]
    fn a_panel_is_painted_when_it_changes_or_what_is_beneath_it_does() {
        let mut overlay = Overlay::new();
        overlay.show(&statistics("abc"), 1);
        assert_eq!(prepared(&mut overlay, &[]), Region::from(corner("abc")));
        overlay.show(&statistics("abc"), 1);
        assert!(prepared(&mut overlay, &[]).is_empty(), "it is the same");
        let beneath = Rect::new(3, 3, 1, 1);
        assert_eq!(
            prepared(&mut overlay, &[beneath]),
            Region::from(corner("abc"))
        );
        let beside = Rect::new(90, 90, 1, 1);
        assert_eq!(prepared(&mut overlay, &[beside]), Region::from(beside));
        overlay.show(&statistics("a"), 1);
        assert_eq!(
            prepared(&mut overlay, &[]),
            Region::from(corner("abc")),
            "what it leaves free is painted as well"
        );
        overlay.show(&Texts::default(), 1);
        assert_eq!(prepared(&mut overlay, &[]), Region::from(corner("a")));
        assert!(prepared(&mut overlay, &[beneath]).contains_rect(&beneath));
    }

    #[test]
    fn a_panel_is_drawn_in_the_window_where_the_picture_lies() {
        let mut overlay = Overlay::new();
        overlay.show(&statistics("abc"), 1);
        prepared(&mut overlay, &[]);
        let mut pixels = vec![0; 220 * 120];
        overlay.draw(&mut Target::new(&mut pixels, Rect::new(0, 0, 220, 120)));
        let painted = pixels.iter().filter(|&&pixel| pixel != 0).count();
        assert_eq!(painted as u64, corner("abc").area());
        assert_ne!(pixels[10 * 220 + 10], 0, "the picture's corner");
        assert_eq!(overlay.rects().next(), Some(Rect::new(10, 10, 30, 27)));
    }
}
