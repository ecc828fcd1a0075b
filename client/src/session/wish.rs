//! What the person has chosen, and each connection has to learn.

/// What was chosen, and whether the server knows it.
#[derive(Debug, Default)]
pub(super) enum Wish<T> {
    /// Nothing was.
    #[default]
    Unknown,
    /// The server is to be told.
    Due(T),
    /// It was.
    Told(T),
}

impl<T: Clone> Wish<T> {
    /// Something was chosen.
    pub(super) fn changed(&mut self, choice: T) {
        *self = Self::Due(choice);
    }

    /// There is a new connection, which knows nothing.
    pub(super) fn forgotten(&mut self) {
        *self = match std::mem::replace(self, Self::Unknown) {
            Self::Told(choice) => Self::Due(choice),
            other => other,
        };
    }

    /// What to tell the server now.
    pub(super) fn take(&mut self) -> Option<T> {
        let Self::Due(choice) = self else {
            return None;
        };
        let choice = choice.clone();
        *self = Self::Told(choice.clone());
        Some(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_learns_the_choice_once() {
        let mut wish = Wish::default();
        wish.forgotten();
        assert_eq!(wish.take(), None);
        wish.changed("de");
        assert_eq!(wish.take(), Some("de"));
        assert_eq!(wish.take(), None);
        assert_eq!(wish.take(), None, "it is still known");
        wish.forgotten();
        assert_eq!(wish.take(), Some("de"));
        wish.changed("fr");
        wish.forgotten();
        assert_eq!(wish.take(), Some("fr"));
    }
}
