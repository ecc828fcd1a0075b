//! Where the session's picture lies in the window.

use hackstream_protocol::geometry::{Frame, Offset, Point, Rect, Size, Window};
use hackstream_protocol::region::Region;

/// The picture pixel for pixel: centred where the window is larger, cut off at the right and the
/// bottom where it is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    frame: Size<Frame>,
    window: Size<Window>,
    offset: Offset<Window>,
}

impl Placement {
    /// Places a picture of size `frame` in a window of size `window`.
    pub(crate) fn new(frame: Size<Frame>, window: Size<Window>) -> Self {
        let margin = |inner: u32, outer: u32| (outer.saturating_sub(inner) / 2) as i32;
        let offset = Offset::new(
            margin(frame.width, window.width),
            margin(frame.height, window.height),
        );
        Self {
            frame,
            window,
            offset,
        }
    }

    /// The pixel of the picture at a place in the window; the nearest one for the margins.
    pub(crate) fn to_frame(self, at: Point<Window>) -> Point<Frame> {
        let clamp = |value: i32, edge: u32| value.clamp(0, edge.saturating_sub(1) as i32);
        Point::new(
            clamp(at.x.saturating_sub(self.offset.dx), self.frame.width),
            clamp(at.y.saturating_sub(self.offset.dy), self.frame.height),
        )
    }

    /// The part of the window that shows `rect` of the picture; empty if it is cut off.
    pub(crate) fn to_window(self, rect: &Rect<Frame>) -> Rect<Window> {
        let rect = rect.intersection(&Rect::of_size(self.frame));
        Rect::<Window>::from_edges(rect.left, rect.top, rect.right, rect.bottom)
            .translated(self.offset)
            .intersection(&Rect::of_size(self.window))
    }

    /// The part of the window that shows the picture.
    pub(crate) fn picture(self) -> Rect<Window> {
        self.to_window(&Rect::of_size(self.frame))
    }

    /// The parts of the window that show `region` of the picture.
    pub(super) fn rects(self, region: &Region) -> Vec<Rect<Window>> {
        let rects = region.rects().iter().map(|rect| self.to_window(rect));
        rects.filter(|rect| !rect.is_empty()).collect()
    }

    /// The parts of the window that the picture leaves over: above, below, left and right of it.
    /// Some may be empty.
    pub(super) fn margins(self) -> [Rect<Window>; 4] {
        let (window, picture) = (Rect::of_size(self.window), self.picture());
        [
            Rect::from_edges(0, 0, window.right, picture.top),
            Rect::from_edges(0, picture.bottom, window.right, window.bottom),
            Rect::from_edges(0, picture.top, picture.left, picture.bottom),
            Rect::from_edges(picture.right, picture.top, window.right, picture.bottom),
        ]
    }

    /// Where the picture's top left corner lies in the window.
    pub(crate) const fn offset(self) -> Offset<Window> {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_window_centres_the_picture() {
        let placement = Placement::new(Size::new(100, 50), Size::new(121, 60));
        assert_eq!(placement.picture(), Rect::new(10, 5, 100, 50));
        assert_eq!(placement.to_frame(Point::new(10, 5)), Point::new(0, 0));
        assert_eq!(placement.to_frame(Point::new(0, 0)), Point::new(0, 0));
        assert_eq!(placement.to_frame(Point::new(500, 59)), Point::new(99, 49));
        assert_eq!(
            placement.to_window(&Rect::new(90, 40, 99, 99)),
            Rect::new(100, 45, 10, 10)
        );
        let margins = [
            Rect::new(0, 0, 121, 5),
            Rect::new(0, 55, 121, 5),
            Rect::new(0, 5, 10, 50),
            Rect::new(110, 5, 11, 50),
        ];
        assert_eq!(placement.margins(), margins);
    }

    #[test]
    fn a_smaller_window_cuts_the_picture_off() {
        let placement = Placement::new(Size::new(100, 50), Size::new(60, 80));
        assert_eq!(placement.picture(), Rect::new(0, 15, 60, 50));
        assert!(placement.to_window(&Rect::new(60, 0, 10, 10)).is_empty());
        let beside = Region::from(Rect::new(70, 0, 10, 10));
        assert!(placement.rects(&beside).is_empty());
        assert_eq!(
            placement.to_window(&Rect::new(50, 0, 20, 10)),
            Rect::new(50, 15, 10, 10)
        );
    }

    #[test]
    fn no_picture_yet_is_no_trouble() {
        let placement = Placement::new(Size::new(0, 0), Size::new(60, 80));
        assert!(placement.picture().is_empty());
        assert_eq!(placement.to_frame(Point::new(9, 9)), Point::new(0, 0));
    }
}
