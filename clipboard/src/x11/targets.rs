//! What X programs call the formats.

use hackstream_protocol::wire::clipboard::{Format, Formats};
use x11rb::protocol::xproto::{Atom, AtomEnum};

use super::display::Atoms;

/// How the text of a target is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// As it is.
    Utf8,
    /// The ICCCM's STRING: ISO Latin-1.
    Latin1,
}

/// A format under one of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: Atom,
    pub(super) format: Format,
    pub(super) charset: Charset,
}

/// All of them, the better ones of a format first.
pub(super) fn all(atoms: &Atoms) -> [Target; 7] {
    let target = |name, format, charset| Target {
        name,
        format,
        charset,
    };
    let string = Atom::from(AtomEnum::STRING);
    [
        target(atoms.UTF8_STRING, Format::Text, Charset::Utf8),
        target(atoms.TEXT_UTF8, Format::Text, Charset::Utf8),
        target(atoms.TEXT_PLAIN, Format::Text, Charset::Utf8),
        target(string, Format::Text, Charset::Latin1),
        target(atoms.TEXT, Format::Text, Charset::Utf8),
        target(atoms.IMAGE_PNG, Format::Png, Charset::Utf8),
        target(atoms.TEXT_HTML, Format::Html, Charset::Utf8),
    ]
}

/// The formats among what a program says that it offers.
pub(super) fn formats(atoms: &Atoms, offered: &[Atom]) -> Formats {
    let known = all(atoms).into_iter();
    let known = known.filter(|target| offered.contains(&target.name));
    known.map(|target| target.format).collect()
}

/// The best name of a format among what a program says that it offers.
pub(super) fn best(atoms: &Atoms, offered: &[Atom], format: Format) -> Option<Target> {
    let mut known = all(atoms).into_iter();
    known.find(|target| target.format == format && offered.contains(&target.name))
}

impl Charset {
    /// Text of a program in this charset as UTF-8, which may yet be invalid.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Vec<u8> {
        if self == Self::Utf8 || bytes.is_ascii() {
            return bytes;
        }
        let text: String = bytes.into_iter().map(char::from).collect();
        text.into_bytes()
    }

    /// UTF-8 text for a program that wants this charset; what it lacks becomes a question mark.
    pub(super) fn encode(self, bytes: Vec<u8>) -> Vec<u8> {
        if self == Self::Utf8 || bytes.is_ascii() {
            return bytes;
        }
        let text = String::from_utf8_lossy(&bytes);
        let latin1 = |c| u8::try_from(c).unwrap_or(b'?');
        text.chars().map(latin1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_goes_both_ways_as_far_as_it_goes() {
        let bytes = vec![b'a', 0xe9, 0xff];
        let text = Charset::Latin1.decode(bytes.clone());
        assert_eq!(String::from_utf8_lossy(&text), "aéÿ");
        assert_eq!(Charset::Latin1.encode(text), bytes);
        let beyond = "ж€".as_bytes().to_vec();
        assert_eq!(Charset::Latin1.encode(beyond.clone()), b"??");
        assert_eq!(Charset::Utf8.encode(beyond.clone()), beyond);
    }
}
