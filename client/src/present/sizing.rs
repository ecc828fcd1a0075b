//! Which of the two follows the other: the window the session's screen, or the screen the window.

use hackstream_protocol::geometry::{Frame, Size, Window};

/// A window opens with the size of the session's screen and follows it, until the person, or the
/// window manager, gives it another size: from then on the screen is to follow the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizing {
    /// Size of the session's screen that the window knows.
    screen: Size<Frame>,
    /// The size that the viewer gave to the window.
    given: Size<Window>,
}

impl Sizing {
    /// For a screen that is shown on a monitor with so much `room`.
    pub(super) fn new(screen: Size<Frame>, room: Size<Window>) -> Self {
        let given = Size::new(
            screen.width.min(room.width).max(1),
            screen.height.min(room.height).max(1),
        );
        Self { screen, given }
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
        let follows = window == self.given;
        let size = Size::new(screen.width, screen.height);
        (follows && size != window).then(|| {
            self.given = size;
            size
        })
    }

    /// The window has this size. Whether the screen should follow.
    pub(super) fn window_changed(&self, window: Size<Window>) -> bool {
        let shows_all = (window.width, window.height) == (self.screen.width, self.screen.height);
        !window.is_empty() && !shows_all && (window != self.given || self.given_is_smaller())
    }

    /// Whether the monitor had no room for all of the screen.
    fn given_is_smaller(&self) -> bool {
        self.given.width < self.screen.width || self.given.height < self.screen.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Size<Frame> = Size::new(1280, 800);
    const ROOM: Size<Window> = Size::new(1920, 1080);

    #[test]
    fn a_window_follows_until_a_person_changes_it() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        assert_eq!(sizing.given(), Size::new(1280, 800));
        assert!(!sizing.window_changed(Size::new(1280, 800)));
        let follow = sizing.screen_changed(Size::new(1000, 700), Size::new(1280, 800));
        assert_eq!(follow, Some(Size::new(1000, 700)));
        assert!(
            !sizing.window_changed(Size::new(1000, 700)),
            "its own doing"
        );
        assert!(sizing.window_changed(Size::new(1100, 700)), "a person's");
        let follow = sizing.screen_changed(Size::new(1090, 690), Size::new(1100, 700));
        assert_eq!(follow, None, "the window has the size that a person chose");
    }

    #[test]
    fn a_screen_that_fulfilled_the_wish_is_not_asked_again() {
        let mut sizing = Sizing::new(SCREEN, ROOM);
        assert!(sizing.window_changed(Size::new(1920, 1080)));
        assert_eq!(
            sizing.screen_changed(Size::new(1920, 1080), Size::new(1920, 1080)),
            None
        );
        assert!(!sizing.window_changed(Size::new(1920, 1080)));
    }

    #[test]
    fn a_screen_too_large_for_the_monitor_is_to_become_smaller() {
        let sizing = Sizing::new(SCREEN, Size::new(1024, 600));
        assert_eq!(sizing.given(), Size::new(1024, 600));
        assert!(sizing.window_changed(sizing.given()));
        assert!(!sizing.window_changed(Size::new(0, 0)), "minimized");
    }
}
