//! From the window's events to the session's input.

mod enclosure;
mod held;
mod keyboard;
mod keys;
mod meaning;
mod method;
mod pointer;
mod wheel;

use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use hackstream_protocol::wire::keyboard::{CommandModifiers, Locks, is_text};
use winit::event::{
    DeviceEvent, ElementState, Ime, KeyEvent, MouseButton, MouseScrollDelta, RawKeyEvent,
};
use winit::keyboard::{ModifiersState, PhysicalKey};
use winit::platform::modifier_supplement::KeyEventExtModifierSupplement as _;

use held::Held;
pub(crate) use keyboard::Keyboard;
use meaning::{Composition, Meaning, Press, may_lock};
pub(crate) use method::has_input_method;
pub(crate) use pointer::Pointer;
use wheel::Wheel;

/// `KEY_TAB` and `KEY_ENTER`, which input methods give as characters.
const TAB: KeyCode = KeyCode(15);
const ENTER: KeyCode = KeyCode(28);

/// What is held down in the session because of this window, and what the wheel owes.
#[derive(Debug, Default)]
pub(crate) struct InputState {
    keys: Held,
    modifiers: CommandModifiers,
    composition: Composition,
    /// What the session was told is switched on; `None` since the window got the focus.
    locks: Option<Locks>,
    wheel: Wheel,
}

impl InputState {
    /// A key of the window; `send` gets what it means for the session. Nothing for repeats: the
    /// session's display makes its own, and only one side may.
    pub(crate) fn key(
        &mut self,
        event: &KeyEvent,
        keyboard: &Keyboard,
        mut send: impl FnMut(InputEvent),
    ) {
        if event.repeat {
            return;
        }
        match event.state {
            ElementState::Released => self.release(event.physical_key, &mut send),
            ElementState::Pressed => {
                let press = Press {
                    logical: &event.logical_key,
                    plain: &event.key_without_modifiers(),
                    text: event.text.as_ref(),
                };
                // Of a key that switches something the keyboard tells already what comes of it.
                if self.locks.is_none() && !may_lock(&event.logical_key) {
                    self.tell_locks(keyboard, &mut send);
                }
                self.press(event.physical_key, press, &mut send);
            }
        }
        if may_lock(&event.logical_key) {
            self.tell_locks(keyboard, &mut send);
        }
    }

    fn press(&mut self, key: PhysicalKey, press: Press<'_>, send: &mut impl FnMut(InputEvent)) {
        let meaning = self.composition.press(press);
        if let Meaning::Composed(text) = meaning {
            return text.chars().for_each(|c| send(InputEvent::Text(c)));
        }
        let Some(code) = keys::code(key) else {
            // Programs that type for the person use keys that no keyboard has.
            if let Meaning::Character(character) = meaning {
                send(InputEvent::Text(character));
            }
            return;
        };
        let event = match meaning {
            Meaning::Key => InputEvent::Key(code, Transition::Press),
            Meaning::Character(character) => InputEvent::Typed {
                key: code,
                character,
                held: self.modifiers,
            },
            Meaning::Composed(_) | Meaning::Part => return,
        };
        if self.keys.press(code) {
            send(event);
        }
    }

    /// A key went up.
    fn release(&mut self, key: PhysicalKey, send: &mut impl FnMut(InputEvent)) {
        if let Some(code) = keys::code(key).filter(|&code| self.keys.release(code)) {
            send(InputEvent::Key(code, Transition::Release));
        }
    }

    /// The session may know nothing of the locks any more.
    pub(crate) const fn forget_locks(&mut self) {
        self.locks = None;
    }

    /// Sends what is switched on at the keyboard, unless the session knows.
    fn tell_locks(&mut self, keyboard: &Keyboard, send: &mut impl FnMut(InputEvent)) {
        let locks = keyboard.locks();
        if let Some(locks) = locks.filter(|_| locks != self.locks) {
            self.locks = Some(locks);
            send(InputEvent::Locks(locks));
        }
    }

    /// Other modifiers are down now.
    pub(crate) fn modifiers(&mut self, state: ModifiersState) {
        self.modifiers = CommandModifiers {
            control: state.control_key(),
            alt: state.alt_key(),
            logo: state.super_key(),
        };
    }

    /// The modifiers that are down.
    pub(crate) const fn held(&self) -> CommandModifiers {
        self.modifiers
    }

