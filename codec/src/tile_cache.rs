//! Pieces of the picture that may come back: what was behind a menu, the page of another tab.
//!
//! Both ends keep the same tiles. The sender decides which piece of the picture goes into which
//! slot and what is forgotten for it, so the receiver needs no policy and no hash; it only holds
//! the sender to the memory that it announced. (RDP's bitmap cache and SPICE's image cache are
//! older relatives.)
//!
//! ```text
//! SAVE   = forgotten rects slots      forgotten = count, slots
//! RECALL = rects slots
//! ```
//! There is one slot for each rectangle. A tile takes [`PackedTile::bytes`] of the cache, which
//! both ends compute from its pixels alone.

use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::{Reader, Writer};

use crate::CodecError;
use crate::canvas::{Canvas, PixelMemory};
use crate::palette::Palette;

/// Slots for tiles.
pub const TILE_SLOTS: usize = 4096;

/// Longest edge of a tile in pixels.
pub const TILE_EDGE: u32 = 64;

/// Bytes charged for each tile beside its colours and pixels.
const OVERHEAD: usize = 96;

/// Bytes of a colour, and of a pixel that has no table.
const COLOUR_BYTES: usize = 3;

/// The pixels of a tile, packed: up to 256 colours take 1, 2, 4 or 8 bits each and a table, more
/// take 24 bits. Cheap to pack and to unpack on a slow machine, and four times smaller at least
/// than the picture where there is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedTile {
    size: Size,
    /// Empty if the pixels have no table.
    colours: Box<[u32]>,
    /// Rows, each padded to a byte, the leftmost pixel in the lowest bits.
    pixels: Box<[u8]>,
}

impl PackedTile {
    /// Packs the pixels of `rect`, whose edges are at most [`TILE_EDGE`].
    ///
    /// # Panics
    /// If the rectangle is not in the canvas.
    #[must_use]
    pub fn pack<M: PixelMemory>(canvas: &Canvas<M>, rect: &Rect, packer: &mut TilePacker) -> Self {
        let TilePacker { palette, indices } = packer;
        palette.truncate(0);
        indices.clear();
        let fits =
            (rect.top..rect.bottom).all(|y| palette.index_row(canvas.span(rect, y), indices));
        let (colours, pixels) = if fits {
            let bits = bits_per_index(palette.colours().len());
            let mut pixels = Vec::new();
            for row in indices.chunks_exact(rect.width() as usize) {
                pack_row(row, bits, &mut pixels);
            }
            (palette.colours(), pixels)
        } else {
            let mut pixels = vec![0; rect.area() as usize * COLOUR_BYTES];
            let rows = pixels.chunks_exact_mut(rect.width() as usize * COLOUR_BYTES);
            for (row, y) in rows.zip(rect.top..) {
                let colours = canvas.span(rect, y).iter();
                for (bytes, colour) in row.chunks_exact_mut(COLOUR_BYTES).zip(colours) {
                    bytes.copy_from_slice(&colour.to_le_bytes()[..COLOUR_BYTES]);
                }
            }
            (&[][..], pixels)
        };
        Self {
            size: rect.size(),
            colours: colours.into(),
            pixels: pixels.into(),
        }
    }

    /// Width and height.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// What the tile takes of the cache.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        OVERHEAD + size_of::<u32>() * self.colours.len() + self.pixels.len()
    }

    /// Whether a bit for each pixel suffices.
    #[must_use]
    pub const fn has_two_colours(&self) -> bool {
        matches!(self.colours.len(), 1..=2)
    }

    /// Unpacks row `y`, counted from the top of the tile.
    ///
    /// # Panics
    /// If there is no such row, or `row` is not as wide as the tile.
    pub fn unpack_row(&self, y: u32, row: &mut [u32]) {
        let stride = self.pixels.len() / self.size.height as usize;
        let bytes = &self.pixels[y as usize * stride..][..stride];
        if self.colours.is_empty() {
            for (pixel, bytes) in row.iter_mut().zip(bytes.chunks_exact(COLOUR_BYTES)) {
                *pixel = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
            }
            return;
        }
        match bits_per_index(self.colours.len()) {
            1 => unpack_indices::<1>(bytes, &self.colours, row),
            2 => unpack_indices::<2>(bytes, &self.colours, row),
            4 => unpack_indices::<4>(bytes, &self.colours, row),
            _ => {
                for (pixel, &index) in row.iter_mut().zip(bytes) {
                    *pixel = self.colours[usize::from(index)];
                }
            }
        }
    }
}

/// Unpacks indices of `BITS` bits, 1, 2 or 4, of a table that is not longer than they can tell.
fn unpack_indices<const BITS: usize>(bytes: &[u8], colours: &[u32], row: &mut [u32]) {
    // As long as any index can tell, so that none needs a check.
    let mut table = [0; 16];
    table[..colours.len()].copy_from_slice(colours);
    let colour = |byte: u8, place: usize| {
        let index = usize::from(byte) >> (place * BITS) & ((1 << BITS) - 1);
        table[index % table.len()]
    };
    let mut whole = row.chunks_exact_mut(8 / BITS);
    for (pixels, &byte) in whole.by_ref().zip(bytes) {
        for (place, pixel) in pixels.iter_mut().enumerate() {
            *pixel = colour(byte, place);
        }
    }
    if let Some(&byte) = bytes.last() {
        for (place, pixel) in whole.into_remainder().iter_mut().enumerate() {
            *pixel = colour(byte, place);
        }
    }
}

