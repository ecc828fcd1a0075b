//! Applying frames to a picture.

use hackstream_protocol::geometry::{Offset, Rect};
use hackstream_protocol::limits::{MAX_COLOURS, MAX_COVERED_RECTS, MAX_FRAME_BYTES, MAX_RECTS};
use hackstream_protocol::region::Region;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::control::read_size;

use crate::CodecError;
use crate::bits::{row_bytes, unpack_row};
use crate::canvas::{Canvas, PixelMemory};
use crate::envelope::Decompressor;
use crate::paint::Target;
use crate::predict::{Predictor, rebuild};
use crate::section::{SectionKind, read_colour, read_rects};
use crate::symbols::SymbolTable;
use crate::tile_cache::{PackedTile, TILE_EDGE, TILE_SLOTS, TileCache, TilePacker, read_slot};
use crate::video::VideoPainter;
use crate::work::Work;

/// What a decoder may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderLimits {
    /// Bytes of compression history.
    pub history_bytes: usize,
    /// Bytes of tiles that may come back.
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
            painter: Painter::new(limits.cache_bytes),
        }
    }

    /// Has `device` decode H.264 in place of OpenH264, from the next keyframe on and for as long as it
    /// does; see [`take_setback`](Self::take_setback).
    ///
    /// # Errors
    /// As [`H264Decoder::new`](crate::h264::H264Decoder::new).
    #[cfg(feature = "h264-device")]
    pub fn assist(
        &mut self,
        device: Box<dyn crate::h264::PictureDevice>,
    ) -> Result<(), CodecError> {
        Ok(self.painter.video.assist(device)?)
    }

    /// What became of the device if it failed since the last call. It is not asked again.
    #[cfg(feature = "h264-device")]
    pub fn take_setback(&mut self) -> Option<crate::h264::Setback> {
        self.painter.video.take_setback()
    }

    /// Applies one frame's payload and returns the pixels it covers. Those in `keep` are left as
    /// they are, though they count as covered.
    ///
    /// The frame may replace the canvas by one of another size.
    ///
    /// # Errors
    /// [`CodecError`] if the payload breaks the format. The canvas may be half painted then, and
    /// shapes be missing; only a frame that starts everything over makes sense afterwards. A
    /// history or a video stream that broke says so until the decoder is replaced, or the video's
    /// next keyframe comes.
    pub fn decode<M: PixelMemory>(
        &mut self,
        payload: &[u8],
        canvas: &mut Canvas<M>,
        keep: &Region,
    ) -> Result<Region, CodecError> {
        let body = self.decompressor.read(payload)?;
        let target = &mut Target { canvas, keep };
        self.painter.paint(&mut Reader::new(body), target)
    }
}

/// Executes sections; holds the buffers that they share.
struct Painter {
    rects: Vec<Rect>,
    row: Vec<u32>,
    above: Vec<u32>,
    covered: Vec<Rect>,
    work: Work,
    symbols: SymbolTable,
    tiles: TileCache,
    packer: TilePacker,
    video: VideoPainter,
}

impl Painter {
    fn new(cache_bytes: usize) -> Self {
        Self {
            rects: Vec::new(),
            row: Vec::new(),
            above: Vec::new(),
            covered: Vec::new(),
            work: Work::default(),
            symbols: SymbolTable::default(),
            tiles: TileCache::new(cache_bytes),
            packer: TilePacker::default(),
            video: VideoPainter::default(),
        }
    }

    fn paint<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<Region, CodecError> {
        self.covered.clear();
        self.work = Work::default();
        while !reader.is_empty() {
            match SectionKind::read(reader)? {
                SectionKind::Reset => self.reset(reader, target)?,
                SectionKind::Copy => self.copy(reader, target)?,
                SectionKind::Fill => self.fill(reader, target)?,
                SectionKind::TwoColours => self.two_colours(reader, target)?,
                SectionKind::Indexed => self.indexed(reader, target)?,
                SectionKind::FullColour => self.full_colour(reader, target)?,
                SectionKind::Text => self.text(reader, target)?,
                SectionKind::Video => self.video(reader, target)?,
                SectionKind::Save => self.save(reader, target.canvas)?,
                SectionKind::Recall => self.recall(reader, target)?,
            }
            self.work.section();
        }
        region_within(&self.covered, MAX_COVERED_RECTS)
    }

