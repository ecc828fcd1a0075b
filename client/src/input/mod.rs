//! From the window's events to the session's input.

mod keys;
mod wheel;

use hackstream_protocol::geometry::{Point, Window};
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use winit::event::{DeviceEvent, MouseButton, MouseScrollDelta};
use winit::keyboard::PhysicalKey;

use crate::present::Placement;
use wheel::Wheel;

/// What is held down in the session because of this window, and what the wheel owes.
#[derive(Debug, Default)]
pub(crate) struct InputState {
    keys: Vec<KeyCode>,
    wheel: Wheel,
}

impl InputState {
    /// A key of the window. `None` for repeats (the session's display makes its own), for keys
    /// that were down before the window had the focus, and for keys without a code.
    pub(crate) fn key(&mut self, key: PhysicalKey, transition: Transition) -> Option<InputEvent> {
        let code = keys::code(key)?;
        let held = self.keys.iter().position(|&held| held == code);
        match (transition, held) {
            (Transition::Press, None) => self.keys.push(code),
            (Transition::Release, Some(index)) => drop(self.keys.swap_remove(index)),
            _ => return None,
        }
        Some(InputEvent::Key(code, transition))
    }

    /// The window lost the focus: whatever is released now, it will not hear of it.
    pub(crate) fn focus_lost(&mut self) -> InputEvent {
        *self = Self::default();
        InputEvent::ReleaseAll
    }

    /// A device did something, whatever that means for the window.
    pub(crate) fn device(&mut self, event: &DeviceEvent) {
        self.wheel.device(event);
    }

    /// The wheel or the touch pad scrolled; `scale` is physical pixels per logical pixel.
    pub(crate) fn scrolled(&mut self, delta: MouseScrollDelta, scale: f64) -> Option<InputEvent> {
        self.wheel.turned(delta, scale)
    }
}

/// The pointer moved to `at` in the window.
pub(crate) fn motion(at: Point<Window>, placement: &Placement) -> InputEvent {
    InputEvent::PointerMotion(placement.to_frame(at))
}

/// A button of the pointer; `None` for those the session cannot name.
pub(crate) fn button(button: MouseButton, transition: Transition) -> Option<InputEvent> {
    let number = match button {
        MouseButton::Left => 1,
        MouseButton::Middle => 2,
        MouseButton::Right => 3,
        MouseButton::Back => 8,
        MouseButton::Forward => 9,
        // X numbers of further buttons go on after "forward".
        MouseButton::Other(other) => u8::try_from(other)
            .ok()
            .filter(|n| (10..=Button::MAX).contains(n))?,
    };
    Some(InputEvent::Button(Button(number), transition))
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::keyboard::KeyCode as Physical;

    const A: PhysicalKey = PhysicalKey::Code(Physical::KeyA);

    #[test]
    fn repeats_and_foreign_releases_are_dropped() {
        let mut state = InputState::default();
        assert_eq!(state.key(A, Transition::Release), None);
        let press = InputEvent::Key(KeyCode(30), Transition::Press);
        assert_eq!(state.key(A, Transition::Press), Some(press));
        assert_eq!(state.key(A, Transition::Press), None);
        let release = InputEvent::Key(KeyCode(30), Transition::Release);
        assert_eq!(state.key(A, Transition::Release), Some(release));
    }

    #[test]
    fn losing_the_focus_forgets_what_is_held() {
        let mut state = InputState::default();
        state.key(A, Transition::Press);
        assert_eq!(state.focus_lost(), InputEvent::ReleaseAll);
        assert_eq!(state.key(A, Transition::Release), None);
    }

    #[test]
    fn buttons_have_their_x_numbers() {
        let number = |b| match button(b, Transition::Press) {
            Some(InputEvent::Button(Button(number), _)) => number,
            _ => 0,
        };
        let known = [MouseButton::Left, MouseButton::Middle, MouseButton::Right];
        assert_eq!(known.map(number), [1, 2, 3]);
        assert_eq!(
            [MouseButton::Back, MouseButton::Forward].map(number),
            [8, 9]
        );
        assert_eq!(
            [2, 10, 300].map(|n| number(MouseButton::Other(n))),
            [0, 10, 0]
        );
    }
}
