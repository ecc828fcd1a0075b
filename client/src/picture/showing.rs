//! When what was painted is shown.
//!
//! A fast link shows updates as a whole, a slow one as they come: pieces of an unfinished update
//! wait for its end, but not for long. A small last piece may overtake the others, so an update is
//! whole only when no frame is missing before it.

use std::time::{Duration, Instant};

/// Pieces of an unfinished update are shown once the first of them has waited this long.
const PIECES_WAIT: Duration = Duration::from_millis(8);

/// What a frame makes of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The end of an update is missing.
    Unfinished,
    /// The frame finished an update, but earlier frames are missing.
    Finished,
    /// Nothing known is missing, and the newest update is finished.
    Whole,
}

/// What was painted and not yet shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unshown {
    Nothing,
    /// Pieces wait for the end of their update, the first one since then.
    Waiting(Instant),
    /// The front knows, and has not looked yet.
    Announced,
}

/// Decides when the front is to look at the picture.
#[derive(Debug)]
pub(super) struct Showing {
    unshown: Unshown,
    whole: bool,
    /// A new connection is painting over the picture of an earlier one, and has not finished.
    catching_up: bool,
}

impl Showing {
    pub(super) const fn new() -> Self {
        Self {
            unshown: Unshown::Nothing,
            whole: false,
            catching_up: false,
        }
    }

    /// A new connection takes over. The person keeps seeing the picture of the earlier one, if
    /// there is one, until the new one is whole.
    pub(super) const fn attach(&mut self, has_picture: bool) {
        self.catching_up = has_picture;
        self.whole = false;
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether pieces wait for the end of their update, or all of a new picture for its end.
    pub(super) const fn holds_back(&self) -> bool {
        self.catching_up || matches!(self.unshown, Unshown::Waiting(_))
    }

    pub(super) const fn is_catching_up(&self) -> bool {
        self.catching_up
    }

    /// Notes that a frame was applied at `now`. True if the front is to look.
    pub(super) fn painted(&mut self, standing: Standing, now: Instant) -> bool {
        self.whole = standing == Standing::Whole;
        self.catching_up &= !self.whole;
        if standing != Standing::Unfinished && !self.catching_up {
            return self.announce();
        }
        if self.unshown == Unshown::Nothing {
            self.unshown = Unshown::Waiting(now);
        }
        self.is_overdue(now) && self.announce()
    }

    /// When pieces will have waited for long enough, if some wait.
    pub(super) fn overdue_at(&self) -> Option<Instant> {
        match self.unshown {
            Unshown::Waiting(since) if !self.catching_up => Some(since + PIECES_WAIT),
            _ => None,
        }
    }

    /// True if pieces have waited for long enough at `now`; the front is to look then.
    pub(super) fn overdue(&mut self, now: Instant) -> bool {
        self.is_overdue(now) && self.announce()
    }

    /// The front has looked.
    pub(super) const fn shown(&mut self) {
        self.unshown = Unshown::Nothing;
    }

    fn is_overdue(&self, now: Instant) -> bool {
        self.overdue_at().is_some_and(|at| at <= now)
    }

    const fn announce(&mut self) -> bool {
        self.unshown = Unshown::Announced;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Finished, Unfinished, Whole};

    #[test]
    fn pieces_wait_for_the_end_of_their_update_but_not_for_long() {
        let (mut showing, start) = (Showing::new(), Instant::now());
        assert!(!showing.painted(Unfinished, start));
        assert!(!showing.painted(Unfinished, start + PIECES_WAIT / 2));
        assert!(!showing.overdue(start + PIECES_WAIT / 2));
        assert_eq!(showing.overdue_at(), Some(start + PIECES_WAIT));
        assert!(showing.overdue(start + PIECES_WAIT));
        assert!(!showing.overdue(start + PIECES_WAIT), "it was said once");
        showing.shown();
        assert!(!showing.painted(Unfinished, start + PIECES_WAIT * 5));
        assert!(showing.painted(Whole, start + PIECES_WAIT * 5));
        assert!(showing.is_whole() && showing.overdue_at().is_none());
    }

    #[test]
    fn an_end_that_overtook_its_pieces_is_shown_and_so_are_they() {
        let (mut showing, start) = (Showing::new(), Instant::now());
        assert!(showing.painted(Finished, start));
        assert!(!showing.is_whole());
        showing.shown();
        assert!(!showing.painted(Unfinished, start));
        assert_eq!(showing.overdue_at(), Some(start + PIECES_WAIT));
        assert!(
            showing.painted(Whole, start),
            "the last piece that was missing"
        );
    }

    #[test]
    fn a_new_connection_shows_nothing_before_its_picture_is_whole() {
        let (mut showing, start) = (Showing::new(), Instant::now());
        showing.attach(false);
        assert!(!showing.is_catching_up(), "there is no earlier picture");
        assert!(showing.painted(Whole, start));
        showing.shown();
        showing.attach(true);
        for standing in [Unfinished, Finished] {
            assert!(!showing.painted(standing, start + PIECES_WAIT * 9));
        }
        assert!(showing.overdue_at().is_none());
        assert!(showing.is_catching_up() && !showing.is_whole());
        assert!(showing.painted(Whole, start + PIECES_WAIT * 9));
        assert!(!showing.is_catching_up());
    }
}
