//! Whether a video fills the area of its stream.
//!
//! A stream may begin with the page around its video, or follow a video to a new place. What is
//! drawn within its area is blurred, so an area that is too large takes in text beside the video.

use core::time::Duration;

use hackstream_protocol::geometry::Rect;
use hackstream_protocol::units::Timestamp;

/// How long a video stays within less than its area before that is made smaller, at first. Each
/// growth doubles it: things that wander about in a film come back to its edges.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);
const LONGEST_PATIENCE: Duration = Duration::from_secs(32);

/// A video that takes less than this of its area, in percent, gets a smaller one. Less than that
/// is not worth starting the stream anew.
const FILLED_PERCENT: u64 = 95;

/// How far a video reached lately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    bounds: Rect,
    from: Timestamp,
    patience: Duration,
}

impl Reach {
    /// A stream begins.
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            bounds: Rect::from_edges(0, 0, 0, 0),
            from: now,
            patience: FIRST_PATIENCE,
        }
    }

    /// The area grew, or moved.
    pub(crate) fn grown(&self, now: Timestamp) -> Self {
        Self {
            patience: (self.patience * 2).min(LONGEST_PATIENCE),
            ..Self::new(now)
        }
    }

    /// The video is at `place` now, within `area`. Returns where it was all the time, if the area
    /// is too large for it.
    pub(crate) fn seen(&mut self, place: &Rect, area: &Rect, now: Timestamp) -> Option<Rect> {
        self.bounds = self.bounds.bounding(place);
        if now.since(self.from) < self.patience {
            return None;
        }
        let reached = self.bounds;
        self.bounds = *place;
        self.from = now;
        (reached.area() * 100 < area.area() * FILLED_PERCENT).then_some(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect::new(0, 0, 640, 480);
    const FILM: Rect = Rect::new(0, 48, 640, 360);

    /// Shows the video at `place` for `millis` from `start`; when the area is to become smaller.
    fn play(reach: &mut Reach, place: &Rect, start: u64, millis: u64) -> Option<(u64, Rect)> {
        (start..start + millis).step_by(33).find_map(|time| {
            let now = Timestamp(time * 1000);
            reach.seen(place, &AREA, now).map(|rect| (time, rect))
        })
    }

    #[test]
    fn an_area_that_is_never_filled_becomes_smaller() {
        let mut reach = Reach::new(Timestamp(0));
        let (_, smaller) = play(&mut reach, &FILM, 0, 1000).unwrap();
        assert_eq!(smaller, FILM);
    }

    #[test]
    fn an_area_that_is_filled_now_and_then_stays() {
        let mut reach = Reach::new(Timestamp(0));
        for second in 0..10 {
            let filled = reach.seen(&AREA, &AREA, Timestamp(second * 400_000));
            assert_eq!(filled, None);
            assert_eq!(play(&mut reach, &FILM, second * 400 + 1, 300), None);
        }
    }

    #[test]
    fn patience_grows_with_the_area() {
        let mut reach = Reach::new(Timestamp(0));
        let mut waited = Vec::new();
        for _ in 0..10 {
            reach = reach.grown(Timestamp(0));
            waited.push(play(&mut reach, &FILM, 0, 60_000).unwrap().0);
        }
        assert!(waited.is_sorted());
        assert!(waited[0] >= 1000 && waited[9] >= 32_000, "{waited:?}");
    }
}
