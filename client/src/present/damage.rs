//! What of the window has to be painted anew.

use std::collections::VecDeque;

use hackstream_protocol::region::Region;

/// Rectangles of one presentation; more cost more requests than they save pixels.
const MAX_RECTS: usize = 32;

/// Presentations remembered for window systems that swap between several buffers.
const REMEMBERED: usize = 4;

/// What a presentation has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repaint {
    /// Pixels of the picture that the buffer lacks; `None`: everything, margins included.
    pub(super) copy: Option<Region>,
    /// Pixels that the window system has to show anew, in few rectangles.
    pub(super) show: Region,
}

/// The changes that the last presentations brought.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The newest first.
    recent: VecDeque<Region>,
}

impl History {
    /// Plans the presentation of `changed` into a buffer that lacks the last `age - 1`
    /// presentations; 0 means that it holds nothing useful.
    pub(super) fn plan(&mut self, age: u8, changed: &Region) -> Repaint {
        let show = changed.simplified(MAX_RECTS);
        let missed = usize::from(age).saturating_sub(1);
        let copy = if age == 0 || missed > self.recent.len() {
            None
        } else {
            let missed = self.recent.iter().take(missed);
            Some(missed.fold(show.clone(), |all, region| all.union(region)))
        };
        self.recent.truncate(REMEMBERED - 1);
        self.recent.push_front(show.clone());
        Repaint { copy, show }
    }

    /// Plans the presentation of everything. The other buffers hold nothing useful any more.
    pub(super) fn plan_whole(&mut self) -> Repaint {
        self.recent.clear();
        Repaint {
            copy: None,
            show: Region::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Rect;

    fn square(x: i32) -> Region {
        Region::from(Rect::new(x, 0, 2, 2))
    }

    #[test]
    fn one_buffer_gets_the_changes_only() {
        let mut history = History::default();
        assert_eq!(history.plan(0, &square(0)).copy, None);
        let repaint = history.plan(1, &square(10));
        assert_eq!(
            repaint,
            Repaint {
                copy: Some(square(10)),
                show: square(10)
            }
        );
    }

    #[test]
    fn the_other_buffer_catches_up() {
        let mut history = History::default();
        history.plan(0, &square(0));
        history.plan(0, &square(10));
        let repaint = history.plan(2, &square(20));
        assert_eq!(repaint.copy, Some(square(10).union(&square(20))));
        assert_eq!(repaint.show, square(20));
        assert_eq!(history.plan(9, &square(30)).copy, None, "too old to know");
        history.plan_whole();
        assert_eq!(history.plan(2, &square(30)).copy, None);
    }

    #[test]
    fn many_rectangles_become_few_that_cover_them() {
        let many: Region = (0..500)
            .map(|i| Rect::new(i % 25 * 4, i / 25 * 4, 2, 2))
            .collect();
        let repaint = History::default().plan(1, &many);
        assert!(repaint.show.rects().len() <= MAX_RECTS);
        assert!(many.difference(&repaint.show).is_empty());
        assert!(many.difference(&repaint.copy.expect("known")).is_empty());
    }

    #[test]
    fn after_everything_the_other_buffer_gets_everything_too() {
        let mut history = History::default();
        history.plan(0, &square(0));
        history.plan(0, &square(10));
        assert_eq!(history.plan_whole().copy, None);
        assert_eq!(history.plan(2, &square(20)).copy, None);
        let both = square(20).union(&square(30));
        assert_eq!(history.plan(2, &square(30)).copy, Some(both));
    }
}
