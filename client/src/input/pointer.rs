//! The pointer: where it is, and when only its movement counts.
//!
//! A program that moves the pointer expects it where it put it, so the window's pointer goes there
//! too. One that has hidden it as well (a game, a modeller) reads movements and puts it back each
//! time; following it would take away what the person moved during a round trip. Then the pointer
//! stays in the window and its movements are sent, until the cursor is seen again: then it appears where
//! the program put it last. Xwayland guesses the same way.

use hackstream_protocol::geometry::{Point, Window as WindowSpace};
use hackstream_protocol::wire::input::InputEvent;
use winit::dpi::PhysicalPosition;
use winit::window::Window;

use super::enclosure::Enclosure;
use crate::cursor::is_invisible;
use crate::present::Placement;
use crate::shared::SessionView;

/// What of the pointer is sent.
#[derive(Debug, Default)]
enum Mode {
    /// Its place.
    #[default]
    Place,
    /// Its movement; what keeps it in the window meanwhile.
    Movement(Enclosure),
    /// Nothing: the viewer itself has the pointer, which is free meanwhile. Before, its movement
    /// counted, and does again afterwards unless the cursor is seen in between.
    Suspended,
}

/// What the window's pointer has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    /// Go where the program put it.
    Follow(Point),
    /// Stay in the window.
    Enclose,
    /// Be free again, and go where the program put it last.
    Free,
}

