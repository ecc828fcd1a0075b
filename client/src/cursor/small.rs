//! The pointer of a session whose picture is smaller than its screen: as much smaller as what it points
//! at, so that a brush covers what it will paint.

use hackstream_protocol::fit::Fit;
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::wire::control::CursorShape;

/// `shape` as a picture shows it that fits like `fit`. Each pixel is the average of those it stands for.
pub(super) fn fitted(shape: &CursorShape, fit: Fit) -> CursorShape {
    let edge = |of: u32, screen: u32, picture: u32| {
        let scaled = (u64::from(of) * u64::from(picture)).div_ceil(u64::from(screen).max(1));
        (scaled as u32).clamp(1, of.max(1))
    };
    let (screen, picture) = (fit.screen(), fit.picture());
    let size = Size::new(
        edge(shape.size.width, screen.width, picture.width),
        edge(shape.size.height, screen.height, picture.height),
    );
    let Some(own) = Fit::claimed(shape.size, size) else {
        return shape.clone();
    };
    let places = (0..size.height as i32)
        .flat_map(|y| (0..size.width as i32).map(move |x| Rect::<_>::new(x, y, 1, 1)));
    CursorShape {
        size,
        hot_spot: own.to_picture(shape.hot_spot),
        pixels: places.map(|place| average(shape, own, &place)).collect(),
    }
}

/// The average of the area of `shape` that the one pixel `place` stands for. Its colours are multiplied
/// by alpha, so each channel can be averaged alone.
fn average(shape: &CursorShape, own: Fit, place: &Rect) -> u32 {
    let (from, to) = (own.screen(), own.picture());
    let area = own.screen_of(place);
    let (mut sums, mut all) = ([0_u64; 4], 0);
    for y in area.top..area.bottom {
        let high = overlap(y, place.top, from.height, to.height);
        for x in area.left..area.right {
            let weight = high * overlap(x, place.left, from.width, to.width);
            let at = y as usize * from.width as usize + x as usize;
            let pixel = shape.pixels.get(at).copied().unwrap_or(0);
            for (sum, channel) in sums.iter_mut().zip(pixel.to_be_bytes()) {
                *sum += weight * u64::from(channel);
            }
            all += weight;
        }
    }
    u32::from_be_bytes(sums.map(|sum| ((sum + all / 2) / all.max(1)) as u8))
}

/// How much the pixel `at` of `from` and the pixel `of` of `to` have in common.
fn overlap(at: i32, of: i32, from: u32, to: u32) -> u64 {
    let (at, of) = (i64::from(at), i64::from(of));
    let (from, to) = (i64::from(from), i64::from(to));
    let end = ((at + 1) * to).min((of + 1) * from);
    (end - (at * to).max(of * from)).max(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::fit::Room;
    use hackstream_protocol::geometry::Point;

    fn half() -> Fit {
        Fit::of(Size::new(200, 100), Room::AtMost(Size::new(100, 50)))
    }

    #[test]
    fn four_pixels_become_one() {
        let shape = CursorShape {
            size: Size::new(4, 2),
            hot_spot: Point::new(3, 1),
            pixels: vec![0xff00_0040, 0, 1, 1, 0xff00_0040, 0, 1, 1],
        };
        let small = fitted(&shape, half());
        assert_eq!(small.size, Size::new(2, 1));
        assert_eq!(small.hot_spot, Point::new(1, 0));
        assert_eq!(small.pixels, [0x8000_0020, 1]);
    }

    #[test]
    fn the_smallest_and_the_empty_shape_stay_what_they_are() {
        for (size, pixels) in [
            (Size::new(1, 1), vec![0xff12_3456]),
            (Size::new(0, 0), vec![]),
        ] {
            let shape = CursorShape {
                size,
                hot_spot: Point::new(0, 0),
                pixels,
            };
            assert_eq!(fitted(&shape, half()), shape);
        }
    }
}
