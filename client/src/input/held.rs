//! Which keys are down in the session because of this window.
//!
//! Of what an input method hands back while it composes, winit looks at the text alone: a key that went
//! down before, such as Shift or the space bar of somebody who types fluently, never comes up again.
//! The keyboard itself tells that it did, only not in one order with what takes the way through the
//! method.

use hackstream_protocol::wire::input::KeyCode;
use winit::event::ElementState;

/// The keys that are down.
#[derive(Debug, Default)]
pub(super) struct Held {
    keys: Vec<KeyCode>,
    /// Keys that are up at the keyboard, whatever of them is still with the input method.
    up: Vec<KeyCode>,
    /// Whether an input method composes, so that releases do not come.
    composes: bool,
}

impl Held {
    /// A press has come; whether the session is to hear of it.
    pub(super) fn press(&mut self, key: KeyCode) -> bool {
        let is_news = !self.keys.contains(&key);
        if is_news {
            self.keys.push(key);
        }
        is_news
    }

    /// A release has come; whether the session is to hear of it. It need not know of keys that were down
    /// before the window had the focus, and those that were part of a composition.
    pub(super) fn release(&mut self, key: KeyCode) -> bool {
        take(&mut self.keys, key)
    }

    /// The keyboard itself says that a key moved; whether the session is to hear of a release. If one
    /// may come, it comes in the right order.
    pub(super) fn moved(&mut self, key: KeyCode, state: ElementState) -> bool {
        take(&mut self.up, key);
        if state == ElementState::Pressed {
            return false;
        }
        self.up.push(key);
        self.composes && self.release(key)
    }

    /// An input method composes or does not; the keys that came up and that nothing will be heard of.
    pub(super) fn compose(&mut self, composes: bool) -> Vec<KeyCode> {
        self.composes = composes;
        if !composes {
            return Vec::new();
        }
        let is_up = |key: &KeyCode| self.up.contains(key);
        let (gone, keys) = self.keys.iter().partition(|key| is_up(key));
        self.keys = keys;
        gone
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
        assert!(held.press(KEY));
        assert!(held.compose(true).is_empty());
        assert!(held.moved(KEY, ElementState::Released));
        assert!(!held.release(KEY), "told twice");
    }

    #[test]
    fn a_key_that_came_up_before_is_not_held_through_a_composition() {
        let mut held = Held::default();
        held.moved(KEY, ElementState::Pressed);
        held.moved(KEY, ElementState::Released);
        assert!(held.press(KEY), "late");
        assert_eq!(held.compose(true), [KEY]);
        assert!(held.compose(true).is_empty() && !held.release(KEY));
    }

    #[test]
    fn releases_keep_their_order_while_nothing_is_composed() {
        let mut held = Held::default();
        held.moved(KEY, ElementState::Pressed);
        assert!(held.press(KEY) && !held.press(KEY));
        assert!(!held.moved(KEY, ElementState::Released));
        assert!(held.compose(false).is_empty());
        assert!(held.release(KEY));
    }
}
