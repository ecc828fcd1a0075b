//! Keys by their position.

use hackstream_protocol::wire::input::KeyCode;
use winit::keyboard::PhysicalKey;
use winit::platform::scancode::PhysicalKeyExtScancode as _;

/// `KEY_UNKNOWN`, which winit gives to keys that it cannot name.
const UNKNOWN: u16 = 240;

/// The evdev code of a key; `None` if it has none that the session can name.
pub(super) fn code(key: PhysicalKey) -> Option<KeyCode> {
    let code = u16::try_from(key.to_scancode()?).ok()?;
    ((1..=KeyCode::MAX).contains(&code) && code != UNKNOWN).then_some(KeyCode(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::keyboard::{KeyCode as Physical, NativeKeyCode};

    #[test]
    fn codes_are_those_of_evdev() {
        for (key, number) in [
            (Physical::Escape, 1),
            (Physical::KeyA, 30),
            (Physical::Enter, 28),
            (Physical::ShiftLeft, 42),
            (Physical::ControlRight, 97),
            (Physical::AltRight, 100),
            (Physical::IntlBackslash, 86),
            (Physical::ArrowUp, 103),
            (Physical::F12, 88),
            (Physical::NumpadEnter, 96),
            (Physical::SuperLeft, 125),
            (Physical::AudioVolumeMute, 113),
        ] {
            assert_eq!(
                code(PhysicalKey::Code(key)),
                Some(KeyCode(number)),
                "{key:?}"
            );
        }
    }

    #[test]
    fn nameless_keys_are_dropped() {
        let unknown = PhysicalKey::Unidentified(NativeKeyCode::Unidentified);
        assert_eq!(code(unknown), None);
    }
}
