//! What keyboards and mice report, and what it means for the session.
//!
//! Keys go by their position, and the session has the layout of this machine: there is no window
//! system that would know characters.

use hackstream_protocol::geometry::{Point, Size, Window as WindowSpace};
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};

/// Kinds of records, as `linux/input-event-codes.h` numbers them.
pub(super) mod kind {
    /// A packet is complete.
    pub(in super::super) const SYN: u16 = 0;
    /// A key or a button: 0 is up, 1 is down, 2 is a repeat.
    pub(in super::super) const KEY: u16 = 1;
    /// A movement, or a turn of a wheel.
    pub(in super::super) const REL: u16 = 2;
}

/// What moves.
mod axis {
    pub(super) const X: u16 = 0;
    pub(super) const Y: u16 = 1;
    pub(super) const HORIZONTAL_WHEEL: u16 = 6;
    pub(super) const WHEEL: u16 = 8;
}

/// `SYN_DROPPED`: the kernel had no room for what came before.
pub(super) const DROPPED: u16 = 3;

const BACKSPACE: KeyCode = KeyCode(14);
/// Left and right.
const CONTROL: [KeyCode; 2] = [KeyCode(29), KeyCode(97)];
const ALT: [KeyCode; 2] = [KeyCode(56), KeyCode(100)];

/// One record of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// See [`kind`].
    pub(super) kind: u16,
    /// Which key or axis.
    pub(super) code: u16,
    /// Its state, or its movement.
    pub(super) value: i32,
}

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Something for the session.
    Input(InputEvent),
    /// The pointer is here on the monitor.
    Pointed(Point<WindowSpace>),
    /// Control, Alt and Backspace: the viewer ends.
    Leave,
}

/// What is held down, and where the pointer is.
#[derive(Debug)]
pub(super) struct Hands {
    monitor: Size<WindowSpace>,
    keys: Vec<KeyCode>,
    at: Point<WindowSpace>,
    /// Movement in the packet that is coming in.
    moved: (i32, i32),
    /// Notches in it.
    turned: (i32, i32),
}

impl Hands {
    /// Nothing is held down; the pointer is in the middle.
    pub(super) fn new(monitor: Size<WindowSpace>) -> Self {
        Self {
            monitor,
            keys: Vec::new(),
            at: Point::new(monitor.width as i32 / 2, monitor.height as i32 / 2),
            moved: (0, 0),
            turned: (0, 0),
        }
    }

    /// What comes of a record. Movement counts once its packet is complete, before what is pressed.
    pub(super) fn record(&mut self, record: Record) -> Vec<Deed> {
        let Record { kind, code, value } = record;
        match (kind, code) {
            (kind::SYN, DROPPED) => {
                self.keys.clear();
                vec![Deed::Input(InputEvent::ReleaseAll)]
            }
            (kind::SYN, _) => self.complete(),
            (kind::REL, axis::X) => add(&mut self.moved.0, value),
            (kind::REL, axis::Y) => add(&mut self.moved.1, value),
            (kind::REL, axis::HORIZONTAL_WHEEL) => add(&mut self.turned.0, value),
            // Away from the person is up.
            (kind::REL, axis::WHEEL) => add(&mut self.turned.1, value.saturating_neg()),
            (kind::KEY, _) => self.pressed(code, value),
            _ => Vec::new(),
        }
    }

    fn pressed(&mut self, code: u16, value: i32) -> Vec<Deed> {
        let transition = match value {
            0 => Transition::Release,
            1 => Transition::Press,
            // The session's display makes its own repeats.
            _ => return Vec::new(),
        };
        if let Some(button) = button(code) {
            let mut deeds = self.complete();
            deeds.push(Deed::Input(InputEvent::Button(button, transition)));
            return deeds;
        }
        if !(1..=KeyCode::MAX).contains(&code) {
            return Vec::new();
        }
        let key = KeyCode(code);
        let held = self.keys.iter().position(|&held| held == key);
        match (transition, held) {
            (Transition::Press, None) if key == BACKSPACE && self.leaves() => {
                return vec![Deed::Leave];
            }
            (Transition::Press, None) => self.keys.push(key),
            (Transition::Release, Some(index)) => {
                self.keys.swap_remove(index);
            }
            // Another keyboard has the same key down, or it was down before the viewer came.
            (Transition::Press, Some(_)) | (Transition::Release, None) => return Vec::new(),
        }
        vec![Deed::Input(InputEvent::Key(key, transition))]
    }

    /// Whether control and alt are down.
    fn leaves(&self) -> bool {
        let is_held = |keys: [KeyCode; 2]| keys.iter().any(|key| self.keys.contains(key));
        is_held(CONTROL) && is_held(ALT)
    }

