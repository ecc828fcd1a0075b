//! Which clipboard, and what it can be pasted as.

use crate::wire::WireError;
use crate::wire::bytes::{Reader, Writer};

/// Which of the clipboards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection {
    /// What was copied on purpose: X's CLIPBOARD.
    Clipboard,
    /// What is marked, and pasted with the middle button: X's PRIMARY.
    Primary,
}

impl Selection {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Clipboard, Self::Primary];

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Clipboard => 0,
            Self::Primary => 1,
        }
    }

    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Clipboard => 1,
            Self::Primary => 2,
        }
    }

    pub(super) const fn from_number(value: u64) -> Result<Self, WireError> {
        match value {
            1 => Ok(Self::Clipboard),
            2 => Ok(Self::Primary),
            _ => Err(WireError::meaningless("selection", value)),
        }
    }
}

/// What contents can be pasted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// UTF-8 text.
    Text,
    /// A picture as PNG.
    Png,
    /// UTF-8 text with HTML marks.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Text, Self::Png, Self::Html];

    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Text => 1,
            Self::Png => 2,
            Self::Html => 3,
        }
    }

    pub(super) fn from_number(value: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.number() == value)
    }
}

/// A set of formats.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Formats(u8);

impl Formats {
    /// The empty set: a clipboard that holds nothing.
    pub const NONE: Self = Self(0);

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `format` is in it.
    #[must_use]
    pub const fn contains(self, format: Format) -> bool {
        self.0 & Self::bit(format) != 0
    }

    /// What is in it.
    pub fn iter(self) -> impl Iterator<Item = Format> {
        Format::ALL
            .into_iter()
            .filter(move |format| self.contains(*format))
    }

    const fn bit(format: Format) -> u8 {
        1 << format.number()
    }

    pub(super) fn put(self, out: &mut Vec<u8>) {
        self.iter()
            .for_each(|format| out.put_varint(format.number()));
    }

    /// Reads the numbers in a field; those that this version does not know are left out.
    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, WireError> {
        let mut formats = Self::NONE;
        while !reader.is_empty() {
            formats.extend(Format::from_number(reader.varint()?));
        }
        Ok(formats)
    }
}

impl Extend<Format> for Formats {
    fn extend<T: IntoIterator<Item = Format>>(&mut self, formats: T) {
        formats
            .into_iter()
            .for_each(|format| self.0 |= Self::bit(format));
    }
}

impl FromIterator<Format> for Formats {
    fn from_iter<T: IntoIterator<Item = Format>>(formats: T) -> Self {
        let mut set = Self::NONE;
        set.extend(formats);
        set
    }
}

impl core::fmt::Debug for Formats {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
