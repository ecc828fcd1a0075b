//! Text of the viewer's own over the picture.

/// What is written over the picture, in panels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    /// Measurements.
    pub(crate) statistics: Vec<Line>,
    /// What the person must know of the connection.
    pub(crate) notice: Vec<Line>,
    /// How far files are.
    pub(crate) files: Vec<Line>,
    /// The menu, while it is open.
    pub(crate) menu: Vec<Line>,
}

/// A line of a panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// At the left edge.
    pub(crate) text: String,
    /// At the right edge; may be empty.
    pub(crate) end: String,
    pub(crate) look: Look,
}

/// What a line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    #[default]
    Plain,
    /// Says what the panel is about.
    Heading,
    /// What the person is about to choose.
    Chosen,
    /// Of less weight.
    Faint,
    /// No text: a line across the panel.
    Rule,
}

impl Line {
    /// Text at the left edge.
    pub(crate) fn new(look: Look, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            end: String::new(),
            look,
        }
    }

    /// A line across the panel.
    pub(crate) const fn rule() -> Self {
        Self {
            text: String::new(),
            end: String::new(),
            look: Look::Rule,
        }
    }

    /// Letters that it takes, the gap between its texts included.
    pub(crate) fn columns(&self) -> usize {
        let end = match self.end.chars().count() {
            0 => 0,
            letters => letters + 2,
        };
        self.text.chars().count() + end
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new(Look::Plain, text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new(Look::Plain, text)
    }
}
