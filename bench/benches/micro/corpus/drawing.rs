//! Letters, pages of them, windows and photographs, drawn into a canvas.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::Rect;

use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH};
use super::glyphs::GLYPHS;
use super::photograph::Photograph;
use crate::random::Random;

/// Pixels from one line of text to the next.
pub(super) const LINE_HEIGHT: i32 = GLYPH_HEIGHT as i32;

const WHITE: u32 = 0x00ff_ffff;
const GREY: u32 = 0x00d4_d0c8;
const BLUE: u32 = 0x0030_5a9a;
const INK: u32 = 0x0020_2020;

/// How the edges of letters look.
#[derive(Clone, Copy, Debug)]
pub(super) enum Letters {
    /// Two colours.
    Sharp,
    /// Shades between them, as most programs draw today.
    Smooth,
}

/// Lines of random letters.
#[derive(Clone, Debug)]
pub(super) struct Text {
    columns: usize,
    lines: Vec<Vec<u8>>,
    random: Random,
}

impl Text {
    /// As much as fits `area`.
    pub(super) fn filling(area: &Rect, seed: u64) -> Self {
        let columns = area.width() as usize / usize::from(GLYPH_WIDTH);
        let lines = area.height() as usize / usize::from(GLYPH_HEIGHT);
        let mut random = Random::new(seed);
        let lines = (0..lines).map(|_| line(&mut random, columns)).collect();
        Self {
            columns,
            lines,
            random,
        }
    }

    /// Moves all lines up by one and adds another.
    pub(super) fn scroll(&mut self) {
        self.lines.remove(0);
        self.lines.push(line(&mut self.random, self.columns));
    }

    /// Draws the lines in black on white.
    pub(super) fn draw(&self, canvas: &mut Canvas, area: &Rect, letters: Letters) {
        canvas.fill(area, WHITE);
        for (top, line) in (area.top..).step_by(LINE_HEIGHT as usize).zip(&self.lines) {
            for (left, byte) in (area.left..).step_by(usize::from(GLYPH_WIDTH)).zip(line) {
                draw_letter(canvas, (left, top), *byte, letters);
            }
        }
    }
}

/// Words of two to nine letters.
fn line(random: &mut Random, columns: usize) -> Vec<u8> {
    let mut line = Vec::with_capacity(columns);
    while line.len() < columns {
        for _ in 0..2 + random.below(8) {
            line.push(b'a' + random.below(26) as u8);
        }
        line.push(b' ');
    }
    line.truncate(columns);
    line
}

/// Draws one letter with its top left corner at `at`, over white.
pub(super) fn draw_letter(canvas: &mut Canvas, at: (i32, i32), byte: u8, letters: Letters) {
    let glyph = &GLYPHS[usize::from(byte.wrapping_sub(b' ')).min(GLYPHS.len() - 1)];
    for row in 0..GLYPH_HEIGHT as usize {
        let y = at.1 + row as i32;
        let span = Rect::new(at.0, y, u32::from(GLYPH_WIDTH), 1);
        for (column, pixel) in canvas.span_mut(&span, y).iter_mut().enumerate() {
            *pixel = shade(glyph, row, column, letters);
        }
    }
}

/// The colour of a letter's pixel.
fn shade(glyph: &[u8], row: usize, column: usize, letters: Letters) -> u32 {
    let inked = |row: usize, column: usize| {
        let bits = glyph.get(row).copied().unwrap_or(0);
        let place = usize::from(GLYPH_WIDTH).checked_sub(column + 1);
        place.map_or(0, |place| u32::from(bits >> place & 1))
    };
    let sixteenths = match letters {
        Letters::Sharp => 16 * inked(row, column),
        Letters::Smooth => {
            let left = column.wrapping_sub(1);
            let beside = inked(row, column + 1) + if column > 0 { inked(row, left) } else { 0 };
            let below = inked(row + 1, column);
            10 * inked(row, column) + 2 * beside + 2 * below
        }
    };
    let channel = 0xff - (0xff - (INK & 0xff)) * sixteenths / 16;
    channel << 16 | channel << 8 | channel
}

/// A window: a title bar, a border, and `text` inside. Returns where the text is.
pub(super) fn draw_window(canvas: &mut Canvas, area: &Rect, text: &Text, letters: Letters) {
    canvas.fill(area, GREY);
    let title = Rect::from_edges(area.left + 2, area.top + 2, area.right - 2, area.top + 22);
    canvas.fill(&title, BLUE);
    text.draw(canvas, &inside_window(area), letters);
}

/// Where the text of a window is.
pub(super) fn inside_window(area: &Rect) -> Rect {
    Rect::from_edges(
        area.left + 4,
        area.top + 24,
        area.right - 4,
        area.bottom - 4,
    )
}

/// Fills `area` with frame number `frame` of a pan over `photograph`.
pub(super) fn draw_photograph(
    canvas: &mut Canvas,
    area: &Rect,
    photograph: &Photograph,
    frame: u16,
) {
    for y in area.top..area.bottom {
        let row = photograph.row(frame, (y - area.top) as u32);
        for (pixel, bytes) in canvas.span_mut(area, y).iter_mut().zip(row.chunks_exact(4)) {
            *pixel = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        }
    }
}
