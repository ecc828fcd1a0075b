//! How a session's screen is shown by a picture that may be smaller.
//!
//! The server scales, so that a small viewer receives and decodes only what it can show. Input, the
//! pointer and its shape stay in pixels of the screen on the wire, and a [`Fit`] says which pixel of
//! the picture each of them is. A viewer that applies a frame of one size and is told of the next may
//! be off by a few pixels for that moment, but can never act outside the screen.

use crate::geometry::{Point, Rect, Size};
use crate::region::Region;

/// The largest picture that a viewer has a use for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// As large as the screen is.
    #[default]
    Unlimited,
    /// At most so large.
    AtMost(Size),
}

/// Size of a screen, and of the picture that shows all of it. No edge of the picture is longer than the
/// screen's, and none is zero unless the screen has no pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    screen: Size,
    picture: Size,
}

impl Fit {
    /// The picture is the screen, pixel for pixel.
    #[must_use]
    pub const fn whole(screen: Size) -> Self {
        Self {
            screen,
            picture: screen,
        }
    }

    /// The largest picture of `screen` that `room` has place for, in the same proportions.
    #[must_use]
    pub fn of(screen: Size, room: Room) -> Self {
        let Room::AtMost(room) = room else {
            return Self::whole(screen);
        };
        let is_small = screen.width <= room.width && screen.height <= room.height;
        if is_small || screen.is_empty() {
            return Self::whole(screen);
        }
        let is_wide = u64::from(room.width) * u64::from(screen.height)
            <= u64::from(room.height) * u64::from(screen.width);
        let picture = if is_wide {
            let height = scaled(screen.height, room.width, screen.width);
            Size::new(room.width.max(1), height.min(room.height).max(1))
        } else {
            let width = scaled(screen.width, room.height, screen.height);
            Size::new(width.min(room.width).max(1), room.height.max(1))
        };
        Self { screen, picture }
    }

    /// A picture that a peer claims to show the screen; `None` if it cannot, for it is empty or larger.
    #[must_use]
    pub const fn claimed(screen: Size, picture: Size) -> Option<Self> {
        let fits = picture.width <= screen.width && picture.height <= screen.height;
        if !fits || picture.is_empty() {
            return None;
        }
        Some(Self { screen, picture })
    }

    /// Size of the session's screen.
    #[must_use]
    pub const fn screen(self) -> Size {
        self.screen
    }

    /// Size of the picture.
    #[must_use]
    pub const fn picture(self) -> Size {
        self.picture
    }

    /// Whether the picture is smaller than the screen.
    #[must_use]
    pub fn is_scaled(self) -> bool {
        self.picture != self.screen
    }

    /// The pixel of the screen in the middle of a pixel of the picture; the nearest one for places
    /// beside it.
    #[must_use]
    pub fn to_screen(self, at: Point) -> Point {
        let (screen, picture) = (self.screen, self.picture);
        Point::new(
            middle(at.x, screen.width, picture.width),
            middle(at.y, screen.height, picture.height),
        )
    }

    /// How far on the screen a movement by so many pixels of the picture goes.
    #[must_use]
    pub fn movement_on_screen(self, right: f64, down: f64) -> (f64, f64) {
        let (screen, picture) = (self.screen, self.picture);
        let stretch = |to: u32, from: u32| f64::from(to) / f64::from(from.max(1));
        (
            right * stretch(screen.width, picture.width),
            down * stretch(screen.height, picture.height),
        )
    }

    /// The pixel of the picture that shows a pixel of the screen; the nearest one for places beside
    /// it. Of a place that [`to_screen`](Self::to_screen) gave, it gives the pixel it was given.
    #[must_use]
    pub fn to_picture(self, at: Point) -> Point {
        let (screen, picture) = (self.screen, self.picture);
        Point::new(
            middle(at.x, picture.width, screen.width),
            middle(at.y, picture.height, screen.height),
        )
    }

    /// The pixels of the picture that show any of `rect` of the screen.
    #[must_use]
    pub fn picture_of(self, rect: &Rect) -> Rect {
        around(rect, self.screen, self.picture)
    }

    /// The pixels of the screen that any of `rect` of the picture shows.
    #[must_use]
    pub fn screen_of(self, rect: &Rect) -> Rect {
        around(rect, self.picture, self.screen)
    }

    /// The pixels of the picture that show any of `region` of the screen.
    #[must_use]
    pub fn picture_of_region(self, region: &Region) -> Region {
        let rects = region.rects().iter();
        rects.map(|rect| self.picture_of(rect)).collect()
    }
}

/// `edge * to / from`, rounded.
fn scaled(edge: u32, to: u32, from: u32) -> u32 {
    let (edge, to, from) = (u64::from(edge), u64::from(to), u64::from(from).max(1));
    ((edge * to + from / 2) / from) as u32
}

/// The pixel of `to` in which the middle of the pixel `at` of `from` lies.
fn middle(at: i32, to: u32, from: u32) -> i32 {
    let at = i64::from(at).clamp(0, i64::from(from.saturating_sub(1)));
    ((2 * at + 1) * i64::from(to) / (2 * i64::from(from.max(1)))) as i32
}

