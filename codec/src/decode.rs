//! Applying frames to a picture.

use hackstream_protocol::geometry::{Offset, Point, Rect};
use hackstream_protocol::limits::{MAX_COLOURS, MAX_FRAME_BYTES, MAX_PAINT_FACTOR};
use hackstream_protocol::region::Region;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::control::read_size;

use crate::CodecError;
use crate::bits::{row_bytes, unpack_row};
use crate::canvas::Canvas;
use crate::envelope::Decompressor;
use crate::predict::{Predictor, rebuild};
use crate::section::{SectionKind, read_colour, read_rects};
use crate::symbols::{Shape, SymbolTable};

/// What a decoder may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderLimits {
    /// Bytes of compression history.
    pub history_bytes: usize,
    /// Bytes of pictures that may come back.
    pub cache_bytes: usize,
}

/// Turns the payloads of one connection into pictures.
///
/// Lives as long as the connection: payloads may refer to earlier ones.
pub struct Decoder {
    decompressor: Decompressor,
    painter: Painter,
}

impl Decoder {
    /// A decoder that has seen nothing.
    #[must_use]
    pub fn new(limits: DecoderLimits) -> Self {
        Self {
            decompressor: Decompressor::new(limits.history_bytes),
            painter: Painter::default(),
        }
    }

    /// Applies one frame's payload and returns the pixels it covers. Those in `keep` are left as
    /// they are, though they count as covered.
    ///
    /// The frame may replace the canvas by one of another size.
    ///
    /// # Errors
    /// [`CodecError`] if the payload breaks the format; the canvas may be half painted then.
    pub fn decode(
        &mut self,
        payload: &[u8],
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<Region, CodecError> {
        let body = self.decompressor.read(payload)?;
        self.painter.paint(&mut Reader::new(body), canvas, keep)
    }
}

/// Executes sections; holds the buffers that they share.
#[derive(Default)]
struct Painter {
    rects: Vec<Rect>,
    row: Vec<u32>,
    above: Vec<u32>,
    covered: Vec<Rect>,
    painted: u64,
    symbols: SymbolTable,
    video: VideoPainter,
}

impl Painter {
    fn paint(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<Region, CodecError> {
        self.covered.clear();
        self.painted = 0;
        while !reader.is_empty() {
            match SectionKind::read(reader)? {
                SectionKind::Reset => self.reset(reader, canvas)?,
                SectionKind::Copy => self.copy(reader, canvas, keep)?,
                SectionKind::Fill => self.fill(reader, canvas, keep)?,
                SectionKind::TwoColours => self.two_colours(reader, canvas, keep)?,
                SectionKind::Indexed => self.indexed(reader, canvas, keep)?,
                SectionKind::FullColour => self.full_colour(reader, canvas, keep)?,
                SectionKind::Text => self.text(reader, canvas, keep)?,
                SectionKind::Video => self.video(reader, canvas, keep)?,
            }
        }
        Ok(self.covered.iter().copied().collect())
    }

    fn reset(&mut self, reader: &mut Reader<'_>, canvas: &mut Canvas) -> Result<(), CodecError> {
        let size = read_size(reader)?;
        if canvas.size() == size {
            canvas.pixels_mut().fill(0);
        } else {
            *canvas = Canvas::new(size);
        }
        self.covered.clear();
        self.covered.push(canvas.bounds());
        Ok(())
    }

    /// Reads the section's rectangles and counts their pixels against the frame's allowance.
    fn read_rects(&mut self, reader: &mut Reader<'_>, canvas: &Canvas) -> Result<(), CodecError> {
        read_rects(reader, &canvas.bounds(), &mut self.rects)?;
        self.painted += self.rects.iter().map(Rect::area).sum::<u64>();
        let screen = canvas.size().area();
        if self.painted > screen * MAX_PAINT_FACTOR {
            return Err(CodecError::PaintsTooMuch {
                painted: self.painted,
                screen,
            });
        }
        self.covered.extend_from_slice(&self.rects);
        Ok(())
    }

    fn copy(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        let offset: Offset = Offset::new(reader.signed()?, reader.signed()?);
        self.read_rects(reader, canvas)?;
        let edge = canvas.size().width.max(canvas.size().height);
        if offset.dx.unsigned_abs() > edge || offset.dy.unsigned_abs() > edge {
            return Err(CodecError::OutsideScreen);
        }
        let bounds = canvas.bounds();
        if self
            .rects
            .iter()
            .any(|r| !bounds.contains(&r.translated(offset.reversed())))
        {
            return Err(CodecError::OutsideScreen);
        }
        let targets: Region = self.rects.iter().copied().collect();
        canvas.copy_region(&targets.difference(keep), offset);
        Ok(())
    }

    fn fill(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        let colour = read_colour(reader)?;
        self.read_rects(reader, canvas)?;
        self.rects
            .iter()
            .for_each(|rect| fill_around(canvas, keep, rect, colour));
        Ok(())
    }

    fn text(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        let (paper, ink) = (read_colour(reader)?, read_colour(reader)?);
        self.read_rects(reader, canvas)?;
        self.rects
            .iter()
            .for_each(|rect| fill_around(canvas, keep, rect, paper));
        self.symbols.read_definitions(reader)?;
        let bounds = canvas.bounds();
        self.symbols.read_stamps(reader, &bounds, |shape, at| {
            stamp(canvas, keep, shape, at, ink);
        })
    }

    fn two_colours(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        let colours = [read_colour(reader)?, read_colour(reader)?];
        self.read_rects(reader, canvas)?;
        for rect in &self.rects {
            let stride = row_bytes(rect.width() as usize);
            let bits = reader.take(stride * rect.height() as usize)?;
            for (y, bits) in (rect.top..).zip(bits.chunks_exact(stride)) {
                paint_row(canvas, keep, rect, y, &mut self.row, |row| {
                    unpack_row(bits, colours, row);
                });
            }
        }
        Ok(())
    }

    fn indexed(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        let mut table = [0u32; MAX_COLOURS];
        let count = usize::from(reader.u8()?) + 1;
        for shift in [16, 8, 0] {
            for (colour, &channel) in table.iter_mut().zip(reader.take(count)?) {
                *colour |= u32::from(channel) << shift;
            }
        }
        self.read_rects(reader, canvas)?;
        for rect in &self.rects {
            let width = rect.width() as usize;
            let indices = reader.take(width * rect.height() as usize)?;
            for (y, indices) in (rect.top..).zip(indices.chunks_exact(width)) {
                // An index beyond the table paints black: wrong, but harmless.
                paint_row(canvas, keep, rect, y, &mut self.row, |row| {
                    for (pixel, &index) in row.iter_mut().zip(indices) {
                        *pixel = table[usize::from(index)];
                    }
                });
            }
        }
        Ok(())
    }

    fn video(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        self.read_rects(reader, canvas)?;
        let [area] = self.rects[..] else {
            let value = self.rects.len() as u64;
            return Err(WireError::Meaningless {
                what: "video rectangles",
                value,
            }
            .into());
        };
        let access_unit = reader.bytes("access unit", MAX_FRAME_BYTES)?;
        self.video.paint(access_unit, area, canvas, keep)
    }

    fn full_colour(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        let byte = reader.u8()?;
        let value = u64::from(byte);
        let predictor = Predictor::from_byte(byte).ok_or(WireError::Meaningless {
            what: "predictor",
            value,
        })?;
        self.read_rects(reader, canvas)?;
        for rect in &self.rects {
            let width = rect.width() as usize;
            let residuals = reader.take(3 * width * rect.height() as usize)?;
            self.above.clear();
            self.above.resize(width, 0);
            for (y, residuals) in (rect.top..).zip(residuals.chunks_exact(3 * width)) {
                self.row.resize(width, 0);
                rebuild(predictor, &self.above, residuals, &mut self.row[..width]);
                copy_row(canvas, keep, rect, y, &self.row[..width]);
                std::mem::swap(&mut self.row, &mut self.above);
            }
        }
        Ok(())
    }
}

/// Decodes the H.264 stream, once there is one.
#[derive(Default)]
struct VideoPainter {
    #[cfg(feature = "h264-decode")]
    decoder: Option<crate::h264::H264Decoder>,
}

impl VideoPainter {
    #[cfg(feature = "h264-decode")]
    fn paint(
        &mut self,
        access_unit: &[u8],
        area: Rect,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        use crate::h264::{H264Decoder, from_i420};
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(H264Decoder::new()?),
        };
        let Some(picture) = decoder.decode(access_unit)? else {
            return Ok(());
        };
        let stride = canvas.size().width as usize;
        for part in Region::from(area).difference(keep).rects() {
            from_i420(&picture, canvas.pixels_mut(), stride, area, *part)?;
        }
        Ok(())
    }

