//! Text of the viewer's own over the picture: a notice during an interruption, and measurements.
//!
//! It is drawn into the window only, after the picture: neither the picture nor screenshots of it
//! contain it. Nothing is laid out, compared or drawn as long as there is no text.

mod font;
mod glyphs;
mod panel;

use hackstream_protocol::geometry::{Frame, Offset, Rect, Window};
use hackstream_protocol::region::Region;

use font::Target;
use panel::{Layout, Place};

use super::placement::Placement;

/// The panels over the picture.
pub(super) struct Overlay {
    /// Drawn in this order.
    panels: [Panel; 2],
}

/// What a panel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// Measurements.
    Statistics,
    /// What the person must know of the connection.
    Notice,
}

struct Panel {
    place: Place,
    /// Empty: there is no panel.
    lines: Vec<String>,
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
            panels: [Panel::new(Place::Corner), Panel::new(Place::Middle)],
        }
    }

    /// Shows these lines, or nothing if there are none, from the next presentation on.
    pub(super) fn show(&mut self, topic: Topic, lines: &[String]) {
        let panel = match topic {
            Topic::Statistics => &mut self.panels[0],
            Topic::Notice => &mut self.panels[1],
        };
        if panel.lines != lines {
            panel.lines = lines.to_vec();
            panel.text = Text::New;
        }
    }

    /// Adds to `changed`, the pixels of the picture that are to be painted, those that have to be
    /// painted because of panels. Call it before each presentation.
    pub(super) fn prepare(&mut self, placement: &Placement, changed: &mut Region) {
        for panel in &mut self.panels {
            if panel.lines.is_empty() && panel.layout.is_none() {
                continue;
            }
            let layout = Layout::new(&panel.lines, panel.place, &placement.picture());
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

    /// Draws the panels of which the picture painted a part; `painted` is `None` if it painted all.
    /// `pixels` are the window's, in rows of `stride` pixels.
    pub(super) fn draw(
        &self,
        pixels: &mut [u32],
        stride: usize,
        placement: &Placement,
        painted: Option<&Region>,
    ) {
        for panel in &self.panels {
            let Some(layout) = &panel.layout else {
                continue;
            };
            let rect = in_picture(&layout.rect, placement);
            if painted.is_none_or(|painted| painted.intersects_rect(&rect)) {
                let pixels = &mut *pixels;
                layout.draw(&panel.lines, &mut Target { pixels, stride });
            }
        }
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

    fn corner(text: &str) -> Rect {
        Rect::new(0, 0, text.len() as u32 * 6 + 12, 27)
    }

    #[test]
    fn without_text_nothing_is_painted() {
        let mut overlay = Overlay::new();
        assert!(prepared(&mut overlay, &[]).is_empty());
        overlay.draw(&mut [], 220, &placement(), None);
    }

    #[test]
    fn a_panel_is_painted_when_it_changes_or_what_is_beneath_it_does() {
        let mut overlay = Overlay::new();
        overlay.show(Topic::Statistics, &["abc".to_owned()]);
        assert_eq!(prepared(&mut overlay, &[]), Region::from(corner("abc")));
        overlay.show(Topic::Statistics, &["abc".to_owned()]);
        assert!(prepared(&mut overlay, &[]).is_empty(), "it is the same");
        let beneath = Rect::new(3, 3, 1, 1);
        assert_eq!(
            prepared(&mut overlay, &[beneath]),
            Region::from(corner("abc"))
        );
        let beside = Rect::new(90, 90, 1, 1);
        assert_eq!(prepared(&mut overlay, &[beside]), Region::from(beside));
        overlay.show(Topic::Statistics, &["a".to_owned()]);
        assert_eq!(
            prepared(&mut overlay, &[]),
            Region::from(corner("abc")),
            "what it leaves free is painted as well"
        );
        overlay.show(Topic::Statistics, &[]);
        assert_eq!(prepared(&mut overlay, &[]), Region::from(corner("a")));
        assert!(prepared(&mut overlay, &[beneath]).contains_rect(&beneath));
    }

    #[test]
    fn a_panel_is_drawn_in_the_window_where_the_picture_lies() {
        let mut overlay = Overlay::new();
        overlay.show(Topic::Statistics, &["abc".to_owned()]);
        prepared(&mut overlay, &[]);
        let mut pixels = vec![0; 220 * 120];
        let beside = Region::from(Rect::new(90, 90, 1, 1));
        overlay.draw(&mut pixels, 220, &placement(), Some(&beside));
        assert!(pixels.iter().all(|&pixel| pixel == 0));
        overlay.draw(&mut pixels, 220, &placement(), None);
        let painted = pixels.iter().filter(|&&pixel| pixel != 0).count();
        assert_eq!(painted as u64, corner("abc").area());
        assert_ne!(pixels[10 * 220 + 10], 0, "the picture's corner");
    }
}