/// The pixels of a screen of size `to` that touch those of `rect` on one of size `from`.
fn around(rect: &Rect, from: Size, to: Size) -> Rect {
    let rect = rect.intersection(&Rect::of_size(from));
    if rect.is_empty() {
        return Rect::from_edges(0, 0, 0, 0);
    }
    let down =
        |at: i32, to: u32, from: u32| (i64::from(at) * i64::from(to) / i64::from(from)) as i32;
    let up = |at: i32, to: u32, from: u32| {
        let from = i64::from(from);
        ((i64::from(at) * i64::from(to) + from - 1) / from) as i32
    };
    Rect::from_edges(
        down(rect.left, to.width, from.width),
        down(rect.top, to.height, from.height),
        up(rect.right, to.width, from.width),
        up(rect.bottom, to.height, from.height),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCREEN: Size = Size::new(1920, 1080);

    fn picture(width: u32, height: u32) -> Size {
        Fit::of(SCREEN, Room::AtMost(Size::new(width, height))).picture()
    }

    #[test]
    fn the_picture_keeps_its_proportions() {
        assert_eq!(picture(1024, 600), Size::new(1024, 576));
        assert_eq!(picture(1024, 300), Size::new(533, 300));
        assert_eq!(picture(960, 5000), Size::new(960, 540));
        assert_eq!(picture(1, 1), Size::new(1, 1));
    }

    #[test]
    fn a_screen_that_fits_is_not_scaled() {
        assert_eq!(picture(1920, 1080), SCREEN);
        assert_eq!(picture(4000, 3000), SCREEN);
        assert_eq!(Fit::of(SCREEN, Room::Unlimited), Fit::whole(SCREEN));
    }

    #[test]
    fn a_picture_larger_than_the_screen_is_not_believed() {
        assert_eq!(Fit::claimed(SCREEN, Size::new(1921, 10)), None);
        assert_eq!(Fit::claimed(SCREEN, Size::new(0, 10)), None);
        assert_eq!(Fit::claimed(SCREEN, SCREEN), Some(Fit::whole(SCREEN)));
    }

    #[test]
    fn places_beside_the_picture_are_the_nearest_on_the_screen() {
        let fit = Fit::of(SCREEN, Room::AtMost(Size::new(960, 540)));
        assert_eq!(fit.to_screen(Point::new(-5, 9999)), Point::new(1, 1079));
        assert_eq!(fit.to_picture(Point::new(1919, -1)), Point::new(959, 0));
        let nothing = Fit::whole(Size::new(0, 0));
        assert_eq!(nothing.to_screen(Point::new(3, 3)), Point::new(0, 0));
    }

    #[test]
    fn a_movement_goes_as_far_on_the_screen_as_it_looks() {
        let fit = Fit::of(SCREEN, Room::AtMost(Size::new(960, 540)));
        assert_eq!(fit.movement_on_screen(3.0, -0.5), (6.0, -1.0));
        let whole = Fit::whole(SCREEN);
        assert_eq!(whole.movement_on_screen(3.0, -0.5), (3.0, -0.5));
        let nothing = Fit::whole(Size::new(0, 0));
        assert_eq!(nothing.movement_on_screen(3.0, 3.0), (0.0, 0.0));
    }

    fn fit() -> impl Strategy<Value = Fit> {
        let edge = || 1..5000_u32;
        (edge(), edge(), edge(), edge())
            .prop_map(|(a, b, c, d)| Fit::of(Size::new(a, b), Room::AtMost(Size::new(c, d))))
    }

    proptest! {
        #[test]
        fn a_pixel_of_the_picture_is_found_again(fit in fit(), x in 0..5000_i32, y in 0..5000_i32) {
            let size = fit.picture();
            let at = Point::new(x % size.width as i32, y % size.height as i32);
            let there = fit.to_screen(at);
            prop_assert!(Rect::of_size(fit.screen()).contains_point(there));
            prop_assert_eq!(fit.to_picture(there), at);
        }

        #[test]
        fn a_picture_has_room_and_pixels(fit in fit()) {
            prop_assert!(Fit::claimed(fit.screen(), fit.picture()).is_some());
        }

        #[test]
        fn damage_covers_all_that_shows_it(
            fit in fit(),
            (x, y) in (0..5000_i32, 0..5000_i32),
            (width, height) in (1..300_u32, 1..300_u32),
        ) {
            let screen = Rect::of_size(fit.screen());
            let damage = Rect::new(x, y, width, height).intersection(&screen);
            let shown = fit.picture_of(&damage);
            prop_assert!(Rect::of_size(fit.picture()).contains(&shown));
            prop_assert!(fit.screen_of(&shown).contains(&damage));
            // Pixels beside it show nothing of the damage.
            if shown.left > 0 {
                let beside = Rect::from_edges(0, shown.top, shown.left, shown.bottom);
                prop_assert!(fit.screen_of(&beside).right <= damage.left.max(1) || damage.is_empty());
            }
        }
    }
}
