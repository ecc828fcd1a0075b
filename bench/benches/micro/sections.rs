//! Each kind of section, written and decoded into a picture.
//!
//! All paint the same area, cut into the cells that the encoder uses, with pixels of a recording
//! that suit the kind.

use anyhow::{Context, Result, ensure};
use hackstream_codec::envelope::{Coder, Compressor};
use hackstream_codec::palette::Palette;
use hackstream_codec::predict::Predictor;
use hackstream_codec::symbols::{Shape, Stamp};
use hackstream_codec::tile_cache::{PackedTile, TilePacker};
use hackstream_codec::{Canvas, Decoder, DecoderLimits, write};
use hackstream_protocol::geometry::{Offset, Rect};
use hackstream_protocol::region::Region;

use crate::case::{Case, Work};
use crate::corpus::{DESKTOP, PAGE, Recording, SMOOTH};

/// The area that is painted: 64 cells.
const AREA: Rect = Rect::from_edges(64, 32, 64 + 512, 32 + 128);

/// Colours of the page.
const PAPER: u32 = 0x00ff_ffff;
const INK: u32 = 0x0020_2020;

/// Size of a cell.
const CELL: (u32, u32) = (64, 16);

/// Appends a section that paints `cells` of a picture.
type WriteSection = fn(&mut Vec<u8>, &Canvas, &[Rect]) -> Result<()>;

pub(crate) fn cases() -> Vec<Case> {
    let kinds: [(&str, &'static Recording, WriteSection); 6] = [
        ("fill", &PAGE, |body, _, cells| {
            write::fill(body, PAPER, cells);
            Ok(())
        }),
        ("two-colours", &PAGE, |body, canvas, cells| {
            write::two_colours(body, canvas, [PAPER, INK], cells);
            Ok(())
        }),
        ("indexed", &SMOOTH, write_indexed),
        ("full-above", &DESKTOP, |body, canvas, cells| {
            write::full_colour(body, canvas, Predictor::Above, cells);
            Ok(())
        }),
        ("full-gradient", &DESKTOP, |body, canvas, cells| {
            write::full_colour(body, canvas, Predictor::Gradient, cells);
            Ok(())
        }),
        ("copy", &PAGE, |body, _, cells| {
            write::copy(body, Offset::new(-3, -15), &checkered(cells));
            Ok(())
        }),
    ];
    let mut cases = Vec::new();
    for (name, recording, write) in kinds {
        cases.push(Case::new(format!("section/{name}/encode"), move || {
            encode(recording, write)
        }));
        cases.push(Case::new(format!("section/{name}/decode"), move || {
            let mut body = Vec::new();
            write(&mut body, &screen(recording, 0)?, &cells())?;
            decode(recording, &[body])
        }));
    }
    cases.push(Case::new("section/text/encode", encode_text));
    cases.push(Case::new("section/text/decode", || {
        let mut body = Vec::new();
        Letters::of(&screen(&PAGE, 0)?)?.write(&mut body, &cells());
        decode(&PAGE, &[body])
    }));
    cases.push(Case::new("section/save/encode", save));
    cases.push(Case::new("section/save/decode", || {
        decode(&SMOOTH, &[save_body(&cells())])
    }));
    cases.push(Case::new("section/recall/decode", || {
        let (cells, slots) = (cells(), slots());
        let mut recall = Vec::new();
        write::recall(&mut recall, &cells, &slots);
        decode(&SMOOTH, &[save_body(&cells), recall])
    }));
    cases
}

/// A body as pages with soft letters become, of screen number `index` of the recording.
pub(crate) fn letters_body(index: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    write_indexed(&mut body, &screen(&SMOOTH, index)?, &cells())?;
    Ok(body)
}

fn screen(recording: &Recording, index: usize) -> Result<Canvas> {
    let mut screens = recording.screens()?;
    ensure!(index < screens.len(), "no such screen");
    Ok(screens.swap_remove(index))
}

/// The cells of [`AREA`].
fn cells() -> Vec<Rect> {
    let rows = (AREA.top..AREA.bottom).step_by(CELL.1 as usize);
    let cells = rows.flat_map(|top| {
        let lefts = (AREA.left..AREA.right).step_by(CELL.0 as usize);
        lefts.map(move |left| Rect::new(left, top, CELL.0, CELL.1))
    });
    cells.collect()
}

/// Every second cell, none beside another: a region that consists of just these rectangles.
fn checkered(cells: &[Rect]) -> Vec<Rect> {
    let is_black = |cell: &&Rect| (cell.left / CELL.0 as i32 + cell.top / CELL.1 as i32) % 2 == 0;
    cells.iter().filter(is_black).copied().collect()
}

fn slots() -> Vec<u16> {
    (0..cells().len() as u16).collect()
}

fn encode(recording: &Recording, write: WriteSection) -> Result<Work> {
    let (canvas, cells, mut body) = (screen(recording, 0)?, cells(), Vec::new());
    write(&mut body, &canvas, &cells)?;
    Ok(Box::new(move || {
        body.clear();
        write(&mut body, &canvas, &cells)?;
        Ok(body.len())
    }))
}

/// The work of decoding the last of `bodies` after the others.
fn decode(recording: &Recording, bodies: &[Vec<u8>]) -> Result<Work> {
    let mut canvas = screen(recording, 0)?;
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: 0,
        cache_bytes: 1 << 20,
    });
    let mut compressor = Compressor::new(0)?;
    let mut payload = Vec::new();
    // The last one too: a decoder's buffers have grown when a session is under way.
    for body in bodies {
        payload.clear();
        compressor.write(Coder::Stored, body, &mut payload)?;
        decoder.decode(&payload, &mut canvas, &Region::new())?;
    }
    Ok(Box::new(move || {
        decoder.decode(&payload, &mut canvas, &Region::new())?;
        Ok(0)
    }))
}

