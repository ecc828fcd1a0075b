//! What keys mean while the menu is open.

use winit::event::KeyEvent;
use winit::keyboard::{Key, KeyCode, NamedKey, PhysicalKey};
use winit::platform::modifier_supplement::KeyEventExtModifierSupplement as _;

use super::Step;

/// A key, as the menu sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) enum MenuKey {
    /// To the entry above.
    Up,
    /// To the entry below.
    Down,
    /// To the first entry.
    First,
    /// To the last entry.
    Last,
    /// Changes the value of the chosen entry.
    Step(Step),
    /// Does what is chosen.
    Enter,
    /// Changes the volume.
    Louder(Step),
    /// Does what the letter, in upper case, stands for.
    Letter(char),
    /// Closes the menu.
    Escape,
    /// Does nothing.
    Other,
}

/// What a press means.
pub(in crate::present) fn menu_key(event: &KeyEvent) -> MenuKey {
    let is_held = event.repeat;
    match event.logical_key {
        Key::Named(NamedKey::ArrowUp) => MenuKey::Up,
        Key::Named(NamedKey::ArrowDown) => MenuKey::Down,
        Key::Named(NamedKey::ArrowLeft) => MenuKey::Step(Step::Back),
        Key::Named(NamedKey::ArrowRight) => MenuKey::Step(Step::On),
        Key::Named(NamedKey::Home) => MenuKey::First,
        Key::Named(NamedKey::End) => MenuKey::Last,
        Key::Named(NamedKey::Tab) => MenuKey::Down,
        // A key that is held does what it does once, but for values and arrows.
        _ if is_held => match sign(&event.logical_key) {
            Some(step) => MenuKey::Louder(step),
            None => MenuKey::Other,
        },
        Key::Named(NamedKey::Enter | NamedKey::Space) => MenuKey::Enter,
        Key::Named(NamedKey::Escape) => MenuKey::Escape,
        _ => match sign(&event.logical_key) {
            Some(step) => MenuKey::Louder(step),
            None => letter(&event.key_without_modifiers(), event.physical_key),
        },
    }
}

fn sign(key: &Key) -> Option<Step> {
    match key.to_text() {
        Some("+") => Some(Step::On),
        Some("-") => Some(Step::Back),
        _ => None,
    }
}

/// The letter on the key; where that is not a Latin one, the letter that a US keyboard has there.
fn letter(key: &Key, place: PhysicalKey) -> MenuKey {
    let mut letters = key.to_text().unwrap_or_default().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => {
            MenuKey::Letter(letter.to_ascii_uppercase())
        }
        (Some(other), None) if other.is_alphabetic() => match place {
            PhysicalKey::Code(code) => latin(code).map_or(MenuKey::Other, MenuKey::Letter),
            PhysicalKey::Unidentified(_) => MenuKey::Other,
        },
        _ => MenuKey::Other,
    }
}

/// The letter of a US keyboard.
fn latin(code: KeyCode) -> Option<char> {
    // The names are those of the web: "KeyA".
    let name = format!("{code:?}");
    let mut letters = name.strip_prefix("Key")?.chars();
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::keyboard::SmolStr;

    fn of(text: &str, code: KeyCode) -> MenuKey {
        letter(&Key::Character(SmolStr::new(text)), PhysicalKey::Code(code))
    }

    #[test]
    fn letters_are_those_of_the_persons_layout() {
        assert_eq!(of("q", KeyCode::KeyA), MenuKey::Letter('Q'), "AZERTY");
        assert_eq!(of("й", KeyCode::KeyQ), MenuKey::Letter('Q'), "Cyrillic");
        assert_eq!(of("5", KeyCode::Digit5), MenuKey::Other);
        let key = Key::Named(NamedKey::F5);
        assert_eq!(letter(&key, PhysicalKey::Code(KeyCode::F5)), MenuKey::Other);
    }
}
