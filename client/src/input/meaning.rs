//! What a key means: a place, a character, or a part of one that is still being composed.
//!
//! Dead keys and Compose are resolved here, where the person set them up: programs on the server
//! compose only if they can and their locale lets them.

use hackstream_protocol::wire::keyboard::is_text;
use winit::keyboard::{Key, NamedKey, SmolStr};

/// What a press means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// No character: the key itself.
    Key,
    /// A character.
    Character(char),
    /// What was composed of several keys.
    Composed(SmolStr),
    /// Nothing yet, or nothing at all: a part of a composition.
    Part,
}

/// Whether a character is being composed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Composition {
    #[default]
    None,
    Begun,
}

/// A key went down, as the window system reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Press<'a> {
    /// What it means with the modifiers that are down.
    pub(crate) logical: &'a Key,
    /// What it means without them.
    pub(crate) plain: &'a Key,
    /// The text that it gives, after composition.
    pub(crate) text: Option<&'a SmolStr>,
}

impl Composition {
    /// Takes the press into account.
    pub(super) fn press(&mut self, press: Press<'_>) -> Meaning {
        let composing = *self == Self::Begun;
        if is_modifier(press.logical) {
            return Meaning::Key;
        }
        let meaning = meaning(press, composing);
        *self = match meaning {
            Meaning::Part if begins(press.logical) => Self::Begun,
            // Within a composition the window system shows no difference between a part and a
            // failure; after a failure the next text is only taken for composed.
            Meaning::Part if composing => Self::Begun,
            _ => Self::None,
        };
        meaning
    }
}

fn meaning(press: Press<'_>, composing: bool) -> Meaning {
    match press.text {
        Some(text) if text.chars().all(is_text) && !text.is_empty() => {
            let mut characters = text.chars();
            match (composing, characters.next(), characters.next()) {
                (false, Some(character), None) => Meaning::Character(character),
                _ => Meaning::Composed(text.clone()),
            }
        }
        // Escape, Enter and the like.
        Some(_) => Meaning::Key,
        None if begins(press.logical) || (composing && has_text(press.plain)) => Meaning::Part,
        None if matches!(press.logical, Key::Unidentified(_)) && has_text(press.plain) => {
            Meaning::Part
        }
        None => Meaning::Key,
    }
}

/// Whether the key makes a part of a character whatever came before it.
const fn begins(key: &Key) -> bool {
    matches!(key, Key::Dead(_) | Key::Named(NamedKey::Compose))
}

const fn has_text(key: &Key) -> bool {
    matches!(key, Key::Character(_) | Key::Named(NamedKey::Space))
}

/// Whether the key chooses among meanings of others, so that a composition goes on after it.
const fn is_modifier(key: &Key) -> bool {
    matches!(
        key,
        Key::Named(
            NamedKey::Shift
                | NamedKey::Control
                | NamedKey::Alt
                | NamedKey::AltGraph
                | NamedKey::Super
                | NamedKey::Meta
                | NamedKey::Hyper
                | NamedKey::CapsLock
                | NamedKey::NumLock
                | NamedKey::ModeChange
                | NamedKey::GroupFirst
                | NamedKey::GroupLast
                | NamedKey::GroupNext
                | NamedKey::GroupPrevious
        )
    )
}

/// Whether the key may change what is switched on at the keyboard.
pub(super) const fn may_lock(key: &Key) -> bool {
    is_modifier(key) || matches!(key, Key::Unidentified(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::keyboard::NativeKey;

    fn character(text: &str) -> Key {
        Key::Character(SmolStr::new(text))
    }

    /// Presses a key that means `logical`, means `plain` without modifiers and gives `text`.
    fn press(state: &mut Composition, logical: &Key, plain: &Key, text: &str) -> Meaning {
        let text = (!text.is_empty()).then(|| SmolStr::new(text));
        state.press(Press {
            logical,
            plain,
            text: text.as_ref(),
        })
    }

    #[test]
    fn characters_and_keys_are_told_apart() {
        let mut state = Composition::None;
        let named = |key| Key::Named(key);
        let at = press(&mut state, &character("@"), &character("q"), "@");
        assert_eq!(at, Meaning::Character('@'));
        let space = named(NamedKey::Space);
        assert_eq!(
            press(&mut state, &space, &space, " "),
            Meaning::Character(' ')
        );
        for (key, text) in [
            (NamedKey::Enter, "\r"),
            (NamedKey::Escape, "\u{1b}"),
            (NamedKey::Delete, "\u{7f}"),
            (NamedKey::F1, ""),
            (NamedKey::Shift, ""),
            (NamedKey::Convert, ""),
        ] {
            let key = named(key);
            assert_eq!(press(&mut state, &key, &key, text), Meaning::Key, "{key:?}");
        }
        let nameless = Key::Unidentified(NativeKey::Xkb(0x1008_ff41));
        assert_eq!(press(&mut state, &nameless, &nameless, ""), Meaning::Key);
    }

    #[test]
    fn a_dead_key_waits_for_its_letter() {
        let mut state = Composition::None;
        let (dead, e, shift) = (
            Key::Dead(Some('^')),
            character("E"),
            Key::Named(NamedKey::Shift),
        );
        assert_eq!(press(&mut state, &dead, &dead, ""), Meaning::Part);
        assert_eq!(press(&mut state, &shift, &shift, ""), Meaning::Key);
        let composed = press(&mut state, &e, &character("e"), "Ê");
        assert_eq!(composed, Meaning::Composed(SmolStr::new("Ê")));
        let plain = press(&mut state, &e, &character("e"), "E");
        assert_eq!(plain, Meaning::Character('E'));
    }

    #[test]
    fn a_composition_that_fails_types_nothing() {
        let mut state = Composition::None;
        let compose = Key::Named(NamedKey::Compose);
        assert_eq!(press(&mut state, &compose, &compose, ""), Meaning::Part);
        let nothing = Key::Unidentified(NativeKey::Xkb(0x78));
        let x = character("x");
        assert_eq!(press(&mut state, &nothing, &x, ""), Meaning::Part);
        let composed = press(&mut state, &x, &x, "x");
        assert_eq!(composed, Meaning::Composed(SmolStr::new("x")));
        assert_eq!(press(&mut state, &x, &x, "x"), Meaning::Character('x'));
    }

    #[test]
    fn compose_and_space_are_parts() {
        let mut state = Composition::None;
        let (compose, space) = (Key::Named(NamedKey::Compose), Key::Named(NamedKey::Space));
        assert_eq!(press(&mut state, &compose, &compose, ""), Meaning::Part);
        assert_eq!(press(&mut state, &space, &space, ""), Meaning::Part);
    }
}
