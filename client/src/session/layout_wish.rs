//! The layout of the person's keyboard, which each connection has to learn.

use hackstream_protocol::wire::control::KeyboardLayout;

/// What the layout is, and whether the server knows it.
#[derive(Debug, Default)]
pub(super) enum LayoutWish {
    /// It is not known.
    #[default]
    Unknown,
    /// The server is to be told.
    Due(KeyboardLayout),
    /// It was.
    Told(KeyboardLayout),
}

impl LayoutWish {
    /// The layout has changed.
    pub(super) fn changed(&mut self, layout: KeyboardLayout) {
        *self = Self::Due(layout);
    }

    /// There is a new connection, which knows nothing.
    pub(super) fn forgotten(&mut self) {
        *self = match std::mem::take(self) {
            Self::Told(layout) => Self::Due(layout),
            other => other,
        };
    }

    /// What to tell the server now.
    pub(super) fn take(&mut self) -> Option<KeyboardLayout> {
        let Self::Due(layout) = self else {
            return None;
        };
        let layout = layout.clone();
        *self = Self::Told(layout.clone());
        Some(layout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::wire::control::KeyboardNames;

    fn layout(name: &str) -> KeyboardLayout {
        let names = KeyboardNames {
            layout: name.to_owned(),
            ..KeyboardNames::default()
        };
        KeyboardLayout::new(names).unwrap()
    }

    #[test]
    fn each_connection_learns_the_layout_once() {
        let mut wish = LayoutWish::default();
        wish.forgotten();
        assert_eq!(wish.take(), None);
        wish.changed(layout("de"));
        assert_eq!(wish.take(), Some(layout("de")));
        assert_eq!(wish.take(), None);
        assert_eq!(wish.take(), None, "it is still known");
        wish.forgotten();
        assert_eq!(wish.take(), Some(layout("de")));
        wish.changed(layout("fr"));
        wish.forgotten();
        assert_eq!(wish.take(), Some(layout("fr")));
    }
}
