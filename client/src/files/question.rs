//! Whether a file is taken: what the person is asked, and answers.

use hackstream_protocol::wire::keyboard::CommandModifiers;
use winit::event::{ElementState, KeyEvent};
use winit::keyboard::{Key, NamedKey};

/// One question. An answer counts for the one that the person saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuestionId(u64);

impl QuestionId {
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Which question it is.
    pub(crate) id: QuestionId,
    /// Its text.
    pub(crate) lines: Vec<String>,
}

/// Whether the person wants a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// They do.
    Take,
    /// They do not.
    Leave,
}

/// What a key says while the person is asked; `None` if it is meant for the session. Nobody presses
/// these by accident while typing.
pub(crate) fn answer(event: &KeyEvent, held: CommandModifiers) -> Option<Answer> {
    let is_press = event.state == ElementState::Pressed && !event.repeat;
    is_press
        .then(|| meaning(&event.logical_key, held))
        .flatten()
}

fn meaning(key: &Key, held: CommandModifiers) -> Option<Answer> {
    if !(held.control && held.alt) {
        return None;
    }
    match key {
        Key::Named(NamedKey::Enter) => Some(Answer::Take),
        Key::Named(NamedKey::End) => Some(Answer::Leave),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_keys_are_no_answer() {
        let both = CommandModifiers {
            control: true,
            alt: true,
            logo: false,
        };
        let enter = Key::Named(NamedKey::Enter);
        assert_eq!(meaning(&enter, both), Some(Answer::Take));
        let end = Key::Named(NamedKey::End);
        assert_eq!(meaning(&end, both), Some(Answer::Leave));
        let control = CommandModifiers { alt: false, ..both };
        assert_eq!(meaning(&enter, control), None);
        assert_eq!(meaning(&enter, CommandModifiers::default()), None);
        assert_eq!(meaning(&Key::Named(NamedKey::Space), both), None);
    }
}