/// The pointer of the window.
#[derive(Debug, Default)]
pub(crate) struct Pointer {
    mode: Mode,
    inside: bool,
    /// Where the session has the pointer, as far as this knows.
    place: Option<Point>,
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
            Step::Follow(at) => self.go_to(at, window, placement),
            Step::Enclose => self.enclose(window),
            Step::Free => {
                self.free(window);
                // The shape may also be what came late, and this what the program meant first.
                if let Some(at) = session.cursor_position.filter(|_| focused) {
                    self.go_to(at, window, placement);
                }
            }
        }
    }

    /// Moves the window's pointer to this pixel of the picture, where the session has it already.
    fn go_to(&mut self, at: Point, window: &Window, placement: &Placement) {
        self.place = Some(at);
        let offset = placement.offset();
        let (x, y) = (at.x + offset.dx, at.y + offset.dy);
        // A window system that does not let programs move the pointer (Wayland) shows it where the
        // person has it, which is where the next motion says it is.
        let _ = window.set_cursor_position(PhysicalPosition::new(x, y));
    }

    fn step(&mut self, hidden: bool, moved_to: Option<Point>) -> Step {
        match (&self.mode, moved_to) {
            (Mode::Movement(_), _) if !hidden => Step::Free,
            (Mode::Suspended, _) if !hidden => {
                self.mode = Mode::Place;
                Step::Nothing
            }
            (Mode::Place, Some(_)) if hidden && self.inside => Step::Enclose,
            (Mode::Place, Some(at)) if self.inside => Step::Follow(at),
            _ => Step::Nothing,
        }
    }

    fn enclose(&mut self, window: &Window) {
        // Without an enclosure its place is better than movements that end at the window's edge.
        self.mode = match Enclosure::of(window) {
            Some(enclosure) => Mode::Movement(enclosure),
            None => Mode::Place,
        };
    }

    /// The window is somewhere else, or of another size.
    pub(crate) fn window_moved(&mut self, window: &Window) {
        if matches!(self.mode, Mode::Movement(_)) {
            self.release(window, Mode::Place);
            self.enclose(window);
        }
    }

    /// Lets the pointer leave the window.
    pub(crate) fn free(&mut self, window: &Window) {
        self.release(window, Mode::Place);
    }

    /// The viewer itself has the pointer from now on.
    pub(crate) fn suspend(&mut self, window: &Window) {
        if matches!(self.mode, Mode::Movement(_)) {
            self.release(window, Mode::Suspended);
        }
    }

    /// The session has the pointer again, which is `at` in the window, if it is there; what is to be
    /// told of it: a click without another movement has to be where the pointer is now. A program that
    /// reads movements is told of none: it would take the place for one.
    pub(crate) fn resume(
        &mut self,
        at: Option<Point<WindowSpace>>,
        window: &Window,
        placement: &Placement,
    ) -> Option<InputEvent> {
        if self.resumed(at) == Step::Enclose {
            self.enclose(window);
        }
        self.place = None;
        self.at(at?, placement)
    }

    fn resumed(&mut self, at: Option<Point<WindowSpace>>) -> Step {
        match (&self.mode, at) {
            (Mode::Suspended, Some(_)) => Step::Enclose,
            (Mode::Suspended, None) => {
                self.mode = Mode::Place;
                Step::Nothing
            }
            (Mode::Place | Mode::Movement(_), _) => Step::Nothing,
        }
    }

    fn release(&mut self, window: &Window, mode: Mode) {
        if let Mode::Movement(enclosure) = std::mem::replace(&mut self.mode, mode) {
            enclosure.open(window);
            self.rest = (0.0, 0.0);
            self.place = None;
        }
    }

    /// The pointer is here now; `None` if only its movement counts, or if the session has it there:
    /// window systems repeat themselves, and a program may have moved it meanwhile.
    pub(crate) fn at(
        &mut self,
        at: Point<WindowSpace>,
        placement: &Placement,
    ) -> Option<InputEvent> {
        self.inside = true;
        let at = placement.to_frame(at);
        if !matches!(self.mode, Mode::Place) || self.place == Some(at) {
            return None;
        }
        self.place = Some(at);
        Some(InputEvent::PointerMotion(at))
    }

    /// The session may have the pointer anywhere: it is told wherever it is seen next.
    pub(crate) fn forget_place(&mut self) {
        self.place = None;
    }

    /// The pointer left the window.
    pub(crate) fn left(&mut self) {
        self.inside = false;
    }

    /// A device moved; `None` if the place counts, or if it is not a pixel yet.
    pub(crate) fn moved(&mut self, right: f64, down: f64) -> Option<InputEvent> {
        if !matches!(self.mode, Mode::Movement(_)) {
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
    use hackstream_protocol::geometry::Size;

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
    fn a_hidden_pointer_that_is_put_somewhere_is_enclosed_until_it_is_seen() {
        let mut pointer = inside();
        assert_eq!(pointer.step(true, None), Step::Nothing);
        assert_eq!(pointer.step(true, Some(AT)), Step::Enclose);
        pointer.mode = Mode::Movement(Enclosure::Lock);
        assert_eq!(pointer.step(true, Some(AT)), Step::Nothing);
        let moved = InputEvent::PointerMoved { right: 2, down: -1 };
        assert_eq!(pointer.moved(2.5, -1.0), Some(moved));
        let moved = InputEvent::PointerMoved { right: 1, down: 0 };
        assert_eq!(pointer.moved(0.5, 0.0), Some(moved));
        assert_eq!(pointer.moved(0.25, 0.0), None);
        assert_eq!(pointer.step(false, None), Step::Free);
    }

    /// A pointer that was locked, and which the viewer's menu has.
    fn suspended() -> Pointer {
        let mut pointer = inside();
        assert_eq!(pointer.step(true, Some(AT)), Step::Enclose);
        pointer.mode = Mode::Suspended;
        pointer
    }

    fn placement() -> Placement {
        Placement::new(Size::new(100, 100), Size::new(100, 100))
    }

    #[test]
    fn a_game_learns_no_place_when_the_menu_closes() {
        let mut pointer = suspended();
        let here = Point::new(7, 7);
        assert_eq!(pointer.moved(5.0, 0.0), None, "the menu has it");
        assert_eq!(pointer.step(true, Some(AT)), Step::Nothing);
        assert_eq!(pointer.resumed(Some(here)), Step::Enclose);
        pointer.mode = Mode::Movement(Enclosure::Lock);
        assert_eq!(pointer.at(here, &placement()), None);
        let moved = InputEvent::PointerMoved { right: 5, down: 0 };
        assert_eq!(pointer.moved(5.0, 0.0), Some(moved));
    }

    #[test]
    fn a_game_that_ended_under_the_menu_leaves_the_pointer_free() {
        let mut pointer = suspended();
        let here = Point::new(7, 7);
        assert_eq!(pointer.step(false, None), Step::Nothing);
        assert_eq!(pointer.resumed(Some(here)), Step::Nothing);
        let told = pointer.at(here, &placement());
        assert_eq!(told, Some(InputEvent::PointerMotion(Point::new(7, 7))));
        // Nor is one locked that is elsewhere by then.
        let mut pointer = suspended();
        assert_eq!(pointer.resumed(None), Step::Nothing);
        assert_eq!(pointer.moved(5.0, 0.0), None);
    }

    #[test]
    fn a_place_is_told_once() {
        let mut pointer = Pointer::default();
        let size = Size::new(800, 600);
        let placement = Placement::new(size, Size::new(800, 600));
        let told = |pointer: &mut Pointer, x| pointer.at(Point::new(x, 5), &placement);
        let motion = |x| Some(InputEvent::PointerMotion(Point::new(x, 5)));
        assert_eq!(told(&mut pointer, 4), motion(4));
        assert_eq!(told(&mut pointer, 4), None);
        assert_eq!(told(&mut pointer, 7), motion(7));
        assert_eq!(told(&mut pointer, 4), motion(4));
        pointer.forget_place();
        assert_eq!(told(&mut pointer, 4), motion(4));
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
