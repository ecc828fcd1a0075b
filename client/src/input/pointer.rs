//! The pointer: where it is, and when only its movement counts.
//!
//! A program that moves the pointer expects it where it put it, so the window's pointer goes there
//! too. One that has hidden it as well (a game, a modeller) reads movements and puts it back each
//! time; following it would take away what the person moved during a round trip. Then the pointer
//! stays in the window and its movements are sent, until the cursor is seen again. Xwayland guesses
//! the same way.

use hackstream_protocol::geometry::{Point, Window as WindowSpace};
use hackstream_protocol::wire::input::InputEvent;
use winit::dpi::PhysicalPosition;
use winit::window::{CursorGrabMode, Window};

use super::motion;
use crate::cursor::is_invisible;
use crate::present::Placement;
use crate::shared::SessionView;

/// What of the pointer is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Its place.
    #[default]
    Place,
    /// Its movement.
    Movement,
}

/// What the window's pointer has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    /// Go where the program put it.
    Follow(Point),
    /// Stay in the window.
    Lock,
    /// Be free again.
    Free,
}

/// The pointer of the window.
#[derive(Debug, Default)]
pub(crate) struct Pointer {
    mode: Mode,
    inside: bool,
    /// How often a program has moved it, as far as this knows.
    moves: u64,
    /// Parts of pixels not sent yet.
    rest: (f64, f64),
}

impl Pointer {
    /// Does what the programs of the session did to the pointer, as long as the window is `focused`:
    /// else it is another window's.
    pub(crate) fn follow(
        &mut self,
        session: &SessionView,
        window: &Window,
        placement: &Placement,
        focused: bool,
    ) {
        let hidden = session.cursor.as_deref().is_some_and(is_invisible);
        let moved = session.cursor_moves != self.moves;
        self.moves = session.cursor_moves;
        let to = session.cursor_position.filter(|_| moved && focused);
        match self.step(hidden, to) {
            Step::Nothing => {}
            Step::Follow(at) => {
                let at = placement.of_screen(at);
                // A window system that does not let programs move the pointer (Wayland) shows it
                // where the person has it, which is where the next motion says it is.
                let _ = window.set_cursor_position(PhysicalPosition::new(at.x, at.y));
            }
            Step::Lock => {
                let locked = window.set_cursor_grab(CursorGrabMode::Locked);
                let locked = locked.or_else(|_| window.set_cursor_grab(CursorGrabMode::Confined));
                if locked.is_err() {
                    self.mode = Mode::Place;
                }
            }
            Step::Free => self.free(window),
        }
    }

    fn step(&mut self, hidden: bool, moved_to: Option<Point>) -> Step {
        match (self.mode, moved_to) {
            (Mode::Movement, _) if !hidden => Step::Free,
            (Mode::Place, Some(_)) if hidden && self.inside => {
                self.mode = Mode::Movement;
                Step::Lock
            }
            (Mode::Place, Some(at)) if self.inside => Step::Follow(at),
            _ => Step::Nothing,
        }
    }

    /// Lets the pointer leave the window.
    pub(crate) fn free(&mut self, window: &Window) {
        if self.mode == Mode::Movement {
            *self = Self {
                mode: Mode::Place,
                rest: (0.0, 0.0),
                ..*self
            };
            // Fails only where it was not locked.
            let _ = window.set_cursor_grab(CursorGrabMode::None);
        }
    }

    /// The pointer is here now; `None` if only its movement counts.
    pub(crate) fn at(
        &mut self,
        at: Point<WindowSpace>,
        placement: &Placement,
    ) -> Option<InputEvent> {
        self.inside = true;
        (self.mode == Mode::Place).then(|| motion(at, placement))
    }

    /// The pointer left the window.
    pub(crate) fn left(&mut self) {
        self.inside = false;
    }

    /// A device moved; `None` if the place counts, or if it is not a pixel yet.
    pub(crate) fn moved(&mut self, right: f64, down: f64) -> Option<InputEvent> {
        if self.mode == Mode::Place {
            return None;
        }
        let right = take_whole(&mut self.rest.0, right);
        let down = take_whole(&mut self.rest.1, down);
        (right != 0 || down != 0).then_some(InputEvent::PointerMoved { right, down })
    }
}

/// Adds `movement` to `rest` and takes the whole pixels out of it.
fn take_whole(rest: &mut f64, movement: f64) -> i16 {
    let sum = *rest + movement;
    // Also what is no number becomes none.
    let whole = sum.trunc() as i16;
    *rest = (sum - f64::from(whole)).clamp(-1.0, 1.0);
    if rest.is_nan() {
        *rest = 0.0;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Point = Point::new(5, 6);

    fn inside() -> Pointer {
        Pointer {
            inside: true,
            ..Pointer::default()
        }
    }

    #[test]
    fn a_visible_pointer_goes_where_it_is_put() {
        let mut pointer = inside();
        assert_eq!(pointer.step(false, None), Step::Nothing);
        assert_eq!(pointer.step(false, Some(AT)), Step::Follow(AT));
        assert_eq!(pointer.moved(5.0, 0.0), None);
    }

    #[test]
    fn the_pointer_of_other_windows_is_left_alone() {
        let mut pointer = Pointer::default();
        assert_eq!(pointer.step(false, Some(AT)), Step::Nothing);
        assert_eq!(pointer.step(true, Some(AT)), Step::Nothing);
    }

    #[test]
    fn a_hidden_pointer_that_is_put_somewhere_is_locked_until_it_is_seen() {
        let mut pointer = inside();
        assert_eq!(pointer.step(true, None), Step::Nothing);
        assert_eq!(pointer.step(true, Some(AT)), Step::Lock);
        assert_eq!(pointer.step(true, Some(AT)), Step::Nothing);
        let moved = InputEvent::PointerMoved { right: 2, down: -1 };
        assert_eq!(pointer.moved(2.5, -1.0), Some(moved));
        let moved = InputEvent::PointerMoved { right: 1, down: 0 };
        assert_eq!(pointer.moved(0.5, 0.0), Some(moved));
        assert_eq!(pointer.moved(0.25, 0.0), None);
        assert_eq!(pointer.step(false, None), Step::Free);
    }

    #[test]
    fn nonsense_of_a_device_does_no_harm() {
        let mut rest = 0.5;
        assert_eq!(take_whole(&mut rest, f64::NAN), 0);
        assert_eq!(take_whole(&mut rest, 2.0), 2);
        assert_eq!(take_whole(&mut rest, f64::INFINITY), i16::MAX);
        assert_eq!(take_whole(&mut rest, -3.0), -2);
    }
}
