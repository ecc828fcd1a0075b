//! The blocks of the screen, and what each has cost.

use hackstream_codec::tile_cache::TILE_EDGE;
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;

/// A block of which less than one part in so many changed is not worth looking for elsewhere.
const LITTLE: u64 = 8;

/// Blocks of the screen, row by row.
pub(super) struct Grid {
    size: Size,
    columns: usize,
    pub(super) blocks: Vec<Block>,
}

/// What a block has cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    /// Bytes that its expensive pixels have taken since it was last saved.
    pub(super) spent: u32,
    /// Whether there are such pixels in it at all.
    pub(super) is_rich: bool,
}

/// A block that a region touches.
pub(super) struct Touched {
    pub(super) rect: Rect,
    /// Whether all of it is part of the region.
    pub(super) is_whole: bool,
}

impl Grid {
    /// Blocks that have cost nothing.
    pub(super) fn new(size: Size) -> Self {
        let columns = size.width.div_ceil(TILE_EDGE) as usize;
        let rows = size.height.div_ceil(TILE_EDGE) as usize;
        Self {
            size,
            columns,
            blocks: vec![Block::default(); columns * rows],
        }
    }

    /// The rectangle of the screen.
    pub(super) const fn bounds(&self) -> Rect {
        Rect::of_size(self.size)
    }

    /// The pixels of a block.
    pub(super) fn rect(&self, index: usize) -> Rect {
        let edge = TILE_EDGE as i32;
        let (row, column) = ((index / self.columns) as i32, (index % self.columns) as i32);
        let whole: Rect = Rect::new(column * edge, row * edge, TILE_EDGE, TILE_EDGE);
        whole.intersection(&self.bounds())
    }

    /// The blocks that `rect` touches.
    pub(super) fn indices(&self, rect: &Rect) -> impl Iterator<Item = usize> + use<> {
        let (columns, edge) = (self.columns, TILE_EDGE as i32);
        let rect = rect.intersection(&self.bounds());
        let first = (rect.left / edge, rect.top / edge);
        let end = match rect.is_empty() {
            true => first,
            false => ((rect.right - 1) / edge + 1, (rect.bottom - 1) / edge + 1),
        };
        (first.1..end.1)
            .flat_map(move |row| (first.0..end.0).map(move |column| (row, column)))
            .map(move |(row, column)| row as usize * columns + column as usize)
    }

    /// The blocks of which more than a little is part of `region`.
    pub(super) fn touched_by(&self, region: &Region) -> Vec<Touched> {
        let mut areas = vec![0u64; self.blocks.len()];
        for rect in region.rects() {
            for index in self.indices(rect) {
                areas[index] += self.rect(index).intersection(rect).area();
            }
        }
        let blocks = areas.into_iter().enumerate().filter(|(_, area)| *area > 0);
        let touched = blocks.map(|(index, area)| (self.rect(index), area));
        touched
            .filter(|(rect, area)| area * LITTLE >= rect.area())
            .map(|(rect, area)| Touched {
                rect,
                is_whole: area == rect.area(),
            })
            .collect()
    }
}
