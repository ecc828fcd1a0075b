//! Where the session's picture lies in the window.

use hackstream_protocol::fit::Fit;
use hackstream_protocol::geometry::{Frame, Offset, Point, Rect, Size, Window};
use hackstream_protocol::region::Region;

/// The picture pixel for pixel: centred where the window is larger, cut off at the right and the
/// bottom where it is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    frame: Size<Frame>,
    window: Size<Window>,
    offset: Offset<Window>,
    /// How the picture shows the session's screen.
    fit: Fit,
}

impl Placement {
    /// Places a picture that is a whole screen of size `frame` in a window of size `window`.
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
            fit: Fit::whole(frame),
        }
    }

    /// Places a picture that shows the session's screen as `fit` says.
    pub(crate) fn fitted(fit: Fit, window: Size<Window>) -> Self {
        Self {
            fit,
            ..Self::new(fit.picture(), window)
        }
    }

    /// The pixel of the session's screen at a place in the window; the nearest one for the margins.
    pub(crate) fn to_screen(self, at: Point<Window>) -> Point<Frame> {
        self.fit.to_screen(Point::new(
            at.x.saturating_sub(self.offset.dx),
            at.y.saturating_sub(self.offset.dy),
        ))
    }

    /// Where the window shows a pixel of the session's screen.
    pub(crate) fn of_screen(self, at: Point<Frame>) -> Point<Window> {
        let at = self.fit.to_picture(at);
        Point::new(at.x + self.offset.dx, at.y + self.offset.dy)
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
    use hackstream_protocol::fit::Room;

    #[test]
    fn a_larger_window_centres_the_picture() {
        let placement = Placement::new(Size::new(100, 50), Size::new(121, 60));
        assert_eq!(placement.picture(), Rect::new(10, 5, 100, 50));
        let pixel = |x, y| placement.to_screen(Point::new(x, y));
        assert_eq!(pixel(10, 5), Point::new(0, 0));
        assert_eq!(pixel(0, 0), Point::new(0, 0));
        assert_eq!(pixel(500, 59), Point::new(99, 49));
        assert_eq!(placement.of_screen(Point::new(99, 49)), Point::new(109, 54));
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
    fn a_scaled_picture_is_acted_on_where_the_screen_is() {
        let room = Room::AtMost(Size::new(1024, 600));
        let fit = Fit::of(Size::new(1920, 1080), room);
        let placement = Placement::fitted(fit, Size::new(1024, 600));
        let pixel = |x, y| placement.to_screen(Point::new(x, y));
        assert_eq!(pixel(0, 12), Point::new(0, 0));
        assert_eq!(pixel(1023, 599), Point::new(1919, 1079));
        assert_eq!(pixel(512, 12 + 288), Point::new(960, 540));
        assert_eq!(
            placement.of_screen(Point::new(960, 540)),
            Point::new(512, 300)
        );
    }

    #[test]
    fn no_picture_yet_is_no_trouble() {
        let placement = Placement::new(Size::new(0, 0), Size::new(60, 80));
        assert!(placement.picture().is_empty());
        assert_eq!(placement.to_screen(Point::new(9, 9)), Point::new(0, 0));
    }
}
