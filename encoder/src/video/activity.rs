//! How often each part of the screen changes, and where that amounts to video.
//!
//! Text that is typed or scrolled changes a few times a second at most, in few colours; video
//! changes many colours many times a second for a while. Only then is H.264 worth its blur, its
//! constant cost per frame and its decoder.

use core::time::Duration;

use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::units::Timestamp;

use super::place::Warmth;

/// Edge of the blocks that activity is kept for, in pixels.
pub(super) const BLOCK: i32 = 64;

/// Time over which activity fades to a third.
const FADING: Duration = Duration::from_millis(500);

/// Faded changes at which a block counts as video, if its content is colourful: about ten changes
/// a second for half a second.
const HOT: f32 = 4.0;

/// Faded changes below which a block counts as still.
const COLD: f32 = 1.0;

/// How long a change stays part of the video's extent, at least; at most it is twice that.
const EXTENT_MEMORY: Duration = Duration::from_millis(400);

/// Damage within this time of earlier damage belongs to the same drawing.
const DRAWING: Duration = Duration::from_millis(8);

/// Drawings between two looks that count, at most.
const MOST_DRAWINGS: u8 = 8;

#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    heat: f32,
    /// Drawings since the block was last looked at, and when the last one began. On a thin link
    /// looks are rarer than drawings, but video is what is drawn often.
    drawings: u8,
    drawn_at: Timestamp,
    changed_at: Timestamp,
    /// When pixels were moved to it.
    moved_at: Timestamp,
    /// Pixels that changed lately: since `extent_from`, and within one [`EXTENT_MEMORY`] before.
    pub(super) extent: Rect,
    /// Those that changed since `extent_from`. What came after a rest is not among them: it may be
    /// the page that a video is on.
    latest: Rect,
    extent_from: Timestamp,
    colourful_at: Option<Timestamp>,
}

/// The changes of one viewer's screen.
#[derive(Debug)]
pub(crate) struct Activity {
    columns: usize,
    pub(super) blocks: Vec<Block>,
}

impl Block {
    /// Notes that `part` changed, `age` after the change before.
    fn extend(&mut self, part: &Rect, age: Duration, now: Timestamp) {
        if age > EXTENT_MEMORY {
            self.extent = *part;
            self.latest = Rect::from_edges(0, 0, 0, 0);
            self.extent_from = now;
            return;
        }
        if now.since(self.extent_from) > EXTENT_MEMORY {
            self.extent = self.latest;
            self.latest = Rect::from_edges(0, 0, 0, 0);
            self.extent_from = now;
        }
        self.extent = self.extent.bounding(part);
        self.latest = self.latest.bounding(part);
    }
}

impl Activity {
    /// A screen on which nothing has changed.
    #[must_use]
    pub(crate) fn new(size: Size) -> Self {
        let columns = size.width.div_ceil(BLOCK as u32) as usize;
        let rows = size.height.div_ceil(BLOCK as u32) as usize;
        let still = Block {
            heat: 0.0,
            drawings: 0,
            drawn_at: Timestamp(0),
            changed_at: Timestamp(0),
            moved_at: Timestamp(0),
            extent: Rect::from_edges(0, 0, 0, 0),
            latest: Rect::from_edges(0, 0, 0, 0),
            extent_from: Timestamp(0),
            colourful_at: None,
        };
        Self {
            columns,
            blocks: vec![still; columns * rows],
        }
    }

    /// Notes that something was drawn in `region`, whether it changes anything or not.
    pub(crate) fn drawn(&mut self, region: &Region, now: Timestamp) {
        for rect in region.rects() {
            self.for_each_block(rect, |block, _| {
                if block.drawings == 0 || now.since(block.drawn_at) > DRAWING {
                    block.drawings = MOST_DRAWINGS.min(block.drawings + 1);
                    block.drawn_at = now;
                }
            });
        }
    }

    /// Notes that `region` was looked at; what [changed](Self::changed) there was told before.
    pub(crate) fn looked_at(&mut self, region: &Region) {
        for rect in region.rects() {
            self.for_each_block(rect, |block, _| block.drawings = 0);
        }
    }

    /// Notes that `rect` changed, with each drawing since the last look. Several changes at the same
    /// time count once.
    pub(crate) fn changed(&mut self, rect: &Rect, now: Timestamp) {
        self.for_each_block(rect, |block, part| {
            let age = now.since(block.changed_at);
            if now != block.changed_at || block.heat == 0.0 {
                block.heat = faded(block.heat, age) + f32::from(block.drawings.max(1));
            }
            block.extend(&part, age, now);
            block.changed_at = now;
        });
    }