    #[cfg(not(feature = "h264-decode"))]
    fn paint(&mut self, _: &[u8], _: Rect, _: &mut Canvas, _: &Region) -> Result<(), CodecError> {
        Err(CodecError::NotOffered("H.264"))
    }
}

/// Paints `rect` except for the pixels in `keep`.
fn fill_around(canvas: &mut Canvas, keep: &Region, rect: &Rect, colour: u32) {
    if keep.is_empty() {
        canvas.fill(rect, colour);
    } else {
        let free = Region::from(*rect).difference(keep);
        free.rects()
            .iter()
            .for_each(|part| canvas.fill(part, colour));
    }
}

/// Paints the ink of a shape whose top left corner is at `at`, except for the pixels in `keep`.
fn stamp(canvas: &mut Canvas, keep: &Region, shape: &Shape, at: Point, ink: u32) {
    let area: Rect = Rect::new(at.x, at.y, shape.width.into(), shape.rows.len() as u32);
    let free = keep.is_empty() || !keep.intersects_rect(&area);
    for (y, &row) in (area.top..).zip(&shape.rows) {
        let span = canvas.span_mut(&area, y);
        let mut bits = row;
        while bits != 0 {
            let x = bits.trailing_zeros();
            if free || !keep.contains_point(Point::new(at.x + x as i32, y)) {
                span[x as usize] = ink;
            }
            bits &= bits - 1;
        }
    }
}

/// Lets `paint` fill the row `y` of `rect`, except for the pixels in `keep`.
fn paint_row(
    canvas: &mut Canvas,
    keep: &Region,
    rect: &Rect,
    y: i32,
    scratch: &mut Vec<u32>,
    paint: impl FnOnce(&mut [u32]),
) {
    if keep.is_empty() {
        paint(canvas.span_mut(rect, y));
        return;
    }
    scratch.resize(rect.width() as usize, 0);
    paint(scratch);
    copy_row(canvas, keep, rect, y, scratch);
}

/// Copies `pixels` to the row `y` of `rect`, except for those in `keep`.
fn copy_row(canvas: &mut Canvas, keep: &Region, rect: &Rect, y: i32, pixels: &[u32]) {
    if keep.is_empty() {
        canvas.span_mut(rect, y).copy_from_slice(pixels);
        return;
    }
    let row: Rect = Rect::from_edges(rect.left, y, rect.right, y + 1);
    for part in Region::from(row).difference(keep).rects() {
        let from = (part.left - rect.left) as usize;
        let source = &pixels[from..from + part.width() as usize];
        canvas.span_mut(part, y).copy_from_slice(source);
    }
}
