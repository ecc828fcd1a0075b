//! Pixels to I420 and back, for rectangles of every alignment.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod support;

use hackstream_codec::h264::{H264Error, I420, I420View, even_size, from_i420, to_i420};
use hackstream_protocol::geometry::{Rect, Size};
use support::{Motion, picture, psnr};

const SCREEN: Size = Size::new(203, 151);
const STRIDE: usize = 203;

/// A pixel that no conversion makes.
const UNTOUCHED: u32 = 0xdead_beef;

fn converted(pixels: &[u32], rect: Rect) -> I420 {
    let mut out = I420::new(rect.size()).unwrap();
    to_i420(pixels, STRIDE, rect, &mut out).unwrap();
    out
}

/// What `from_i420` draws without any clip, into a screen of its own.
fn drawn(view: &I420View<'_>, rect: Rect, clip: Rect) -> Vec<u32> {
    let mut pixels = vec![UNTOUCHED; SCREEN.area() as usize];
    from_i420(view, &mut pixels, STRIDE, rect, clip).unwrap();
    pixels
}

#[test]
fn a_round_trip_of_any_rectangle_keeps_the_picture_and_touches_nothing_else() {
    let pixels = picture(SCREEN, Motion::Pan, 3);
    for (left, top) in [(0, 0), (1, 0), (0, 1), (3, 5), (86, 51)] {
        for (width, height) in [(16, 16), (17, 100), (100, 17), (117, 99), (65, 33)] {
            let rect = Rect::new(left, top, width, height);
            let source = converted(&pixels, rect);
            assert_samples(&source.view(), &pixels, rect);
            let shown = drawn(&source.view(), rect, rect);
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for (index, &pixel) in shown.iter().enumerate() {
                let (x, y) = ((index % STRIDE) as i32, (index / STRIDE) as i32);
                if rect.contains(&Rect::new(x, y, 1, 1)) {
                    before.push(pixels[index]);
                    after.push(pixel);
                    assert_eq!(pixel >> 24, 0);
                } else {
                    assert_eq!(pixel, UNTOUCHED, "{rect:?} at {x}, {y}");
                }
            }
            let psnr = psnr(&before, &after);
            assert!(psnr > 33.0, "{rect:?}: {psnr:.1} dB");
        }
    }
}

/// Checks every sample against the definition of BT.709.
fn assert_samples(view: &I420View<'_>, pixels: &[u32], rect: Rect) {
    let pixel = |x: u32, y: u32| {
        let x = rect.left as usize + x.min(rect.width() - 1) as usize;
        let y = rect.top as usize + y.min(rect.height() - 1) as usize;
        let [b, g, r, _] = pixels[y * STRIDE + x].to_le_bytes();
        [f64::from(r), f64::from(g), f64::from(b)]
    };
    let luma = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    for y in 0..view.size().height {
        for x in 0..view.size().width {
            let expected = 16.0 + luma(pixel(x, y)) * 219.0 / 255.0;
            let got = view.luma()[y as usize * view.luma_stride() + x as usize];
            assert!(
                (f64::from(got) - expected).abs() < 1.5,
                "{rect:?}, luma at {x}, {y}"
            );
        }
    }
    for y in 0..view.size().height / 2 {
        for x in 0..view.size().width / 2 {
            let mut mean = [0.0; 3];
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let pixel = pixel(2 * x + dx, 2 * y + dy);
                mean.iter_mut().zip(pixel).for_each(|(m, p)| *m += p / 4.0);
            }
            let at = y as usize * view.chroma_stride() + x as usize;
            let cb = 128.0 + (mean[2] - luma(mean)) / 1.8556 * 224.0 / 255.0;
            let cr = 128.0 + (mean[0] - luma(mean)) / 1.5748 * 224.0 / 255.0;
            assert!(
                (f64::from(view.cb()[at]) - cb).abs() < 2.0,
                "{rect:?}, Cb at {x}, {y}"
            );
            assert!(
                (f64::from(view.cr()[at]) - cr).abs() < 2.0,
                "{rect:?}, Cr at {x}, {y}"
            );
        }
    }
}

