//! Which keys are down in the session because of this window.
//!
//! Of what an input method hands back while it composes, winit looks at the text alone: a key that went
//! down before, such as Shift or the space bar of somebody who types fluently, never comes up again.
//! The keyboard itself tells that it did, only not in one order with what takes the way through the
//! method.

use hackstream_protocol::wire::input::KeyCode;
use winit::event::ElementState;

/// What the session is to hear of a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The key is down now.
    Down,
    /// It was, and is up again already.
    AndReleased,
    /// Nothing: it knows.
    Before,
}

/// The keys that are down.
#[derive(Debug, Default)]
pub(super) struct Held {
    keys: Vec<KeyCode>,
    /// Keys that went up at the keyboard and, as far as the session knows, were never down: their
    /// presses may be with the input method, which may also have taken them for itself.
    up_early: Vec<KeyCode>,
}

impl Held {
    /// A press has come.
    pub(super) fn press(&mut self, key: KeyCode) -> Pressed {
        if self.keys.contains(&key) {
            return Pressed::Before;
        }
        // More than one press may be late.
        if self.up_early.contains(&key) {
            return Pressed::AndReleased;
        }
        self.keys.push(key);
        Pressed::Down
    }

    /// A release has come; whether the session is to hear of it. It need not know of keys that were down
    /// before the window had the focus, and those that were part of a composition.
    pub(super) fn release(&mut self, key: KeyCode) -> bool {
        take(&mut self.keys, key)
    }

    /// The keyboard itself says that a key moved; whether the session is to hear of a release.
    pub(super) fn moved(&mut self, key: KeyCode, state: ElementState) -> bool {
        take(&mut self.up_early, key);
        if state == ElementState::Pressed {
            return false;
        }
        let was_down = self.release(key);
        if !was_down {
            self.up_early.push(key);
        }
        was_down
    }
}

fn take(keys: &mut Vec<KeyCode>, key: KeyCode) -> bool {
    let index = keys.iter().position(|&other| other == key);
    index.map(|index| keys.swap_remove(index)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: KeyCode = KeyCode(57);

    #[test]
    fn a_release_that_is_kept_back_comes_from_the_keyboard() {
        let mut held = Held::default();
        assert!(!held.moved(KEY, ElementState::Pressed));
        assert_eq!(held.press(KEY), Pressed::Down);
        assert!(held.moved(KEY, ElementState::Released));
        assert!(!held.release(KEY), "told twice");
    }

    #[test]
    fn presses_that_come_late_are_not_held() {
        let mut held = Held::default();
        for _ in 0..2 {
            held.moved(KEY, ElementState::Pressed);
            held.moved(KEY, ElementState::Released);
        }
        assert_eq!(held.press(KEY), Pressed::AndReleased);
        assert!(!held.release(KEY));
        assert_eq!(held.press(KEY), Pressed::AndReleased);
    }

    #[test]
    fn without_word_of_the_keyboard_presses_and_releases_count() {
        let mut held = Held::default();
        for _ in 0..2 {
            assert_eq!(held.press(KEY), Pressed::Down);
            assert!(held.release(KEY));
        }
    }

    #[test]
    fn a_press_that_was_taken_makes_the_next_one_no_shorter() {
        let mut held = Held::default();
        for _ in 0..2 {
            held.moved(KEY, ElementState::Pressed);
            held.moved(KEY, ElementState::Released);
        }
        held.moved(KEY, ElementState::Pressed);
        assert_eq!(held.press(KEY), Pressed::Down);
        assert_eq!(held.press(KEY), Pressed::Before);
        assert!(held.release(KEY));
    }
}
