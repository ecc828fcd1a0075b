//! What was sent with loss and must become exact.
//!
//! The idea of a refresh that starts after a short calm and lives on idle bandwidth is
//! TigerVNC's.

use core::time::Duration;

use hackstream_protocol::geometry::{Offset, Rect};
use hackstream_protocol::region::Region;
use hackstream_protocol::units::Timestamp;

use crate::copies::carry;
use crate::video::activity::Activity;

/// A place that has been still for this long is refreshed.
const CALM: Duration = Duration::from_millis(50);

/// The same where video runs: its frames are further apart than that. What moved there often is
/// given longer, as it is going to move again, unless all of the video rests.
const CALM_IN_VIDEO: Duration = Duration::from_millis(200);

/// Keeps the account of pixels that the viewer shows only approximately.
#[derive(Debug, Default)]
pub(crate) struct Refresh {
    lossy: Region,
}

impl Refresh {
    /// Notes that the viewer's pixels in `rect` are approximate now.
    pub(crate) fn blurred(&mut self, rect: Rect) {
        self.lossy.add_rect(rect);
    }

    /// Notes that the viewer's pixels in `region` are exact now.
    pub(crate) fn exact(&mut self, region: &Region) {
        self.lossy.subtract(region);
    }

    /// Notes that pixels were copied to `targets` from where they are `offset` before.
    pub(crate) fn copied(&mut self, targets: &Region, offset: Offset) {
        carry(&mut self.lossy, targets, offset);
    }

    /// The approximate pixels.
    pub(crate) const fn lossy(&self) -> &Region {
        &self.lossy
    }

    /// Whether everything is exact.
    pub(crate) fn is_done(&self) -> bool {
        self.lossy.is_empty()
    }

    /// The approximate pixels that have been still for long enough. `video` is where one runs.
    pub(crate) fn due(&self, activity: &Activity, video: Option<Rect>, now: Timestamp) -> Region {
        self.blocks(activity, video)
            .filter(|(_, at)| *at <= now)
            .map(|(block, _)| block)
            .collect::<Region>()
            .intersection(&self.lossy)
    }

    /// When the first approximate pixels will have been still for long enough.
    pub(crate) fn due_at(&self, activity: &Activity, video: Option<Rect>) -> Option<Timestamp> {
        self.blocks(activity, video).map(|(_, at)| at).min()
    }

    /// The blocks with approximate pixels, each with the time at which it will have been still for
    /// long enough.
    fn blocks<'a>(
        &'a self,
        activity: &'a Activity,
        video: Option<Rect>,
    ) -> impl Iterator<Item = (Rect, Timestamp)> + 'a {
        let parts = self
            .lossy
            .rects()
            .iter()
            .flat_map(|rect| activity.blocks_in(rect));
        let stopped_at = video.map(|video| activity.last_change(&video).after(CALM_IN_VIDEO));
        parts.map(move |block| {
            let last_change = activity.last_change(&block);
            let playing = video.is_some_and(|video| video.intersects(&block));
            let calm_at = match stopped_at.filter(|_| playing) {
                None => last_change.after(CALM),
                Some(stopped_at) => {
                    let still_at = activity.still_at(&block);
                    last_change
                        .after(CALM_IN_VIDEO)
                        .max(still_at)
                        .min(stopped_at)
                }
            };
            (block, calm_at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;

    fn at(millis: u64) -> Timestamp {
        Timestamp(millis * 1000)
    }

    #[test]
    fn only_what_is_still_is_refreshed() {
        let mut activity = Activity::new(Size::new(640, 480));
        let (still, moving) = (Rect::new(0, 0, 64, 64), Rect::new(128, 0, 64, 64));
        activity.changed(&still, at(100));
        activity.changed(&moving, at(190));
        let mut refresh = Refresh::default();
        refresh.blurred(still);
        refresh.blurred(moving);
        assert_eq!(refresh.due_at(&activity, None), Some(at(150)));
        assert_eq!(refresh.due(&activity, None, at(200)), still.into());
        refresh.exact(&still.into());
        assert_eq!(refresh.due(&activity, None, at(240)), moving.into());
    }

    #[test]
    fn what_moved_often_is_refreshed_later_while_the_video_runs() {
        let mut activity = Activity::new(Size::new(640, 480));
        let video = Rect::new(0, 0, 640, 480);
        let (passed, playing) = (Rect::new(0, 0, 64, 64), Rect::new(128, 0, 64, 64));
        for time in (0..1000).step_by(33) {
            activity.changed(&passed, at(time));
        }
        let mut refresh = Refresh::default();
        refresh.blurred(passed);
        let rested = refresh.due_at(&activity, Some(video));
        assert_eq!(rested, Some(at(990 + 200)));
        activity.changed(&playing, at(1180));
        let passed_by = refresh.due_at(&activity, Some(video)).unwrap();
        assert_eq!(passed_by, at(1180 + 200));
        activity.changed(&playing, at(3000));
        let passed_by = refresh.due_at(&activity, Some(video)).unwrap();
        assert!(
            passed_by > at(1700) && passed_by < at(3000),
            "{passed_by:?}"
        );
    }

    #[test]
    fn blur_moves_with_a_copy() {
        let mut refresh = Refresh::default();
        refresh.blurred(Rect::new(0, 0, 64, 64));
        refresh.copied(&Rect::new(0, 16, 64, 64).into(), Offset::new(0, 16));
        assert_eq!(refresh.lossy, Region::from(Rect::new(0, 0, 64, 80)));
        refresh.copied(&Rect::new(0, 0, 64, 80).into(), Offset::new(0, -100));
        assert!(refresh.is_done());
    }
}