    fn complete(&mut self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let (right, down) = core::mem::take(&mut self.moved);
        let edge = |length: u32| (length as i32).saturating_sub(1).max(0);
        let at = Point::new(
            self.at
                .x
                .saturating_add(right)
                .clamp(0, edge(self.monitor.width)),
            self.at
                .y
                .saturating_add(down)
                .clamp(0, edge(self.monitor.height)),
        );
        if at != self.at {
            self.at = at;
            deeds.push(Deed::Pointed(at));
        }
        let (right, down) = core::mem::take(&mut self.turned);
        if (right, down) != (0, 0) {
            let notches = |turn: i32| turn.clamp(-127, 127) as i8;
            deeds.push(Deed::Input(InputEvent::Wheel {
                right: notches(right),
                down: notches(down),
            }));
        }
        deeds
    }
}

fn add(sum: &mut i32, value: i32) -> Vec<Deed> {
    *sum = sum.saturating_add(value);
    Vec::new()
}

/// The X number of a mouse's button.
const fn button(code: u16) -> Option<Button> {
    Some(Button(match code {
        0x110 => 1,
        0x112 => 2,
        0x111 => 3,
        // "Side" and "extra" are what mice have for back and forward.
        0x113 | 0x116 => 8,
        0x114 | 0x115 => 9,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT_BUTTON: u16 = 0x110;
    const A: u16 = 30;

    fn hands() -> Hands {
        Hands::new(Size::new(100, 80))
    }

    fn all(hands: &mut Hands, records: &[(u16, u16, i32)]) -> Vec<Deed> {
        let records = records.iter();
        let records = records.map(|&(kind, code, value)| Record { kind, code, value });
        records.flat_map(|record| hands.record(record)).collect()
    }

    fn key(code: u16, transition: Transition) -> Deed {
        Deed::Input(InputEvent::Key(KeyCode(code), transition))
    }

    #[test]
    fn keys_go_down_and_up_once_and_do_not_repeat() {
        let mut hands = hands();
        let records = [
            (1, A, 1),
            (0, 0, 0),
            (1, A, 2),
            (1, A, 1),
            (1, A, 0),
            (1, A, 0),
        ];
        let expected = [key(A, Transition::Press), key(A, Transition::Release)];
        assert_eq!(all(&mut hands, &records), expected);
        assert_eq!(
            all(&mut hands, &[(1, 0, 1), (1, 248, 1), (1, 0x2ff, 1)]),
            []
        );
    }

    #[test]
    fn a_movement_ends_with_its_packet_and_at_the_edge() {
        let mut hands = hands();
        assert_eq!(all(&mut hands, &[(2, 0, 5), (2, 1, -3)]), []);
        let moved = all(&mut hands, &[(2, 0, 1), (0, 0, 0)]);
        assert_eq!(moved, [Deed::Pointed(Point::new(56, 37))]);
        let moved = all(&mut hands, &[(2, 0, i32::MAX), (2, 1, i32::MIN), (0, 0, 0)]);
        assert_eq!(moved, [Deed::Pointed(Point::new(99, 0))]);
        assert_eq!(all(&mut hands, &[(2, 0, 1), (0, 0, 0)]), []);
    }

    #[test]
    fn a_click_is_where_the_pointer_went_in_the_same_packet() {
        let records = [(2, 0, 7), (1, LEFT_BUTTON, 1), (0, 0, 0)];
        let click = InputEvent::Button(Button(1), Transition::Press);
        let expected = [Deed::Pointed(Point::new(57, 40)), Deed::Input(click)];
        assert_eq!(all(&mut hands(), &records), expected);
    }

    #[test]
    fn the_wheel_turned_away_scrolls_up() {
        let wheel = |right, down| Deed::Input(InputEvent::Wheel { right, down });
        assert_eq!(all(&mut hands(), &[(2, 8, 1), (0, 0, 0)]), [wheel(0, -1)]);
        assert_eq!(
            all(&mut hands(), &[(2, 6, 300), (0, 0, 0)]),
            [wheel(127, 0)]
        );
    }

    #[test]
    fn control_alt_and_backspace_leave_and_backspace_alone_does_not() {
        let mut hands = hands();
        let alone = [key(14, Transition::Press), key(14, Transition::Release)];
        assert_eq!(all(&mut hands, &[(1, 14, 1), (1, 14, 0)]), alone);
        let deeds = all(&mut hands, &[(1, 97, 1), (1, 56, 1), (1, 14, 1)]);
        assert_eq!(deeds.last(), Some(&Deed::Leave));
    }

    #[test]
    fn what_the_kernel_dropped_lets_go_of_everything() {
        let mut hands = hands();
        all(&mut hands, &[(1, A, 1)]);
        let dropped = all(&mut hands, &[(0, DROPPED, 0)]);
        assert_eq!(dropped, [Deed::Input(InputEvent::ReleaseAll)]);
        assert_eq!(all(&mut hands, &[(1, A, 0)]), []);
    }
}
