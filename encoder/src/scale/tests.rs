use std::sync::{Arc, Mutex};

use hackstream_protocol::geometry::Size;
use proptest::prelude::*;

use super::*;

/// A screen whose owner changes it while it is read.
#[derive(Clone)]
struct Screen(Arc<Mutex<Canvas>>);

impl Screen {
    fn of(size: Size, colour: impl Fn(u32, u32) -> u32) -> Self {
        let screen = Self(Arc::new(Mutex::new(Canvas::new(size))));
        screen.paint(&Rect::of_size(size), colour);
        screen
    }

    fn paint(&self, rect: &Rect, colour: impl Fn(u32, u32) -> u32) {
        let mut canvas = self.0.lock().unwrap();
        for y in rect.top..rect.bottom {
            let row = canvas.span_mut(rect, y);
            for (pixel, x) in row.iter_mut().zip(rect.left..) {
                *pixel = colour(x as u32, y as u32);
            }
        }
    }

    fn seen_in(&self, room: Size) -> Fitted {
        let mut fitted = Fitted::new(Box::new(self.clone()));
        fitted.set_room(Room::AtMost(room));
        fitted
    }
}

impl PixelSource for Screen {
    fn size(&self) -> Size {
        self.0.lock().unwrap().size()
    }

    fn fetch(&mut self, _: &Region) -> Result<(), SourceError> {
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let canvas = self.0.lock().unwrap();
        let from = &canvas.row(start.y as u32)[start.x as usize..];
        row.copy_from_slice(&from[..row.len()]);
    }
}

fn all(fitted: &mut Fitted) -> Vec<u32> {
    let picture = fitted.picture();
    let size = picture.size();
    picture.fetch(&Rect::of_size(size).into()).unwrap();
    let mut pixels = vec![0; size.area() as usize];
    for (row, y) in pixels.chunks_mut(size.width as usize).zip(0..) {
        picture.read_row(Point::new(0, y), row);
        assert!(picture.shows_row(Point::new(0, y), row));
    }
    pixels
}

#[test]
fn what_is_of_one_colour_keeps_it() {
    for colour in [0, 0x00ff_ffff, 0x0001_80fe] {
        let screen = Screen::of(Size::new(190, 108), |_, _| colour);
        let pixels = all(&mut screen.seen_in(Size::new(101, 99)));
        assert!(pixels.iter().all(|&pixel| pixel == colour));
    }
}

#[test]
fn two_pixels_in_each_direction_make_their_average() {
    let screen = Screen::of(Size::new(4, 2), |x, y| {
        [0, 0x40, 0x80, 0xc0][x as usize] + y * 0x4000
    });
    let pixels = all(&mut screen.seen_in(Size::new(2, 1)));
    assert_eq!(pixels, [0x2020, 0x20a0]);
}

#[test]
fn a_thin_line_stays_visible_wherever_it_is() {
    for line in 0..190 {
        let white_line = |x, _| if x == line { 0x00ff_ffff } else { 0 };
        let screen = Screen::of(Size::new(190, 10), white_line);
        let pixels = all(&mut screen.seen_in(Size::new(100, 10)));
        let light: u32 = pixels[..100].iter().map(|pixel| pixel & 0xff).sum();
        assert!((120..150).contains(&light), "{light} at {line}");
    }
}

#[test]
fn a_screen_that_fits_is_read_directly() {
    let screen = Screen::of(Size::new(50, 40), |x, y| x * 1000 + y);
    let mut fitted = screen.seen_in(Size::new(50, 41));
    assert!(fitted.scaled.is_none());
    assert_eq!(all(&mut fitted).len(), 2000);
    let damage = Region::from(Rect::new(3, 4, 5, 6));
    assert_eq!(fitted.damaged(damage.clone()), damage);
}

#[test]
fn another_size_of_the_screen_is_noticed() {
    let screen = Screen::of(Size::new(200, 100), |_, _| 7);
    let mut fitted = screen.seen_in(Size::new(100, 100));
    assert_eq!(all(&mut fitted).len(), 100 * 50);
    screen.0.lock().unwrap().renew(Size::new(100, 100));
    assert_eq!(all(&mut fitted), vec![0; 100 * 100]);
    fitted.set_room(Room::Unlimited);
    assert_eq!(fitted.fit(), Fit::whole(Size::new(100, 100)));
}

#[test]
fn only_what_is_reported_is_scaled_again() {
    let screen = Screen::of(Size::new(200, 100), |_, _| 7);
    let mut fitted = screen.seen_in(Size::new(100, 100));
    all(&mut fitted);
    screen.paint(&Rect::new(10, 10, 4, 4), |_, _| 9);
    assert!(all(&mut fitted).iter().all(|&pixel| pixel == 7));
    let shown = fitted.damaged(Rect::new(10, 10, 4, 4).into());
    assert_eq!(shown, Rect::new(5, 5, 2, 2).into());
    let changed = all(&mut fitted).iter().filter(|&&pixel| pixel == 9).count();
    assert_eq!(changed, 4);
}

proptest! {
    #[test]
    fn a_picture_kept_up_to_date_is_that_made_anew(
        (width, height) in (20..120_u32, 20..120_u32),
        (across, down) in (5..120_u32, 5..120_u32),
        changes in proptest::collection::vec((0..100_i32, 0..100_i32, 1..40_u32, 1..40_u32), 1..6),
    ) {
        let screen = Screen::of(Size::new(width, height), |x, y| x * 71 + y * 0x1357);
        let mut kept = screen.seen_in(Size::new(across, down));
        all(&mut kept);
        for (number, (x, y, w, h)) in changes.into_iter().enumerate() {
            let rect = Rect::new(x, y, w, h).intersection(&Rect::of_size(screen.size()));
            if rect.is_empty() {
                continue;
            }
            screen.paint(&rect, |x, y| (x ^ y).wrapping_mul(0x1_2345 + number as u32) & 0x00ff_ffff);
            kept.damaged(rect.into());
        }
        prop_assert_eq!(all(&mut kept), all(&mut screen.seen_in(Size::new(across, down))));
    }
}