fn write_indexed(body: &mut Vec<u8>, canvas: &Canvas, cells: &[Rect]) -> Result<()> {
    let (mut palette, mut indices) = (Palette::new(), Vec::new());
    for cell in cells {
        for y in cell.top..cell.bottom {
            let fits = palette.index_row(canvas.span(cell, y), &mut indices);
            ensure!(fits, "more colours than a table holds");
        }
    }
    write::indexed(body, &palette, cells, &indices);
    Ok(())
}

/// Letters found on the page, one in each six columns of a line. The encoder's own way of finding
/// them is measured with whole frames.
struct Letters {
    shapes: Vec<Shape>,
    stamps: Vec<Stamp>,
}

impl Letters {
    fn of(canvas: &Canvas) -> Result<Self> {
        let (mut shapes, mut stamps): (Vec<Shape>, Vec<Stamp>) = (Vec::new(), Vec::new());
        for top in (AREA.top..AREA.bottom - 15).step_by(15) {
            for left in (AREA.left..AREA.right - 6).step_by(6) {
                let area = Rect::new(left, top, 6, 15);
                let shape = shape_at(canvas, &area);
                let known = shapes.iter().position(|known| *known == shape);
                let slot = known.unwrap_or_else(|| {
                    shapes.push(shape);
                    shapes.len() - 1
                });
                let slot = u16::try_from(slot).context("more shapes than slots")?;
                stamps.push(Stamp { slot, area });
            }
        }
        Ok(Self { shapes, stamps })
    }

    fn write(&self, body: &mut Vec<u8>, cells: &[Rect]) {
        let definitions = self.shapes.iter().enumerate();
        let definitions = definitions.map(|(slot, shape)| (slot as u16, shape));
        write::text(body, [PAPER, INK], cells, definitions, &self.stamps);
    }
}

fn encode_text() -> Result<Work> {
    let (letters, cells, mut body) = (Letters::of(&screen(&PAGE, 0)?)?, cells(), Vec::new());
    letters.write(&mut body, &cells);
    Ok(Box::new(move || {
        body.clear();
        letters.write(&mut body, &cells);
        Ok(body.len())
    }))
}

fn shape_at(canvas: &Canvas, area: &Rect) -> Shape {
    let row = |y| {
        let pixels = canvas.span(area, y).iter().enumerate();
        pixels.fold(0, |bits, (x, pixel)| bits | u64::from(*pixel == INK) << x)
    };
    Shape {
        width: area.width() as u8,
        rows: (area.top..area.bottom).map(row).collect(),
    }
}

fn save_body(cells: &[Rect]) -> Vec<u8> {
    let mut body = Vec::new();
    write::save(&mut body, &[], cells, &slots());
    body
}

/// Packing the tiles is the sender's share of the work too: it keeps what the viewer keeps.
fn save() -> Result<Work> {
    let (canvas, cells) = (screen(&SMOOTH, 0)?, cells());
    let mut packer = TilePacker::default();
    Ok(Box::new(move || {
        let pack = |cell| PackedTile::pack(&canvas, cell, &mut packer).bytes();
        Ok(cells.iter().map(pack).sum::<usize>() + save_body(&cells).len())
    }))
}