#[test]
fn clipping_leaves_the_rest_alone_and_changes_no_pixel() {
    let pixels = picture(SCREEN, Motion::Pan, 1);
    let rect = Rect::new(5, 3, 171, 131);
    let source = converted(&pixels, rect);
    let whole = drawn(&source.view(), rect, rect);
    let clips = [
        Rect::new(6, 4, 40, 40),
        Rect::new(6, 3, 163, 1),
        Rect::new(5, 4, 1, 129),
        Rect::new(8, 8, 1, 1),
        Rect::new(7, 7, 66, 67),
        Rect::from_edges(100, 100, 1000, 1000),
        Rect::from_edges(-50, -50, 20, 19),
        Rect::new(190, 0, 5, 5),
    ];
    for clip in clips {
        let part = drawn(&source.view(), rect, clip);
        let visible = rect.intersection(&clip);
        for (index, (&part, &whole)) in part.iter().zip(&whole).enumerate() {
            let (x, y) = ((index % STRIDE) as i32, (index / STRIDE) as i32);
            if visible.contains(&Rect::new(x, y, 1, 1)) {
                assert_near(part, whole, (x, y));
            } else {
                assert_eq!(part, UNTOUCHED, "{clip:?} at {x}, {y}");
            }
        }
    }
}

/// The converter rounds differently at the ends of a row, by one step at most.
fn assert_near(a: u32, b: u32, at: (i32, i32)) {
    for (a, b) in a.to_le_bytes().into_iter().zip(b.to_le_bytes()) {
        assert!(a.abs_diff(b) <= 1, "{a} and {b} at {at:?}");
    }
}

#[test]
fn colours_are_bt709_in_limited_range() {
    let cases = [
        (0x0000_0000, [16, 128, 128]),
        (0x00ff_ffff, [235, 128, 128]),
        (0x00ff_0000, [63, 102, 240]),
        (0x0000_ff00, [173, 42, 26]),
        (0x0000_00ff, [32, 240, 118]),
    ];
    for (colour, expected) in cases {
        let rect = Rect::new(0, 0, 17, 17);
        let mut picture = converted(&vec![colour; SCREEN.area() as usize], rect);
        for (plane, expected) in picture.planes_mut().into_iter().zip(expected) {
            for &mut sample in plane {
                assert!(sample.abs_diff(expected) <= 1, "{colour:06x}: {sample}");
            }
        }
        let back = drawn(&picture.view(), rect, rect);
        for (a, b) in back[0].to_le_bytes().into_iter().zip(colour.to_le_bytes()) {
            assert!(a.abs_diff(b) <= 3, "{:06x} for {colour:06x}", back[0]);
        }
    }
}

#[test]
fn rectangles_outside_the_pixels_are_refused() {
    let mut pixels = vec![0; SCREEN.area() as usize];
    let mut out = I420::new(Size::new(32, 32)).unwrap();
    let outside = [
        Rect::new(-1, 0, 32, 32),
        Rect::new(0, -1, 32, 32),
        Rect::new(172, 0, 32, 32),
        Rect::new(0, 120, 32, 32),
        Rect::new(171, 120, 32, 32),
        Rect::from_edges(5, 5, 5, 5),
        Rect::from_edges(9, 9, 3, 3),
        Rect::from_edges(i32::MIN / 2, 0, i32::MAX / 2, 1),
    ];
    for rect in outside {
        let refused = Err(H264Error::OutsidePicture);
        assert_eq!(
            to_i420(&pixels, STRIDE, rect, &mut out),
            refused,
            "{rect:?}"
        );
        let view = out.view();
        assert_eq!(
            from_i420(&view, &mut pixels, STRIDE, rect, rect),
            refused,
            "{rect:?}"
        );
    }
    let larger = Rect::new(0, 0, 33, 32);
    assert!(to_i420(&pixels, STRIDE, larger, &mut out).is_err());
    assert!(from_i420(&out.view(), &mut pixels, STRIDE, larger, larger).is_err());
    // The view may be larger than its rectangle: it was padded.
    let smaller = Rect::new(171, 120, 31, 31);
    assert_eq!(even_size(smaller.size()), out.size());
    assert!(from_i420(&out.view(), &mut pixels, STRIDE, smaller, smaller).is_ok());
    assert!(to_i420(&pixels, STRIDE, smaller, &mut out).is_ok());
}

#[test]
fn views_with_short_planes_are_refused() {
    let size = Size::new(32, 16);
    let (luma, chroma) = (vec![0; 40 * 15 + 32], vec![0; 20 * 7 + 16]);
    assert!(I420View::new(size, [&luma, &chroma, &chroma], 40, 20).is_ok());
    assert!(I420View::new(size, [&luma[1..], &chroma, &chroma], 40, 20).is_err());
    assert!(I420View::new(size, [&luma, &chroma[1..], &chroma], 40, 20).is_err());
    assert!(I420View::new(size, [&luma, &chroma, &chroma], 31, 20).is_err());
    assert!(I420View::new(size, [&luma, &chroma, &chroma], usize::MAX, 20).is_err());
    assert!(I420View::new(Size::new(31, 16), [&luma, &chroma, &chroma], 40, 20).is_err());
}
