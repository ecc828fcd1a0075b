//! Random sections, and the picture that each must show.

use hackstream_codec::palette::Palette;
use hackstream_codec::predict::Predictor;
use hackstream_codec::symbols::{Shape, Stamp};
use hackstream_codec::{Canvas, write};
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::region::Region;
use proptest::prelude::*;

/// Of all pictures here. Neither edge is a multiple of eight.
pub(crate) const SIZE: Size = Size::new(70, 37);

/// One section in the making. Its rectangles may overlap where the format lets them.
#[derive(Clone, Debug)]
pub(crate) enum Section {
    Copy(Vec<Rect>, Offset),
    Fill(Vec<Rect>, u32),
    TwoColours(Vec<Rect>, [u32; 2]),
    Indexed(Vec<Rect>),
    FullColour(Vec<Rect>, Predictor),
    Text(Vec<Rect>, [u32; 2], Vec<(Shape, i32, i32)>),
    /// Tiles to save, and where to show each of them.
    Tiles(Vec<(Rect, Rect)>),
}

/// A section's bytes and what comes of them.
pub(crate) struct Picture {
    pub(crate) body: Vec<u8>,
    pub(crate) expected: Canvas,
    pub(crate) covers: Region,
}

impl Section {
    /// Makes the section that turns `before` into a picture with pixels of `picture`.
    pub(crate) fn write(&self, picture: &Canvas, before: &Canvas) -> Picture {
        let mut body = Vec::new();
        let mut expected = before.clone();
        let covers = match self {
            Self::Copy(rects, offset) => {
                let targets = copied(rects, *offset);
                write::copy(&mut body, *offset, targets.rects());
                show(&mut expected, targets.rects(), |x, y| {
                    before.row((y - offset.dy) as u32)[(x - offset.dx) as usize]
                });
                targets
            }
            Self::Fill(rects, colour) => {
                write::fill(&mut body, *colour, rects);
                show(&mut expected, rects, |_, _| *colour);
                region(rects)
            }
            Self::TwoColours(rects, colours) => {
                let picture = mapped(picture, |pixel| colours[pixel as usize % 2]);
                write::two_colours(&mut body, &picture, *colours, rects);
                show_picture(&mut expected, rects, &picture)
            }
            Self::Indexed(rects) => {
                let picture = mapped(picture, |pixel| (pixel % 256) * 0x0001_0001);
                write_indexed(&mut body, rects, &picture);
                show_picture(&mut expected, rects, &picture)
            }
            Self::FullColour(rects, predictor) => {
                write::full_colour(&mut body, picture, *predictor, rects);
                show_picture(&mut expected, rects, picture)
            }
            Self::Text(rects, colours, letters) => {
                write_text(&mut body, rects, *colours, letters);
                show(&mut expected, rects, |_, _| colours[0]);
                letters
                    .iter()
                    .for_each(|letter| ink(&mut expected, letter, colours[1]));
                region(rects)
            }
            Self::Tiles(tiles) => {
                let (from, to): (Vec<Rect>, Vec<Rect>) = tiles.iter().copied().unzip();
                let slots: Vec<u16> = (0..tiles.len() as u16).map(|index| index * 9).collect();
                write::save(&mut body, &[9, 0, 5], &from, &slots);
                write::recall(&mut body, &to, &slots);
                for (from, to) in tiles {
                    show(&mut expected, &[*to], |x, y| {
                        let row = before.row((y - to.top + from.top) as u32);
                        row[(x - to.left + from.left) as usize]
                    });
                }
                region(&to)
            }
        };
        Picture {
            body,
            expected,
            covers,
        }
    }
}

fn write_indexed(body: &mut Vec<u8>, rects: &[Rect], picture: &Canvas) {
    let mut palette = Palette::new();
    // The palette must not be empty, even if there is nothing to paint.
    palette.index_of(0);
    let mut indices = Vec::new();
    for rect in rects {
        for y in rect.top..rect.bottom {
            assert!(palette.index_row(picture.span(rect, y), &mut indices));
        }
    }
    write::indexed(body, &palette, rects, &indices);
}

fn write_text(
    body: &mut Vec<u8>,
    rects: &[Rect],
    colours: [u32; 2],
    letters: &[(Shape, i32, i32)],
) {
    let slot = |index: usize| index as u16 * 5;
    let stamps: Vec<Stamp> = (letters.iter().enumerate())
        .map(|(index, (shape, x, y))| Stamp {
            slot: slot(index),
            area: Rect::new(*x, *y, shape.width.into(), shape.rows.len() as u32),
        })
        .collect();
    let definitions: Vec<_> = (letters.iter().enumerate())
        .map(|(index, (shape, ..))| (slot(index), shape))
        .collect();
    write::text(body, colours, rects, definitions.iter().copied(), &stamps);
}

