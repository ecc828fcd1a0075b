//! What the viewer keeps: a copy of its cache, and where to find a picture in it.

use std::hash::Hasher;

use hackstream_codec::Canvas;
use hackstream_codec::tile_cache::{PackedTile, TILE_SLOTS, TileCache};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::source::PixelSource;
use rustc_hash::{FxHashMap, FxHasher};

/// Rows of a block that its signature is made of.
const SIGNATURE_ROWS: usize = 4;

/// The tiles that the viewer keeps.
pub(super) struct Store {
    tiles: TileCache,
    slots: Vec<Slot>,
    by_content: FxHashMap<u64, u16>,
    /// How many tiles have each signature.
    signatures: FxHashMap<u64, u32>,
    uses: u64,
    /// Buffers for a row of the screen and one of a tile.
    rows: [Vec<u32>; 2],
}

/// What is known about the tile in a slot.
#[derive(Clone, Copy, Debug)]
struct Slot {
    content: u64,
    signature: u64,
    saved_in: FrameId,
    recalled_in: FrameId,
    last_use: u64,
    is_empty: bool,
}

impl Store {
    /// At most `limit` bytes of tiles.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            tiles: TileCache::new(limit),
            slots: Vec::new(),
            by_content: FxHashMap::default(),
            signatures: FxHashMap::default(),
            uses: 0,
            rows: [Vec::new(), Vec::new()],
        }
    }

    /// Whether there are no tiles.
    pub(super) fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// The slot of the tile that `source` shows at `rect`, unless `shadow` seems to look the same
    /// already.
    pub(super) fn tile_shown(
        &mut self,
        source: &dyn PixelSource,
        rect: &Rect,
        shadow: &Canvas,
    ) -> Option<u16> {
        let [mut row, kept] = core::mem::take(&mut self.rows);
        row.resize(rect.width() as usize, 0);
        let slot = self
            .content_shown(source, rect, shadow, &mut row)
            .and_then(|content| self.slot_with(content, rect.size()));
        self.rows = [row, kept];
        slot.filter(|&slot| {
            self.is_same(slot, rect, |y, row| {
                source.read_row(Point::new(rect.left, y), row)
            })
        })
    }

    /// The hash of what `source` shows at `rect`, if a tile may look like that and `shadow` does
    /// not.
    fn content_shown(
        &self,
        source: &dyn PixelSource,
        rect: &Rect,
        shadow: &Canvas,
        row: &mut [u32],
    ) -> Option<u64> {
        let mut signature = FxHasher::default();
        let mut differs = false;
        for y in signature_rows(rect) {
            source.read_row(Point::new(rect.left, y), row);
            differs |= shadow.span(rect, y) != row;
            hash_row(&mut signature, row);
        }
        if !differs || !self.signatures.contains_key(&signature.finish()) {
            return None;
        }
        let mut content = FxHasher::default();
        for y in rect.top..rect.bottom {
            source.read_row(Point::new(rect.left, y), row);
            hash_row(&mut content, row);
        }
        Some(content.finish())
    }

    /// Whether there is a tile of what `canvas` shows at `rect`; then it counts as used.
    pub(super) fn knows(&mut self, canvas: &Canvas, rect: &Rect) -> bool {
        let slot = self.slot_with(content_hash(canvas, rect), rect.size());
        slot.is_some_and(|slot| {
            self.is_same(slot, rect, |y, row| {
                row.copy_from_slice(canvas.span(rect, y))
            })
        })
    }

    fn slot_with(&mut self, content: u64, size: Size) -> Option<u16> {
        let slot = *self.by_content.get(&content)?;
        self.uses += 1;
        self.slots[usize::from(slot)].last_use = self.uses;
        (self.tiles.tile(slot)?.size() == size).then_some(slot)
    }

    /// Whether the tile in a slot has the pixels that `read` gives for each row of `rect`.
    fn is_same(&mut self, slot: u16, rect: &Rect, read: impl Fn(i32, &mut [u32])) -> bool {
        let Some(tile) = self.tiles.tile(slot) else {
            return false;
        };
        let [row, kept] = &mut self.rows;
        row.resize(rect.width() as usize, 0);
        kept.resize(rect.width() as usize, 0);
        (rect.top..rect.bottom).zip(0..).all(|(y, from_top)| {
            read(y, row);
            tile.unpack_row(from_top, kept);
            row == kept
        })
    }

    /// Paints the tile in a slot at `rect`, because `frame` has the viewer do the same. Returns the
    /// frame that saved it.
    pub(super) fn recall(
        &mut self,
        slot: u16,
        rect: &Rect,
        canvas: &mut Canvas,
        frame: FrameId,
    ) -> FrameId {
        if let Some(tile) = self.tiles.tile(slot) {
            for (y, from_top) in (rect.top..rect.bottom).zip(0..) {
                tile.unpack_row(from_top, canvas.span_mut(rect, y));
            }
        }
        let known = &mut self.slots[usize::from(slot)];
        known.recalled_in = frame;
        known.saved_in
    }

    /// A free slot and enough room for a tile, by forgetting those not used for longest. `None`
    /// if that does not suffice.
    pub(super) fn make_room(
        &mut self,
        tile: &PackedTile,
        frame: FrameId,
        forgotten: &mut Vec<u16>,
        after: &mut FrameId,
    ) -> Option<u16> {
        loop {
            let free = self.slots.iter().position(|slot| slot.is_empty);
            let free = free.or((self.slots.len() < TILE_SLOTS).then_some(self.slots.len()));
            if let Some(slot) = free.filter(|_| self.tiles.has_room_for(tile.bytes())) {
                return Some(slot as u16);
            }
            let kept = self.slots.iter().enumerate();
            // What this very section saves must not be forgotten by it.
            let old = kept.filter(|(_, slot)| !slot.is_empty && slot.saved_in != frame);
            let (oldest, slot) = old.min_by_key(|(_, slot)| slot.last_use)?;
            *after = (*after).max(slot.recalled_in);
            self.forget(oldest as u16);
            forgotten.push(oldest as u16);
        }
    }

    fn forget(&mut self, slot: u16) {
        let known = &mut self.slots[usize::from(slot)];
        known.is_empty = true;
        let (content, signature) = (known.content, known.signature);
        if self.by_content.get(&content) == Some(&slot) {
            self.by_content.remove(&content);
        }
        if let Some(count) = self.signatures.get_mut(&signature) {
            *count -= 1;
            if *count == 0 {
                self.signatures.remove(&signature);
            }
        }
        self.tiles.forget(slot);
    }

    /// Puts the tile of what `canvas` shows at `rect` into a slot that
    /// [was made free](Self::make_room) for it.
    pub(super) fn put(
        &mut self,
        slot: u16,
        tile: PackedTile,
        canvas: &Canvas,
        rect: &Rect,
        frame: FrameId,
    ) {
        let mut signature = FxHasher::default();
        signature_rows(rect).for_each(|y| hash_row(&mut signature, canvas.span(rect, y)));
        self.uses += 1;
        let known = Slot {
            content: content_hash(canvas, rect),
            signature: signature.finish(),
            saved_in: frame,
            recalled_in: FrameId(0),
            last_use: self.uses,
            is_empty: false,
        };
        // There is room for it: see `make_room`.
        if self.tiles.save(slot, tile).is_err() {
            return;
        }
        match self.slots.get_mut(usize::from(slot)) {
            Some(old) => *old = known,
            None => self.slots.push(known),
        }
        self.by_content.insert(known.content, slot);
        *self.signatures.entry(known.signature).or_default() += 1;
    }
}

/// Rows of a block spread evenly.
fn signature_rows(rect: &Rect) -> impl Iterator<Item = i32> + use<> {
    let step = (rect.height() as usize / SIGNATURE_ROWS).max(1);
    (rect.top..rect.bottom).skip(step / 2).step_by(step)
}

fn content_hash(canvas: &Canvas, rect: &Rect) -> u64 {
    let mut hasher = FxHasher::default();
    (rect.top..rect.bottom).for_each(|y| hash_row(&mut hasher, canvas.span(rect, y)));
    hasher.finish()
}

fn hash_row(hasher: &mut FxHasher, row: &[u32]) {
    let mut pairs = row.chunks_exact(2);
    for pair in &mut pairs {
        hasher.write_u64(u64::from(pair[0]) << 32 | u64::from(pair[1]));
    }
    pairs
        .remainder()
        .iter()
        .for_each(|&pixel| hasher.write_u32(pixel));
}