    /// Notes that pixels were moved to `region` from elsewhere on the screen: that is no video, but
    /// not still either.
    pub(crate) fn moved(&mut self, region: &Region, now: Timestamp) {
        for rect in region.rects() {
            self.for_each_block(rect, |block, _| block.moved_at = now);
        }
    }

    /// Notes that `rect` has so many colours that coding it without loss is expensive.
    pub(crate) fn colourful(&mut self, rect: &Rect, now: Timestamp) {
        self.for_each_block(rect, |block, _| block.colourful_at = Some(now));
    }

    pub(super) fn warmth(&self, index: usize, running: Option<Rect>, now: Timestamp) -> Warmth {
        let block = &self.blocks[index];
        // Most blocks, and heat only fades.
        if block.heat <= COLD {
            return Warmth::Still;
        }
        let heat = faded(block.heat, now.since(block.changed_at));
        if heat <= COLD {
            return Warmth::Still;
        }
        // A running video is not looked at for its colours.
        if running.is_some_and(|video| video.intersects(&self.block_rect(index))) {
            return Warmth::Hot;
        }
        let colourful_at = block.colourful_at;
        match colourful_at.is_some_and(|at| now.since(at) < 2 * FADING) {
            true if heat > HOT => Warmth::Hot,
            true => Warmth::Warm,
            false => Warmth::Still,
        }
    }

    /// The parts of the screen that changed within the last second or so.
    #[must_use]
    pub(crate) fn lively(&self, now: Timestamp) -> Region {
        let lively = |index: &usize| {
            let block = &self.blocks[*index];
            block.heat > 0.0 && now.since(block.changed_at) < 2 * FADING
        };
        let lively = (0..self.blocks.len()).filter(lively);
        lively.map(|index| self.block_rect(index)).collect()
    }

    /// When `rect` last changed, be it that pixels were moved there.
    #[must_use]
    pub(crate) fn last_change(&self, rect: &Rect) -> Timestamp {
        let indices = self.indices(rect);
        indices
            .map(|i| self.blocks[i].changed_at.max(self.blocks[i].moved_at))
            .max()
            .unwrap_or_default()
    }

    /// When the blocks of `rect` will be still, if nothing more happens.
    #[must_use]
    pub(crate) fn still_at(&self, rect: &Rect) -> Timestamp {
        let times = self.indices(rect).map(|index| {
            let block = &self.blocks[index];
            let fades = FADING.mul_f32((block.heat / COLD).max(1.0).ln());
            block.changed_at.after(fades)
        });
        times.max().unwrap_or_default()
    }

    /// The parts of the screen that activity is kept for, within `rect`.
    pub(crate) fn blocks_in(&self, rect: &Rect) -> impl Iterator<Item = Rect> {
        let rect = *rect;
        self.indices(&rect)
            .map(move |i| self.block_rect(i).intersection(&rect))
    }

    pub(super) fn block_rect(&self, index: usize) -> Rect {
        let (row, column) = ((index / self.columns) as i32, (index % self.columns) as i32);
        Rect::new(column * BLOCK, row * BLOCK, BLOCK as u32, BLOCK as u32)
    }

    pub(super) fn indices(&self, rect: &Rect) -> impl Iterator<Item = usize> + use<> {
        let columns = self.columns;
        let rows = self.blocks.len() / columns.max(1);
        let range = |first: i32, end: i32, count: usize| {
            let first = (first.max(0) / BLOCK) as usize;
            let end = ((end.max(0) + BLOCK - 1) / BLOCK) as usize;
            first.min(count)..end.min(count)
        };
        let across = range(rect.left, rect.right, columns);
        let down = range(rect.top, rect.bottom, rows);
        down.flat_map(move |row| across.clone().map(move |column| row * columns + column))
    }

    fn for_each_block(&mut self, rect: &Rect, mut change: impl FnMut(&mut Block, Rect)) {
        for index in self.indices(rect) {
            let part = self.block_rect(index).intersection(rect);
            change(&mut self.blocks[index], part);
        }
    }
}