fn ink(canvas: &mut Canvas, (shape, left, top): &(Shape, i32, i32), colour: u32) {
    for (y, row) in (*top..).zip(&shape.rows) {
        for x in 0..i32::from(shape.width) {
            if row >> x & 1 == 1 {
                canvas.fill(&Rect::new(left + x, y, 1, 1), colour);
            }
        }
    }
}

fn copied(rects: &[Rect], offset: Offset) -> Region {
    let screen = Rect::of_size(SIZE);
    let sources = screen.translated(offset).intersection(&screen);
    region(rects).clipped(&sources)
}

fn show(canvas: &mut Canvas, rects: &[Rect], pixel: impl Fn(i32, i32) -> u32) {
    for rect in rects {
        for y in rect.top..rect.bottom {
            for (x, target) in (rect.left..).zip(canvas.span_mut(rect, y)) {
                *target = pixel(x, y);
            }
        }
    }
}

fn show_picture(canvas: &mut Canvas, rects: &[Rect], picture: &Canvas) -> Region {
    show(canvas, rects, |x, y| picture.row(y as u32)[x as usize]);
    region(rects)
}

fn mapped(picture: &Canvas, change: impl Fn(u32) -> u32) -> Canvas {
    let mut mapped = picture.clone();
    let pixels = mapped.pixels_mut();
    pixels.iter_mut().for_each(|pixel| *pixel = change(*pixel));
    mapped
}

fn region(rects: &[Rect]) -> Region {
    rects.iter().copied().collect()
}

fn colour() -> impl Strategy<Value = u32> {
    0u32..1 << 24
}

/// A picture with areas alike and areas of noise.
pub(crate) fn any_picture() -> impl Strategy<Value = Canvas> {
    (any::<u32>(), 1u32..40).prop_map(|(seed, run)| {
        let mut canvas = Canvas::new(SIZE);
        let mut state = seed | 1;
        for (index, pixel) in canvas.pixels_mut().iter_mut().enumerate() {
            if index as u32 % run == 0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            }
            *pixel = state >> 8;
        }
        canvas
    })
}

pub(crate) fn rects(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Rect>> {
    let rect = (0..70i32, 0..37i32, 1..71u32, 1..38u32).prop_map(|(x, y, width, height)| {
        Rect::new(x, y, width, height).intersection(&Rect::of_size(SIZE))
    });
    // So few that even if each is the whole screen the frame does not paint too much.
    proptest::collection::vec(rect, count)
}

fn letter() -> impl Strategy<Value = (Shape, i32, i32)> {
    (1u8..=64, proptest::collection::vec(any::<u64>(), 1..=37)).prop_flat_map(|(width, rows)| {
        let rows: Vec<u64> = rows
            .into_iter()
            .map(|row| row & u64::MAX >> (64 - width))
            .collect();
        let (right, bottom) = (70 - i32::from(width), 37 - rows.len() as i32);
        (Just(Shape { width, rows }), 0..=right, 0..=bottom)
    })
}

/// A tile and another place for it.
fn tile() -> impl Strategy<Value = (Rect, Rect)> {
    (1i32..=64, 1i32..=37).prop_flat_map(|(width, height)| {
        let place = || (0..=70 - width, 0..=37 - height);
        let at = move |(x, y)| Rect::new(x, y, width as u32, height as u32);
        (place().prop_map(at), place().prop_map(at))
    })
}

/// A section and the picture it takes pixels from.
pub(crate) fn any_section() -> impl Strategy<Value = (Section, Canvas)> {
    let offset = (-30..30i32, -30..30i32).prop_map(|(dx, dy)| Offset::new(dx, dy));
    let predictor = prop_oneof![Just(Predictor::Above), Just(Predictor::Gradient)];
    let two = || (colour(), colour()).prop_map(|(a, b)| [a, b]);
    let letters = || proptest::collection::vec(letter(), 0..4);
    let section = prop_oneof![
        (rects(1..5), offset).prop_map(|(rects, offset)| Section::Copy(rects, offset)),
        (rects(0..5), colour()).prop_map(|(rects, colour)| Section::Fill(rects, colour)),
        (rects(0..5), two()).prop_map(|(rects, colours)| Section::TwoColours(rects, colours)),
        rects(0..5).prop_map(Section::Indexed),
        (rects(0..5), predictor).prop_map(|(rects, kind)| Section::FullColour(rects, kind)),
        (rects(0..2), two(), letters())
            .prop_map(|(rects, colours, letters)| Section::Text(rects, colours, letters)),
        proptest::collection::vec(tile(), 0..3).prop_map(Section::Tiles),
    ];
    (section, any_picture())
}