/// The bits of an index into a table of so many colours.
const fn bits_per_index(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

/// Appends the indices of a row, several to a byte, the first in the lowest bits.
fn pack_row(row: &[u8], bits: usize, out: &mut Vec<u8>) {
    if bits == 8 {
        out.extend_from_slice(row);
        return;
    }
    out.extend(row.chunks(8 / bits).map(|indices| {
        let last_first = indices.iter().rev();
        last_first.fold(0, |byte, index| byte << bits | index)
    }));
}

/// The buffers for packing tiles.
#[derive(Debug, Default)]
pub struct TilePacker {
    palette: Palette,
    indices: Vec<u8>,
}

/// The tiles that one end keeps.
#[derive(Debug)]
pub struct TileCache {
    slots: Vec<Option<PackedTile>>,
    bytes: usize,
    limit: usize,
}

impl TileCache {
    /// An empty cache of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            slots: Vec::new(),
            bytes: 0,
            limit,
        }
    }

    /// Whether `bytes` more fit.
    #[must_use]
    pub const fn has_room_for(&self, bytes: usize) -> bool {
        self.bytes + bytes <= self.limit
    }

    /// The tile in a slot.
    #[must_use]
    pub fn tile(&self, slot: u16) -> Option<&PackedTile> {
        self.slots.get(usize::from(slot))?.as_ref()
    }

    /// Empties a slot.
    pub fn forget(&mut self, slot: u16) {
        if let Some(tile) = self.slots.get_mut(usize::from(slot)).and_then(Option::take) {
            self.bytes -= tile.bytes();
        }
    }

    /// Puts a tile into a slot, in place of the one in it.
    ///
    /// # Errors
    /// [`CodecError::NotOffered`] if there is no such slot or no room for the tile.
    pub fn save(&mut self, slot: u16, tile: PackedTile) -> Result<(), CodecError> {
        self.forget(slot);
        let slot = usize::from(slot);
        if slot >= TILE_SLOTS || !self.has_room_for(tile.bytes()) {
            return Err(CodecError::NotOffered("room for another tile"));
        }
        self.bytes += tile.bytes();
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, None);
        }
        self.slots[slot] = Some(tile);
        Ok(())
    }
}

/// Appends a list of slots, without its length.
pub(crate) fn write_slots(out: &mut Vec<u8>, slots: &[u16]) {
    for &slot in slots {
        out.put_varint(u64::from(slot));
    }
}

/// Reads the number of a slot.
///
/// # Errors
/// [`WireError`] if there is no such slot.
pub(crate) fn read_slot(reader: &mut Reader<'_>) -> Result<u16, WireError> {
    Ok(reader.length("tile slot", TILE_SLOTS - 1)? as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tile_of(colours: u32, width: u32, height: u32) -> (Canvas, PackedTile) {
        let mut canvas = Canvas::new(Size::new(70, 70));
        for (i, pixel) in canvas.pixels_mut().iter_mut().enumerate() {
            *pixel = (i as u32).wrapping_mul(2_654_435_761) % colours * 0x0d07;
        }
        let rect = Rect::new(3, 5, width, height);
        let packed = PackedTile::pack(&canvas, &rect, &mut TilePacker::default());
        (canvas, packed)
    }

    proptest! {
        #[test]
        fn tiles_are_unpacked_as_they_were(
            colours in prop_oneof![1u32..6, 14u32..19, 250u32..260, Just(5000)],
            width in 1u32..=64, height in 1u32..=64,
        ) {
            let (canvas, packed) = tile_of(colours, width, height);
            let rect = Rect::new(3, 5, width, height);
            let mut row = vec![0; width as usize];
            for (y, from_top) in (rect.top..rect.bottom).zip(0..) {
                packed.unpack_row(from_top, &mut row);
                prop_assert_eq!(&row[..], canvas.span(&rect, y));
            }
        }
    }

    #[test]
    fn a_full_cache_refuses_and_forgetting_makes_room() {
        let (_, tile) = tile_of(2, 64, 64);
        assert_eq!(tile.bytes(), 96 + 8 + 512);
        let mut cache = TileCache::new(2 * tile.bytes());
        assert!(cache.save(7, tile.clone()).is_ok());
        assert!(cache.save(0, tile.clone()).is_ok());
        assert!(cache.save(7, tile.clone()).is_ok(), "in place of itself");
        assert!(cache.save(1, tile.clone()).is_err());
        cache.forget(7);
        cache.forget(7);
        assert!(cache.save(1, tile).is_ok());
        assert!(cache.tile(7).is_none() && cache.tile(1).is_some());
    }
}
