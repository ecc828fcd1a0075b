//! Tiles that the viewer keeps because they may come back: which to save, and where to recall them.
//!
//! Only what was expensive to send is worth the viewer's memory, and only once it stands still:
//! saving costs the viewer time that nobody waits for then. The screen is cut by a fixed grid, so
//! what comes back in the same place is found: the page behind a menu or a dialogue, the other tab.
//! (What comes back elsewhere was scrolled or moved, which is a copy.) Two pictures are the same
//! only if all their pixels are: this end keeps the tiles as well.

mod grid;
mod store;

use core::time::Duration;

use hackstream_codec::Canvas;
use hackstream_codec::tile_cache::{PackedTile, TilePacker};
use hackstream_codec::write;
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::limits::MAX_RECTS;
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::Timestamp;

use crate::video::activity::Activity;
use grid::{Block, Grid, Touched};
use store::Store;

/// A place that has been still for this long is worth saving.
const CALM: Duration = Duration::from_millis(400);

/// Bytes of a frame's body that a block must have taken to be worth a tile.
const WORTH_SAVING: u32 = 1024;

/// Smallest update that is looked for among the tiles: below it the pixels cost less.
const WORTH_SEEKING: u64 = 64 * 64;

/// Tiles saved by one frame, at most: the viewer does nothing else meanwhile.
const SAVED_AT_ONCE: usize = 32;

/// What the viewer keeps, and what the blocks of the screen have cost.
pub(crate) struct Recall {
    /// Whether the viewer keeps tiles at all.
    is_offered: bool,
    store: Store,
    grid: Grid,
    packer: TilePacker,
    last_save: FrameId,
}

/// Rectangles that show tiles again.
#[derive(Debug, Default)]
pub(crate) struct Recalled {
    pub(crate) rects: Vec<Rect>,
    pub(crate) slots: Vec<u16>,
    /// The frame that saved the last of them.
    pub(crate) after: FrameId,
}

impl Recall {
    /// For a viewer that keeps `limit` bytes of tiles.
    pub(crate) fn new(limit: usize, size: Size) -> Self {
        Self {
            is_offered: limit > 0,
            store: Store::new(limit),
            grid: Grid::new(size),
            packer: TilePacker::default(),
            last_save: FrameId(0),
        }
    }

    /// The screen has another size now. What was saved stays.
    pub(crate) fn resize(&mut self, size: Size) {
        self.grid = Grid::new(size);
    }

    /// Notes that `rect`, part of a block, took so many bytes of a frame's body.
    pub(crate) fn spent(&mut self, rect: &Rect, bytes: u32) {
        if !self.is_offered {
            return;
        }
        for index in self.grid.indices(rect) {
            let block = &mut self.grid.blocks[index];
            block.spent = block.spent.saturating_add(bytes);
            block.is_rich |= block.spent >= WORTH_SAVING;
        }
    }

    /// Notes that pixels were copied to `targets` from where they are `offset` before: what was
    /// expensive is elsewhere now.
    pub(crate) fn copied(&mut self, targets: &Region, offset: Offset) {
        let bounds = self.grid.bounds();
        let mut enriched = Vec::new();
        for rect in targets.rects() {
            for index in self.grid.indices(rect) {
                let block = self.grid.rect(index).intersection(rect);
                let source = block.translated(offset.reversed()).intersection(&bounds);
                let mut sources = self.grid.indices(&source);
                if sources.any(|source| self.grid.blocks[source].is_rich) {
                    enriched.push(index);
                }
            }
        }
        for index in enriched {
            let block = &mut self.grid.blocks[index];
            (block.is_rich, block.spent) = (true, WORTH_SAVING);
        }
    }

    /// When the first block will have been still for long enough to be saved.
    pub(crate) fn due_at(&self, activity: &Activity, lossy: &Region) -> Option<Timestamp> {
        self.candidates(activity, lossy).map(|(_, at)| at).min()
    }

    fn candidates<'a>(
        &'a self,
        activity: &'a Activity,
        lossy: &'a Region,
    ) -> impl Iterator<Item = (usize, Timestamp)> + 'a {
        let worthy = |(_, block): &(usize, &Block)| block.spent >= WORTH_SAVING;
        let blocks = self.grid.blocks.iter().enumerate().filter(worthy);
        blocks.filter_map(|(index, _)| {
            let rect = self.grid.rect(index);
            let at = activity.last_change(&rect).after(CALM);
            (!lossy.intersects_rect(&rect)).then_some((index, at))
        })
    }

    /// Appends a section that saves some of the blocks of `shadow` that have been still for long
    /// enough. Returns what it reads, and the frame that it must wait for.
    pub(crate) fn write_saves(
        &mut self,
        shadow: &Canvas,
        (activity, lossy): (&Activity, &Region),
        (frame, now): (FrameId, Timestamp),
        body: &mut Vec<u8>,
    ) -> (Region, FrameId) {
        let still = self.candidates(activity, lossy);
        let still = still.filter(|(_, at)| *at <= now).map(|(index, _)| index);
        let still: Vec<usize> = still.take(SAVED_AT_ONCE).collect();
        let mut after = self.last_save;
        let (mut forgotten, mut rects, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for index in still {
            let rect = self.grid.rect(index);
            self.grid.blocks[index].spent = 0;
            if self.store.knows(shadow, &rect) {
                continue;
            }
            let tile = PackedTile::pack(shadow, &rect, &mut self.packer);
            if tile.has_two_colours() {
                self.grid.blocks[index].is_rich = false;
                continue;
            }
            let Some(slot) = self
                .store
                .make_room(&tile, frame, &mut forgotten, &mut after)
            else {
                continue;
            };
            self.store.put(slot, tile, shadow, &rect, frame);
            rects.push(rect);
            slots.push(slot);
        }
        if rects.is_empty() && forgotten.is_empty() {
            return (Region::new(), FrameId(0));
        }
        write::save(body, &forgotten, &rects, &slots);
        self.last_save = frame;
        (rects.into_iter().collect(), after)
    }

    /// Finds blocks of the screen that changes in `pending` concern and that show a tile that the
    /// viewer keeps and does not show yet; brings `shadow` up to date with them.
    pub(crate) fn seek(
        &mut self,
        source: &mut dyn PixelSource,
        pending: &Region,
        shadow: &mut Canvas,
        frame: FrameId,
    ) -> Result<Recalled, SourceError> {
        let mut found = Recalled::default();
        if self.store.is_empty() || pending.area() < WORTH_SEEKING {
            return Ok(found);
        }
        let blocks = self.grid.touched_by(pending);
        let cut = blocks.iter().filter(|block| !block.is_whole);
        let beyond: Region = cut.map(|block| block.rect).collect();
        source.fetch(&beyond.difference(pending))?;
        for Touched { rect, .. } in blocks {
            if found.rects.len() == MAX_RECTS {
                break;
            }
            let Some(slot) = self.store.tile_shown(&*source, &rect, shadow) else {
                continue;
            };
            let saved_in = self.store.recall(slot, &rect, shadow, frame);
            found.after = found.after.max(saved_in);
            found.rects.push(rect);
            found.slots.push(slot);
        }
        Ok(found)
    }
}
