//! Painting for a monitor that reads one of two buffers while the other is painted.

use std::time::Instant;

use hackstream_protocol::geometry::{Rect, Size, Window as WindowSpace};

use super::super::blit;
use super::super::damage::History;
use super::super::viewport::Viewport;
use crate::picture::{Extent, Presenter, Sight};
use crate::shared::Shared;

/// A monitor and its buffers.
pub(super) trait Monitor: Send {
    /// Pixels that are seen.
    fn size(&self) -> Size<WindowSpace>;

    /// The buffer that the monitor does not read, once it reads the other one.
    ///
    /// # Errors
    /// What the system said.
    fn back(&mut self) -> Result<Back<'_>, String>;

    /// Has the monitor read that buffer from its next refresh on. Does not wait for that.
    ///
    /// # Errors
    /// What the system said.
    fn flip(&mut self) -> Result<(), String>;
}

/// A buffer to be painted.
pub(super) struct Back<'a> {
    /// `0x00RRGGBB`, row by row.
    pub(super) pixels: &'a mut [u32],
    /// Pixels from one row to the next; may be more than are seen.
    pub(super) stride: u32,
    /// How many presentations ago it was painted; 0 if never.
    pub(super) age: u8,
}

/// The ages of two buffers, and which is painted next, after `back` was painted.
pub(super) const fn turned(ages: [u8; 2], back: usize) -> ([u8; 2], usize) {
    let mut ages = ages;
    ages[back] = 1;
    let next = 1 - back;
    if ages[next] > 0 {
        // Its own presentation was the one before.
        ages[next] = 2;
    }
    (ages, next)
}

/// What the decoder paints through.
pub(super) struct Scanout<M> {
    monitor: M,
    viewport: Viewport,
    history: History,
}

impl<M: Monitor> Scanout<M> {
    /// Nothing was painted on `monitor` yet.
    pub(super) fn new(monitor: M) -> Self {
        Self {
            monitor,
            viewport: Viewport::new(),
            history: History::default(),
        }
    }

    fn present(&mut self, shared: &Shared, extent: Extent) -> Result<(), String> {
        let begun = Instant::now();
        let size = self.monitor.size();
        // May wait for the monitor, so before the picture is locked.
        let back = self.monitor.back()?;
        let mut picture = shared.picture();
        let Some(change) = self.viewport.take(&mut picture, extent) else {
            return Ok(());
        };
        let (placement, shade) = (*self.viewport.placement(), self.viewport.shade());
        let repaint = match &change.region {
            Some(region) => self.history.plan(back.age, region),
            None => self.history.plan_whole(),
        };
        let painted = match &repaint.copy {
            Some(copy) => placement.rects(copy),
            None => {
                back.pixels.fill(0);
                vec![placement.picture().intersection(&Rect::of_size(size))]
            }
        };
        let whole = Rect::of_size(Size::new(back.stride, size.height));
        let mut target = blit::Target::new(back.pixels, whole);
        for rect in &painted {
            target.paint(&picture, &placement, rect, shade);
        }
        drop(picture);
        self.viewport.overlay().draw(&mut target);
        self.monitor.flip()?;
        if let Some(unseen) = change.unseen {
            shared.counters.presented(unseen, begun, Instant::now());
        }
        Ok(())
    }
}

impl<M: Monitor> Presenter for Scanout<M> {
    fn changed(&mut self, shared: &Shared) -> Result<(), String> {
        self.present(shared, Extent::Changes)
    }

    fn look(&mut self, shared: &Shared, sight: Sight) -> Result<(), String> {
        self.viewport.look(&sight);
        self.present(shared, sight.extent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clipboard::Clipboard;
    use crate::picture::{Shade, Texts};
    use crate::stats::Front;
    use hackstream_clipboard::Directions;

    const SEEN: Size<WindowSpace> = Size::new(64, 40);
    const STRIDE: u32 = 70;

    /// Two buffers in memory, with rows longer than what is seen.
    struct Memory {
        buffers: [Vec<u32>; 2],
        ages: [u8; 2],
        back: usize,
        flips: u32,
    }

    impl Memory {
        fn new() -> Self {
            // What was in the memory before is never seen.
            let buffers = [7, 9].map(|junk| vec![junk; (STRIDE * SEEN.height) as usize]);
            Self {
                buffers,
                ages: [0, 0],
                back: 1,
                flips: 0,
            }
        }

        /// What the monitor shows of row `y`.
        fn row(&self, y: u32) -> &[u32] {
            let start = (y * STRIDE) as usize;
            &self.buffers[1 - self.back][start..start + SEEN.width as usize]
        }
    }

    impl Monitor for Memory {
        fn size(&self) -> Size<WindowSpace> {
            SEEN
        }

        fn back(&mut self) -> Result<Back<'_>, String> {
            Ok(Back {
                pixels: &mut self.buffers[self.back],
                stride: STRIDE,
                age: self.ages[self.back],
            })
        }

        fn flip(&mut self) -> Result<(), String> {
            (self.ages, self.back) = turned(self.ages, self.back);
            self.flips += 1;
            Ok(())
        }
    }

    fn shared() -> Shared {
        let none = Directions {
            take: false,
            give: false,
        };
        Shared::new(Front::Window, Clipboard::new(none), || {})
    }

    fn sight(shade: Shade, extent: Extent) -> Sight {
        Sight {
            window: SEEN,
            shade,
            density: 1,
            texts: Texts::default(),
            extent,
        }
    }

    fn assert_shows(scanout: &Scanout<Memory>, shared: &Shared) {
        let picture = shared.picture();
        for y in 0..SEEN.height {
            assert_eq!(scanout.monitor.row(y), picture.row(y), "row {y}");
        }
    }

    #[test]
    fn both_buffers_follow_every_change() {
        let shared = shared();
        let mut scanout = Scanout::new(Memory::new());
        let screen = Size::new(SEEN.width, SEEN.height);
        scanout
            .look(&shared, sight(Shade::Plain, Extent::Window))
            .unwrap();
        for step in 0..40u32 {
            let (x, y) = ((step * 13 % 50) as i32, (step * 7 % 30) as i32);
            let rect = Rect::new(x, y, 1 + step % 14, 1 + step % 9);
            shared
                .picture()
                .paint_for_test(screen, &rect, 0x0010_2030 + step);
            scanout.changed(&shared).unwrap();
            assert_shows(&scanout, &shared);
        }
        let flips = scanout.monitor.flips;
        scanout.changed(&shared).unwrap();
        assert_eq!(scanout.monitor.flips, flips, "nothing changed");
    }

    #[test]
    fn a_smaller_picture_is_centred_in_black_and_dims_as_a_whole() {
        let shared = shared();
        let mut scanout = Scanout::new(Memory::new());
        let whole = Rect::new(0, 0, 60, 30);
        shared
            .picture()
            .paint_for_test(Size::new(60, 30), &whole, 0x0080_8080);
        for (shade, colour) in [(Shade::Plain, 0x0080_8080), (Shade::Dimmed, 0x0040_4040)] {
            scanout
                .look(&shared, sight(shade, Extent::Changes))
                .unwrap();
            let row = scanout.monitor.row(20);
            assert_eq!((row[1], row[2], row[61], row[62]), (0, colour, colour, 0));
            assert!(scanout.monitor.row(4).iter().all(|&pixel| pixel == 0));
        }
    }
}