    fn reset<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        if self.work.has_begun() || !target.keep.is_empty() {
            return Err(CodecError::MisplacedReset);
        }
        let size = read_size(reader)?;
        if target.canvas.size() == size {
            target.canvas.pixels_mut().fill(0);
        } else {
            target.canvas.renew(size);
        }
        self.covered.push(target.canvas.bounds());
        Ok(())
    }

    /// Reads the section's rectangles and counts their pixels against the frame's allowance.
    fn read_rects<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &Canvas<M>,
    ) -> Result<(), CodecError> {
        read_rects(reader, &canvas.bounds(), &mut self.rects)?;
        let pixels = self.rects.iter().map(Rect::area).sum();
        self.work.paint(pixels, canvas.size())?;
        self.covered.extend_from_slice(&self.rects);
        Ok(())
    }

    fn copy<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        self.work.copy()?;
        let offset: Offset = Offset::new(reader.signed()?, reader.signed()?);
        self.read_rects(reader, target.canvas)?;
        let size = target.canvas.size();
        let edge = size.width.max(size.height);
        if offset.dx.unsigned_abs() > edge || offset.dy.unsigned_abs() > edge {
            return Err(CodecError::OutsideScreen);
        }
        let bounds = target.canvas.bounds();
        if self
            .rects
            .iter()
            .any(|r| !bounds.contains(&r.translated(offset.reversed())))
        {
            return Err(CodecError::OutsideScreen);
        }
        let targets = region_within(&self.rects, MAX_RECTS)?;
        let free = targets.difference(target.keep);
        target.canvas.copy_region(&free, offset);
        Ok(())
    }

    fn fill<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        let colour = read_colour(reader)?;
        self.read_rects(reader, target.canvas)?;
        self.rects.iter().for_each(|rect| target.fill(rect, colour));
        Ok(())
    }

    fn text<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        let (paper, ink) = (read_colour(reader)?, read_colour(reader)?);
        self.read_rects(reader, target.canvas)?;
        self.rects.iter().for_each(|rect| target.fill(rect, paper));
        self.symbols.read_definitions(reader)?;
        let (bounds, size) = (target.canvas.bounds(), target.canvas.size());
        let work = &mut self.work;
        self.symbols.read_stamps(reader, &bounds, |shape, at| {
            let pixels = target.stamp(shape, at, ink);
            work.paint(pixels, size)
        })
    }

    fn two_colours<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        let colours = [read_colour(reader)?, read_colour(reader)?];
        self.read_rects(reader, target.canvas)?;
        for rect in &self.rects {
            let stride = row_bytes(rect.width() as usize);
            let bits = reader.take(stride * rect.height() as usize)?;
            for (y, bits) in (rect.top..).zip(bits.chunks_exact(stride)) {
                target.row(rect, y, &mut self.row, |row| {
                    unpack_row(bits, colours, row);
                });
            }
        }
        Ok(())
    }

    fn indexed<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        let mut table = [0u32; MAX_COLOURS];
        let count = usize::from(reader.u8()?) + 1;
        for shift in [16, 8, 0] {
            for (colour, &channel) in table.iter_mut().zip(reader.take(count)?) {
                *colour |= u32::from(channel) << shift;
            }
        }
        self.read_rects(reader, target.canvas)?;
        for rect in &self.rects {
            let width = rect.width() as usize;
            let indices = reader.take(width * rect.height() as usize)?;
            for (y, indices) in (rect.top..).zip(indices.chunks_exact(width)) {
                // An index beyond the table paints black: wrong, but harmless.
                target.row(rect, y, &mut self.row, |row| {
                    for (pixel, &index) in row.iter_mut().zip(indices) {
                        *pixel = table[usize::from(index)];
                    }
                });
            }
        }
        Ok(())
    }

    fn save<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        canvas: &Canvas<M>,
    ) -> Result<(), CodecError> {
        for _ in 0..reader.length("forgotten tiles", TILE_SLOTS)? {
            self.tiles.forget(read_slot(reader)?);
        }
        read_rects(reader, &canvas.bounds(), &mut self.rects)?;
        for rect in &self.rects {
            self.work.save()?;
            self.work.paint(rect.area(), canvas.size())?;
            let longest = rect.width().max(rect.height());
            if longest > TILE_EDGE {
                return Err(WireError::meaningless("tile edge", u64::from(longest)).into());
            }
            let tile = PackedTile::pack(canvas, rect, &mut self.packer);
            self.tiles.save(read_slot(reader)?, tile)?;
        }
        Ok(())
    }

    fn recall<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        self.read_rects(reader, target.canvas)?;
        for rect in &self.rects {
            let tile = self.tiles.tile(read_slot(reader)?);
            let tile =
                tile.filter(|tile| tile.size() == rect.size())
                    .ok_or(CodecError::Undefined(
                        "a tile never saved, or of another size",
                    ))?;
            for (y, from_top) in (rect.top..rect.bottom).zip(0..) {
                target.row(rect, y, &mut self.row, |row| {
                    tile.unpack_row(from_top, row);
                });
            }
        }
        Ok(())
    }

    fn video<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        self.work.video()?;
        read_rects(reader, &target.canvas.bounds(), &mut self.rects)?;
        let [area] = self.rects[..] else {
            return Err(WireError::meaningless("video rectangles", self.rects.len() as u64).into());
        };
        self.read_rects(reader, target.canvas)?;
        if !self.rects.iter().all(|shown| area.contains(shown)) {
            return Err(CodecError::OutsideScreen);
        }
        let access_unit = reader.bytes("access unit", MAX_FRAME_BYTES)?;
        self.video.paint(access_unit, area, &self.rects, target)
    }

    fn full_colour<M: PixelMemory>(
        &mut self,
        reader: &mut Reader<'_>,
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        let byte = reader.u8()?;
        let unknown = WireError::meaningless("predictor", byte.into());
        let predictor = Predictor::from_byte(byte).ok_or(unknown)?;
        self.read_rects(reader, target.canvas)?;
        for rect in &self.rects {
            let width = rect.width() as usize;
            let residuals = reader.take(3 * width * rect.height() as usize)?;
            self.above.clear();
            self.above.resize(width, 0);
            for (y, residuals) in (rect.top..).zip(residuals.chunks_exact(3 * width)) {
                self.row.resize(width, 0);
                rebuild(predictor, &self.above, residuals, &mut self.row[..width]);
                target.copy_row(rect, y, &self.row[..width]);
                std::mem::swap(&mut self.row, &mut self.above);
            }
        }
        Ok(())
    }
}

/// The union of `rects` if that takes no more than `limit` rectangles.
fn region_within(rects: &[Rect], limit: usize) -> Result<Region, CodecError> {
    Region::from_rects_within(rects.iter().copied(), limit).ok_or(CodecError::TooScattered(limit))
}