fn faded(heat: f32, age: Duration) -> f32 {
    heat * (-age.as_secs_f32() / FADING.as_secs_f32()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Size = Size::new(1920, 1080);

    fn at(millis: u64) -> Timestamp {
        Timestamp(1_000_000 + millis * 1000)
    }

    fn play(activity: &mut Activity, rect: &Rect, from: u64, to: u64, every: u64) {
        for time in (from..to).step_by(every as usize) {
            activity.changed(rect, at(time));
            activity.colourful(rect, at(time));
        }
    }

    #[test]
    fn half_a_second_of_colourful_motion_is_video_with_its_exact_extent() {
        let mut activity = Activity::new(SCREEN);
        let video = Rect::new(101, 53, 640, 360);
        play(&mut activity, &video, 0, 100, 33);
        assert_eq!(activity.video(None, at(100)), None);
        play(&mut activity, &video, 100, 700, 33);
        assert_eq!(activity.video(None, at(700)), Some(video));
    }

    #[test]
    fn the_page_that_appeared_before_a_video_is_soon_no_part_of_it() {
        let mut activity = Activity::new(SCREEN);
        let video = Rect::new(101, 53, 640, 360);
        activity.changed(&Rect::new(0, 0, 1000, 800), at(0));
        play(&mut activity, &video, 30, 900, 33);
        assert_eq!(activity.video(None, at(900)), Some(video));
    }

    #[test]
    fn a_running_video_goes_on_through_a_short_pause_and_ends_after_a_long_one() {
        let mut activity = Activity::new(SCREEN);
        let video = Rect::new(0, 0, 640, 360);
        play(&mut activity, &video, 0, 2000, 33);
        assert!(activity.video(Some(video), at(2300)).is_some());
        assert_eq!(activity.video(Some(video), at(4000)), None);
    }

    #[test]
    fn video_is_recognised_on_a_link_that_rarely_lets_look() {
        let mut activity = Activity::new(SCREEN);
        let video = Rect::new(101, 53, 640, 360);
        for time in (0..1000).step_by(33) {
            activity.drawn(&video.into(), at(time));
            if time % 6 == 0 {
                activity.changed(&video, at(time));
                activity.colourful(&video, at(time));
                activity.looked_at(&video.into());
            }
        }
        assert_eq!(activity.video(None, at(1000)), Some(video));
    }

    #[test]
    fn typing_and_plain_animation_are_no_video() {
        let mut activity = Activity::new(SCREEN);
        for time in (0..3000).step_by(150) {
            activity.changed(&Rect::new(0, 0, 600, 400), at(time));
            activity.colourful(&Rect::new(0, 0, 600, 400), at(time));
        }
        for time in (0..3000).step_by(16) {
            activity.changed(&Rect::new(900, 0, 300, 300), at(time));
        }
        assert_eq!(activity.video(None, at(3000)), None);
    }

    #[test]
    fn things_that_move_before_a_background_are_one_video() {
        let mut activity = Activity::new(SCREEN);
        let stage = Rect::new(320, 192, 1280, 720);
        for time in (0..3000).step_by(33) {
            for thing in 0..12 {
                // Each sweeps a band of its own from side to side and back.
                let way = (time as i32 / 2 + thing * 300) % (2 * 1140);
                let x = stage.left + way.min(2 * 1140 - way);
                let rect = Rect::new(x, stage.top + thing % 6 * 120, 140, 100);
                activity.changed(&rect, at(time));
                activity.colourful(&rect, at(time));
            }
        }
        let video = activity.video(None, at(3000)).unwrap();
        assert!(stage.contains(&video), "{video:?}");
        assert!(video.area() * 2 > stage.area(), "{video:?}");
    }

    #[test]
    fn the_larger_of_two_videos_far_from_each_other_is_taken() {
        let mut activity = Activity::new(SCREEN);
        let (small, large) = (Rect::new(0, 0, 256, 192), Rect::new(1000, 500, 640, 360));
        for rect in [small, large] {
            play(&mut activity, &rect, 0, 1000, 33);
        }
        assert_eq!(activity.video(None, at(1000)), Some(large));
    }

    #[test]
    fn text_typed_below_a_video_is_not_part_of_it() {
        let mut activity = Activity::new(SCREEN);
        let video = Rect::new(0, 0, 640, 384);
        for time in (0..2000).step_by(33) {
            activity.changed(&video, at(time));
            activity.colourful(&video, at(time));
            activity.changed(&Rect::new(0, 390, 200, 16), at(time));
        }
        assert_eq!(activity.video(None, at(2000)), Some(video));
    }

    #[test]
    fn what_is_scrolled_is_not_still() {
        let mut activity = Activity::new(SCREEN);
        let page = Rect::new(0, 0, 640, 384);
        activity.changed(&page, at(0));
        activity.moved(&Region::from(page), at(900));
        assert_eq!(activity.last_change(&page), at(900));
        assert_eq!(activity.last_change(&Rect::new(900, 0, 9, 9)), Timestamp(0));
    }

    #[test]
    fn scattered_motion_is_no_video() {
        let mut activity = Activity::new(SCREEN);
        for time in (0..2000).step_by(33) {
            for corner in [(0, 0), (1700, 0), (0, 900), (1700, 900)] {
                let rect = Rect::new(corner.0, corner.1, 128, 128);
                activity.changed(&rect, at(time));
                activity.colourful(&rect, at(time));
            }
        }
        assert_eq!(activity.video(None, at(2000)), None);
    }
}
