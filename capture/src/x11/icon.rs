//! The icon of a window, from the pictures that its program offers (EWMH, `_NET_WM_ICON`).
//!
//! The property is a list of pictures, each a width, a height and its pixels, and may be of any
//! length. Only the heads are read, and then the one picture that suits.

use hackstream_protocol::geometry::Size;
use hackstream_protocol::limits::MAX_ICON_EDGE;
use hackstream_protocol::wire::control::WindowIcon;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Window};

use super::connect::Display;
use crate::error::CaptureError;

/// Pictures looked at; programs offer about six.
const MOST_PICTURES: usize = 16;

/// Longest edge of a picture that is read, and made smaller: it takes a megabyte.
const MOST_EDGE: u32 = 512;

/// A picture in the property: its size, and where its pixels begin, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offer {
    size: Size,
    start: u32,
}

/// The icon of `window`; `None` if it has none, or is gone.
pub(super) fn of_window(
    display: &Display,
    window: Window,
    name: Atom,
) -> Result<Option<WindowIcon>, CaptureError> {
    let read = |start: u32, words: u32| -> Result<Vec<u32>, CaptureError> {
        let cardinal = AtomEnum::CARDINAL;
        let request = display
            .connection
            .get_property(false, window, name, cardinal, start, words)?;
        match request.reply() {
            Ok(reply) => Ok(reply.value32().into_iter().flatten().collect()),
            Err(ReplyError::X11Error(_)) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    };
    let Some(offer) = best(&offers(&read)?) else {
        return Ok(None);
    };
    let pixels = read(offer.start, offer.size.area() as u32)?;
    // It may have changed meanwhile; then the change is told as well.
    let is_whole = pixels.len() as u64 == offer.size.area();
    Ok(is_whole.then(|| reduced(offer.size, pixels)))
}

/// The pictures in the property, as far as they make sense.
fn offers(
    read: &impl Fn(u32, u32) -> Result<Vec<u32>, CaptureError>,
) -> Result<Vec<Offer>, CaptureError> {
    let (mut offers, mut at) = (Vec::new(), 0_u32);
    while offers.len() < MOST_PICTURES {
        let [width, height] = read(at, 2)?[..] else {
            break;
        };
        let (size, Some(start)) = (Size::new(width, height), at.checked_add(2)) else {
            break;
        };
        let end = u32::try_from(size.area())
            .ok()
            .and_then(|area| start.checked_add(area));
        let (Some(end), false) = (end, size.is_empty()) else {
            break;
        };
        offers.push(Offer { size, start });
        at = end;
    }
    Ok(offers)
}

/// The smallest that need not be enlarged; without one the largest.
fn best(offers: &[Offer]) -> Option<Offer> {
    let edge = |offer: &Offer| offer.size.width.max(offer.size.height);
    let offers = || offers.iter().copied().filter(|o| edge(o) <= MOST_EDGE);
    let enough = offers().filter(|offer| edge(offer) >= MAX_ICON_EDGE);
    enough
        .min_by_key(edge)
        .or_else(|| offers().max_by_key(edge))
}

/// The picture, made smaller where it is too large: each pixel is the mean of those it stands for.
fn reduced(size: Size, pixels: Vec<u32>) -> WindowIcon {
    let edge = size.width.max(size.height);
    if edge <= MAX_ICON_EDGE {
        return WindowIcon { size, pixels };
    }
    let scaled = |length: u32| (length * MAX_ICON_EDGE / edge).max(1);
    let small: Size = Size::new(scaled(size.width), scaled(size.height));
    let span = |at: u32, of: u32, from: u32| {
        let (start, end) = (at * from / of, (at + 1) * from / of);
        start..end.max(start + 1)
    };
    let mut reduced = Vec::with_capacity(small.area() as usize);
    for y in 0..small.height {
        for x in 0..small.width {
            let mut mean = Mean::default();
            for row in span(y, small.height, size.height) {
                for column in span(x, small.width, size.width) {
                    mean.add(pixels[(row * size.width + column) as usize]);
                }
            }
            reduced.push(mean.pixel());
        }
    }
    WindowIcon {
        size: small,
        pixels: reduced,
    }
}

/// The mean of pixels: what cannot be seen has no say in the colour.
#[derive(Default)]
struct Mean {
    count: u32,
    alpha: u32,
    colours: [u64; 3],
}

impl Mean {
    fn add(&mut self, pixel: u32) {
        let [alpha, colours @ ..] = pixel.to_be_bytes();
        self.count += 1;
        self.alpha += u32::from(alpha);
        for (sum, colour) in self.colours.iter_mut().zip(colours) {
            *sum += u64::from(colour) * u64::from(alpha);
        }
    }

    fn pixel(&self) -> u32 {
        let alpha = u64::from(self.alpha);
        let colour = |sum: u64| (sum + alpha / 2).checked_div(alpha).unwrap_or(0) as u8;
        let [red, green, blue] = self.colours.map(colour);
        let alpha = (self.alpha + self.count / 2).checked_div(self.count);
        u32::from_be_bytes([alpha.unwrap_or(0) as u8, red, green, blue])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers_in(property: &[u32]) -> Vec<Offer> {
        let read = |start: u32, words: u32| {
            let (start, words) = (start as usize, words as usize);
            let rest = property.get(start..).unwrap_or_default();
            Ok(rest[..rest.len().min(words)].to_vec())
        };
        offers(&read).expect("no display can fail")
    }

    fn property(edges: &[u32]) -> Vec<u32> {
        let picture = |&edge: &u32| {
            let pixels = std::iter::repeat_n(edge, (edge * edge) as usize);
            [edge, edge].into_iter().chain(pixels)
        };
        edges.iter().flat_map(picture).collect()
    }

    fn chosen(edges: &[u32]) -> Option<u32> {
        best(&offers_in(&property(edges))).map(|offer| offer.size.width)
    }

    #[test]
    fn the_picture_that_suits_is_chosen() {
        assert_eq!(chosen(&[16, 32, 48]), Some(48));
        assert_eq!(chosen(&[128, 16, 64, 32]), Some(64));
        assert_eq!(chosen(&[256, 128]), Some(128));
        assert_eq!(chosen(&[600, 16]), Some(16), "too large to be read");
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn sizes_that_lie_do_no_harm() {
        assert_eq!(offers_in(&[u32::MAX, u32::MAX, 1]), []);
        assert_eq!(offers_in(&[0, 5, 1]), []);
        assert_eq!(offers_in(&[7]), []);
        let endless = property(&[1; 100]);
        assert_eq!(offers_in(&endless).len(), MOST_PICTURES);
    }

    #[test]
    fn a_small_picture_stays_as_it_is() {
        let pixels: Vec<u32> = (0..12).collect();
        let icon = reduced(Size::new(4, 3), pixels.clone());
        assert_eq!((icon.size, icon.pixels), (Size::new(4, 3), pixels));
    }

    #[test]
    fn a_large_picture_becomes_the_mean_of_its_pixels() {
        let pixel = |n: u32| match (n % 2, n / 128 % 2) {
            (0, 0) => 0xff00_0010,
            (1, 0) => 0xff00_0020,
            // Invisible, whatever its colour.
            _ => 0x00ff_ffff,
        };
        let icon = reduced(Size::new(128, 128), (0..128 * 128).map(pixel).collect());
        assert_eq!(icon.size, Size::new(64, 64));
        assert!(icon.pixels.iter().all(|&pixel| pixel == 0x8000_0018));
    }

    #[test]
    fn any_picture_becomes_a_small_one() {
        for (width, height) in [
            (65, 65),
            (512, 512),
            (512, 1),
            (1, 512),
            (100, 333),
            (65, 64),
        ] {
            let size: Size = Size::new(width, height);
            let icon = reduced(size, vec![0xff12_3456; size.area() as usize]);
            assert_eq!(icon.size.width.max(icon.size.height), MAX_ICON_EDGE);
            assert_eq!(icon.pixels.len() as u64, icon.size.area());
            assert!(icon.pixels.iter().all(|&pixel| pixel == 0xff12_3456));
        }
    }
}
