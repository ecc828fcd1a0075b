//! The window's size, which each connection has to learn once it rests.

use std::time::{Duration, Instant};

use hackstream_protocol::fit::Room;
use hackstream_protocol::wire::control::ViewerWindow;

/// A window that is being dragged to another size is asked for when it has rested this long: the
/// session's programs lay out all they show for each size.
const REST: Duration = Duration::from_millis(150);

/// What the window is, and when the server is to be told.
#[derive(Debug, Default)]
pub(super) struct WindowWish {
    window: Option<ViewerWindow>,
    room: Option<Room>,
    due: Option<Instant>,
}

impl WindowWish {
    /// The window has changed at `now`.
    pub(super) fn changed(&mut self, window: ViewerWindow, now: Instant) {
        if self.window != Some(window) {
            self.window = Some(window);
            self.due = Some(now + REST);
        }
    }

    /// There is room for such a picture at `now`.
    pub(super) fn room_changed(&mut self, room: Room, now: Instant) {
        if self.room != Some(room) {
            self.room = Some(room);
            self.due = Some(now + REST);
        }
    }

    /// When the server is to be told; `None` if it knows all.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// How large a picture there is room for, as far as is known.
    pub(super) const fn room(&self) -> Option<Room> {
        self.room
    }

    /// What to tell the server now, if the person ever chose a size.
    pub(super) const fn take(&mut self) -> Option<ViewerWindow> {
        self.due = None;
        self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;
    use hackstream_protocol::wire::control::Scale;

    fn window(width: u32) -> ViewerWindow {
        ViewerWindow {
            size: Size::new(width, 600),
            scale: Scale::ONE,
        }
    }

    #[test]
    fn the_last_size_is_told_once_it_rests() {
        let (mut wish, start) = (WindowWish::default(), Instant::now());
        assert_eq!(wish.due(), None);
        wish.changed(window(800), start);
        wish.changed(window(810), start + REST / 2);
        assert_eq!(wish.due(), Some(start + REST / 2 + REST));
        assert_eq!(wish.take(), Some(window(810)));
        assert_eq!(wish.due(), None);
        wish.changed(window(810), start + REST * 3);
        assert_eq!(wish.due(), None, "it is known");
        assert_eq!(wish.take(), Some(window(810)), "a new connection learns it");
    }
}
