//! Where on the screen the video is: in the largest group of blocks that change all the time.

use hackstream_protocol::geometry::Rect;
use hackstream_protocol::units::Timestamp;

use super::activity::{Activity, BLOCK};

/// Share of its bounding box that video must fill, in percent; scattered changes are no video.
const FILLED_PERCENT: u64 = 40;

/// The same for one that runs: what rests in it is not painted.
const FILLED_PERCENT_TO_GO_ON: u64 = 10;

/// Smallest video in hot blocks: below 128 x 128 pixels lossless tiles are cheap enough.
const FEWEST_BLOCKS: usize = 4;

/// Things that move before a still background leave gaps of as many blocks.
const GAP: i32 = 1;

/// What a block's changes make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Warmth {
    Still,
    /// It may be part of a video: things pass by.
    Warm,
    /// It is video by itself.
    Hot,
}

/// Blocks near each other that are not still.
struct Group {
    /// The blocks' own bounds.
    bounds: Rect,
    /// The pixels that changed.
    extent: Rect,
    blocks: usize,
    hot: usize,
}

impl Activity {
    /// The rectangle that is video now, given the one that was: where most of the motion is, if it
    /// is in one place.
    #[must_use]
    pub(crate) fn video(&self, running: Option<Rect>, now: Timestamp) -> Option<Rect> {
        let warmths = (0..self.blocks.len()).map(|index| self.warmth(index, running, now));
        let hot = warmths.clone().filter(|one| *one == Warmth::Hot).count();
        if hot < FEWEST_BLOCKS {
            return None;
        }
        let mut warmth: Vec<Warmth> = warmths.collect();
        let mut found: Option<Rect> = None;
        for start in 0..warmth.len() {
            if warmth[start] == Warmth::Hot {
                let group = self.take_group(start, &mut warmth);
                let goes_on = running.is_some_and(|video| video.intersects(&group.bounds));
                let share = if goes_on {
                    FILLED_PERCENT_TO_GO_ON
                } else {
                    FILLED_PERCENT
                };
                let is_most = group.hot >= FEWEST_BLOCKS && 2 * group.hot >= hot;
                if is_most && group.fills(share) {
                    found = found.or(Some(group.extent));
                }
            }
        }
        found
    }

    /// The blocks around `start`; they are still afterwards.
    fn take_group(&self, start: usize, warmth: &mut [Warmth]) -> Group {
        let nothing = Rect::from_edges(0, 0, 0, 0);
        let mut group = Group {
            bounds: nothing,
            extent: nothing,
            blocks: 0,
            hot: 0,
        };
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            let own = core::mem::replace(&mut warmth[index], Warmth::Still);
            if own == Warmth::Still {
                continue;
            }
            group.blocks += 1;
            group.hot += usize::from(own == Warmth::Hot);
            group.bounds = group.bounds.bounding(&self.block_rect(index));
            group.extent = group.extent.bounding(&self.blocks[index].extent);
            let near = self.indices(&around(&self.block_rect(index)));
            open.extend(near.filter(|near| warmth[*near] != Warmth::Still));
        }
        group
    }
}

impl Group {
    /// Whether it fills that share of its bounds.
    const fn fills(&self, percent: u64) -> bool {
        let all = self.bounds.area() / (BLOCK * BLOCK) as u64;
        self.blocks as u64 * 100 >= all * percent
    }
}

/// All that a gap may lie between.
fn around(block: &Rect) -> Rect {
    let reach = GAP * BLOCK + 1;
    Rect::from_edges(
        block.left - reach,
        block.top - reach,
        block.right + reach,
        block.bottom + reach,
    )
}
