//! What happened since a viewer's pump last looked.
//!
//! Everything that concerns one viewer's frames ends up here: damage from the capture thread, reports,
//! wishes and room on the link from the network. Nothing is queued that can be merged, so a slow viewer's
//! inbox stays small, and the lock is held only to merge.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hackstream_protocol::fit::Room;
use hackstream_protocol::limits::MAX_APPLIED_AHEAD;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::Quality;
use hackstream_protocol::wire::feedback::FrameReport;

/// The news for one pump.
#[derive(Debug, Default)]
pub struct News {
    /// Pixels that may have changed.
    pub damage: Region,
    /// When the first of them did.
    pub damaged_at: Option<Timestamp>,
    /// Frames that the viewer applied.
    pub reports: Vec<FrameReport>,
    /// What the viewer gets from now on, if that changed.
    pub quality: Option<Quality>,
    /// How large a picture the viewer can show from now on, if that changed.
    pub room: Option<Room>,
    /// The viewer cannot go on from what it has.
    pub start_over: bool,
    /// The viewer is gone.
    pub closed: bool,
    /// The link may have room again.
    link_changed: bool,
}

impl News {
    fn is_empty(&self) -> bool {
        self.damage.is_empty()
            && self.reports.is_empty()
            && self.quality.is_none()
            && self.room.is_none()
            && !(self.start_over || self.closed || self.link_changed)
    }
}

/// How long to wait for news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// Until there is some.
    UntilNews,
    /// Until there is some, or for this long.
    AtMost(Duration),
}

/// A viewer's inbox.
#[derive(Debug, Default)]
pub struct Inbox {
    news: Mutex<News>,
    arrived: Condvar,
}

impl Inbox {
    /// An inbox without news.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds damage seen at `now`.
    pub fn damage(&self, region: &Region, now: Timestamp) {
        self.post(|news| {
            news.damage.add(region);
            news.damaged_at.get_or_insert(now);
        });
    }

    /// Adds a viewer's report. Reports beyond what any honest viewer can owe are dropped.
    pub fn report(&self, report: FrameReport) {
        self.post(|news| {
            if news.reports.len() < MAX_APPLIED_AHEAD {
                news.reports.push(report);
            }
        });
    }

    /// Sets what the viewer gets from now on.
    pub fn quality(&self, quality: Quality) {
        self.post(|news| news.quality = Some(quality));
    }

    /// Sets how large a picture the viewer can show.
    pub fn room(&self, room: Room) {
        self.post(|news| news.room = Some(room));
    }

    /// Asks for the whole picture.
    pub fn start_over(&self) {
        self.post(|news| news.start_over = true);
    }

    /// Says that the link may have room again.
    pub fn link_changed(&self) {
        self.post(|news| news.link_changed = true);
    }

    /// Says that the viewer is gone.
    pub fn close(&self) {
        self.post(|news| news.closed = true);
    }

    /// Takes the news, waiting for some as long as `patience` says.
    pub fn take(&self, patience: Patience) -> News {
        let mut news = self.lock();
        match patience {
            Patience::None => {}
            Patience::UntilNews => {
                while news.is_empty() {
                    news = self
                        .arrived
                        .wait(news)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
            Patience::AtMost(time) => {
                let waited = self
                    .arrived
                    .wait_timeout_while(news, time, |news| news.is_empty());
                news = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        std::mem::take(&mut news)
    }

    fn post(&self, add: impl FnOnce(&mut News)) {
        add(&mut self.lock());
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        // The news stay consistent whatever panicked while it held them.
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Rect;

    #[test]
    fn damage_merges_and_keeps_the_time_of_the_first() {
        let inbox = Inbox::new();
        inbox.damage(&Rect::new(0, 0, 2, 2).into(), Timestamp(5));
        inbox.damage(&Rect::new(2, 0, 2, 2).into(), Timestamp(9));
        let news = inbox.take(Patience::UntilNews);
        assert_eq!(news.damage.rects(), [Rect::new(0, 0, 4, 2)]);
        assert_eq!(news.damaged_at, Some(Timestamp(5)));
        assert!(inbox.take(Patience::None).is_empty());
    }

    #[test]
    fn the_last_quality_counts_and_is_told_once() {
        let inbox = Inbox::new();
        inbox.quality(Quality::Low);
        inbox.quality(Quality::High);
        let news = inbox.take(Patience::UntilNews);
        assert_eq!(news.quality, Some(Quality::High));
        assert!(inbox.take(Patience::None).is_empty());
    }

    #[test]
    fn waiting_ends_when_something_arrives() {
        let inbox = std::sync::Arc::new(Inbox::new());
        let other = inbox.clone();
        let waiter = std::thread::spawn(move || other.take(Patience::UntilNews).closed);
        inbox.close();
        assert!(waiter.join().unwrap());
    }
}