    /// An input method composes, or made text.
    pub(crate) fn input_method(&mut self, event: &Ime, mut send: impl FnMut(InputEvent)) {
        let composes = matches!(event, Ime::Preedit(text, _) if !text.is_empty());
        for key in self.keys.compose(composes) {
            send(InputEvent::Key(key, Transition::Release));
        }
        let Ime::Commit(text) = event else { return };
        for character in text.chars() {
            let key = match character {
                '\t' => TAB,
                '\n' | '\r' => ENTER,
                text if is_text(text) => {
                    send(InputEvent::Text(text));
                    continue;
                }
                _ => continue,
            };
            send(InputEvent::Key(key, Transition::Press));
            send(InputEvent::Key(key, Transition::Release));
        }
    }

    /// The window lost the focus: whatever is released now, it will not hear of it.
    pub(crate) fn focus_lost(&mut self) -> InputEvent {
        *self = Self::default();
        InputEvent::ReleaseAll
    }

    /// A device did something, whatever that means for the window; what the session is to hear of it.
    pub(crate) fn device(&mut self, event: &DeviceEvent) -> Option<InputEvent> {
        self.wheel.device(event);
        let DeviceEvent::Key(RawKeyEvent {
            physical_key,
            state,
        }) = event
        else {
            return None;
        };
        let code = keys::code(*physical_key)?;
        let is_release = self.keys.moved(code, *state);
        is_release.then_some(InputEvent::Key(code, Transition::Release))
    }

    /// The wheel or the touch pad scrolled; `scale` is physical pixels per logical pixel.
    pub(crate) fn scrolled(&mut self, delta: MouseScrollDelta, scale: f64) -> Option<InputEvent> {
        self.wheel.turned(delta, scale)
    }
}

/// The position of a key; `None` if it has none that the session can name.
pub(crate) fn key_code(key: PhysicalKey) -> Option<KeyCode> {
    keys::code(key)
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
    use winit::keyboard::{Key, KeyCode as Physical, SmolStr};

    const A: PhysicalKey = PhysicalKey::Code(Physical::KeyA);

    /// What a press of the key of the letter a sends when it means `logical`.
    fn press(state: &mut InputState, logical: &Key, text: &str) -> Vec<InputEvent> {
        let mut sent = Vec::new();
        let text = (!text.is_empty()).then(|| SmolStr::new(text));
        let press = Press {
            logical,
            plain: logical,
            text: text.as_ref(),
        };
        state.press(A, press, &mut |event| sent.push(event));
        sent
    }

    fn release(state: &mut InputState) -> Vec<InputEvent> {
        let mut sent = Vec::new();
        state.release(A, &mut |event| sent.push(event));
        sent
    }

    fn letter(letter: &str) -> Key {
        Key::Character(SmolStr::new(letter))
    }

    #[test]
    fn presses_are_told_once_and_foreign_releases_never() {
        let mut state = InputState::default();
        assert_eq!(release(&mut state), []);
        let typed = InputEvent::Typed {
            key: KeyCode(30),
            character: 'q',
            held: CommandModifiers::default(),
        };
        assert_eq!(press(&mut state, &letter("q"), "q"), [typed]);
        assert_eq!(press(&mut state, &letter("q"), "q"), []);
        let released = InputEvent::Key(KeyCode(30), Transition::Release);
        assert_eq!(release(&mut state), [released]);
    }

    #[test]
    fn commands_say_which_modifiers_make_them() {
        let mut state = InputState::default();
        state.modifiers(ModifiersState::CONTROL | ModifiersState::SHIFT);
        let sent = press(&mut state, &letter("Z"), "Z");
        let held = CommandModifiers {
            control: true,
            ..CommandModifiers::default()
        };
        assert!(matches!(sent[..], [InputEvent::Typed { held: h, .. }] if h == held));
    }

    #[test]
    fn of_a_composition_only_the_result_is_sent() {
        let mut state = InputState::default();
        assert_eq!(press(&mut state, &Key::Dead(Some('^')), ""), []);
        assert_eq!(release(&mut state), []);
        let sent = press(&mut state, &letter("a"), "â");
        assert_eq!(sent, [InputEvent::Text('â')]);
        assert_eq!(release(&mut state), []);
    }

    #[test]
    fn input_methods_cannot_send_control_characters() {
        let mut sent = Vec::new();
        let commit = Ime::Commit("日\u{1b}\n".to_owned());
        InputState::default().input_method(&commit, |event| sent.push(event));
        let enter = |transition| InputEvent::Key(ENTER, transition);
        let expected = [
            InputEvent::Text('日'),
            enter(Transition::Press),
            enter(Transition::Release),
        ];
        assert_eq!(sent, expected);
    }

    #[test]
    fn losing_the_focus_forgets_what_is_held() {
        let mut state = InputState::default();
        press(&mut state, &letter("a"), "a");
        assert_eq!(state.focus_lost(), InputEvent::ReleaseAll);
        assert_eq!(release(&mut state), []);
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
