//! Which of the two follows the other: the window the session's screen, or the screen the window.

use hackstream_protocol::geometry::{Frame, Size, Window};
use hackstream_protocol::wire::control::Scale;

/// Whose size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// The screen's: the window has the size that the viewer gave it.
    Screen,
    /// The window's: somebody has chosen it.
    Window,
}

/// A window opens with the size of the session's screen and follows it, until the person, or the
/// window manager, gives it another size: from then on the screen is to follow the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizing {
    lead: Lead,
    /// Size of the session's screen that the window knows.
    screen: Size<Frame>,
    /// The size that the viewer gave to the window.
    given: Size<Window>,
    /// The size that the screen was last asked to take on and has not taken on yet.
    asked: Option<Size<Window>>,
    /// The scale that the session knows.
    scale: Scale,
}

impl Sizing {
    /// For a screen that is shown on a monitor with so much `room`.
    pub(super) fn new(screen: Size<Frame>, room: Size<Window>) -> Self {
        let given = Size::new(
            screen.width.min(room.width).max(1),
            screen.height.min(room.height).max(1),
        );
        Self {
            lead: Lead::Screen,
            screen,
            given,
            asked: None,
            scale: Scale::ONE,
        }
    }

    /// Size of the session's screen.
    pub(super) const fn screen(&self) -> Size<Frame> {
        self.screen
    }

    /// The size that the window is opened with.
    pub(super) const fn given(&self) -> Size<Window> {
        self.given
    }

    /// The session's screen has this size, and the window that. The size that the window should be
    /// given, if it should follow.
    pub(super) fn screen_changed(
        &mut self,
        screen: Size<Frame>,
        window: Size<Window>,
    ) -> Option<Size<Window>> {
        if screen == self.screen || screen.is_empty() {
            return None;
        }
        self.screen = screen;
        let size = Size::new(screen.width, screen.height);
        // What answers a wish is not followed: the window may have another size again already.
        let follows = self.lead == Lead::Screen && self.asked.is_none() && window == self.given;
        // Another size may be the answer to an earlier wish, or all that the server allows.
        self.asked = self.asked.filter(|asked| *asked != size);
        self.settle(window);
        (follows && size != window).then(|| {
            self.given = size;
            size
        })
    }

    /// The window is like this. The size that the screen should be asked to take on, if it should.
    pub(super) fn window_changed(
        &mut self,
        window: Size<Window>,
        scale: Scale,
    ) -> Option<Size<Window>> {
        let will_be = self
            .asked
            .unwrap_or(Size::new(self.screen.width, self.screen.height));
        if window != self.given && !window.is_empty() {
            self.lead = Lead::Window;
        }
        self.settle(window);
        // The size that the viewer gave it is no wish, unless the monitor had no room for more.
        let is_own = self.lead == Lead::Screen
            && window == self.given
            && self.asked.is_none()
            && window.width >= self.screen.width
            && window.height >= self.screen.height;
        let is_news = window != will_be && !is_own;
        if window.is_empty() || (!is_news && scale == self.scale) {
            return None;
        }
        (self.asked, self.scale) = (Some(window), scale);
        Some(window)
    }

    /// A window that has the viewer's size again, as the screen has, follows again.
    fn settle(&mut self, window: Size<Window>) {
        let screen = Size::new(self.screen.width, self.screen.height);
        if self.asked.is_none() && window == self.given && window == screen {
            self.lead = Lead::Screen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Size<Frame> = Size::new(1280, 800);
    const ROOM: Size<Window> = Size::new(1920, 1080);

    fn changed(sizing: &mut Sizing, width: u32, height: u32) -> Option<Size<Window>> {
        sizing.window_changed(Size::new(width, height), Scale::ONE)
    }

    #[test]
    fn a_window_follows_until_a_person_changes_it() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        assert_eq!(sizing.given(), Size::new(1280, 800));
        assert_eq!(changed(&mut sizing, 1280, 800), None);
        let follow = sizing.screen_changed(Size::new(1000, 700), Size::new(1280, 800));
        assert_eq!(follow, Some(Size::new(1000, 700)));
        assert_eq!(changed(&mut sizing, 1000, 700), None, "its own doing");
        assert!(changed(&mut sizing, 1100, 700).is_some(), "a person's");
        let follow = sizing.screen_changed(Size::new(1090, 690), Size::new(1100, 700));
        assert_eq!(follow, None, "the window has the size that a person chose");
    }

    #[test]
    fn a_screen_that_fulfilled_the_wish_is_not_asked_again() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        assert!(changed(&mut sizing, 1920, 1080).is_some());
        assert_eq!(
            sizing.screen_changed(Size::new(1920, 1080), Size::new(1920, 1080)),
            None
        );
        assert_eq!(changed(&mut sizing, 1920, 1080), None);
    }

    #[test]
    fn a_change_that_is_undone_before_the_screen_followed_is_told() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        assert!(changed(&mut sizing, 1920, 1080).is_some());
        assert!(changed(&mut sizing, 1280, 800).is_some());
        assert_eq!(changed(&mut sizing, 1280, 800), None);
    }

    #[test]
    fn a_window_that_has_its_first_size_again_does_not_follow_an_earlier_wish() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        let first = Size::new(1280, 800);
        assert!(changed(&mut sizing, 1920, 1080).is_some());
        assert_eq!(changed(&mut sizing, 1280, 800), Some(first));
        assert_eq!(sizing.screen_changed(Size::new(1920, 1080), first), None);
        assert_eq!(changed(&mut sizing, 1280, 800), None, "it was asked for");
        assert_eq!(sizing.screen_changed(SCREEN, first), None);
        let follow = sizing.screen_changed(Size::new(1000, 700), first);
        assert_eq!(follow, Some(Size::new(1000, 700)), "it follows again");
    }

    /// The window system tells the size sooner when it is asked than as news.
    #[test]
    fn the_answer_to_a_wish_does_not_resize_a_window_that_has_changed_since() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        let first = Size::new(1280, 800);
        assert!(changed(&mut sizing, 1920, 1080).is_some());
        assert_eq!(sizing.screen_changed(Size::new(1920, 1080), first), None);
        assert_eq!(changed(&mut sizing, 1280, 800), Some(first));
        assert_eq!(sizing.screen_changed(SCREEN, first), None);
    }

    #[test]
    fn a_window_that_is_given_its_first_size_again_wants_a_larger_screen() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        let small = Size::new(1000, 700);
        assert_eq!(changed(&mut sizing, 1000, 700), Some(small));
        assert_eq!(sizing.screen_changed(Size::new(1000, 700), small), None);
        assert!(changed(&mut sizing, 1280, 800).is_some());
    }

    #[test]
    fn a_monitor_with_another_scale_is_told_even_if_the_size_is_right() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        let twice = Scale::of_percent(200);
        let size = Size::new(1280, 800);
        assert_eq!(sizing.window_changed(size, twice), Some(size));
        assert_eq!(sizing.window_changed(size, twice), None);
    }

    #[test]
    fn a_screen_too_large_for_the_monitor_is_to_become_smaller() {
        let mut sizing = Sizing::new(SCREEN, Size::new(1024, 600));
        assert_eq!(sizing.given(), Size::new(1024, 600));
        assert!(changed(&mut sizing, 1024, 600).is_some());
        assert_eq!(changed(&mut sizing, 0, 0), None, "minimized");
    }
}
