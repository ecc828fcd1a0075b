//! Keys that the viewer keeps for itself.

use std::fmt;
use std::str::FromStr;

use hackstream_protocol::wire::input::KeyCode;

use crate::error::ViewError;

/// A key that means something to the viewer. None of them types anything, so that no text depends
/// on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalKey {
    code: u16,
    name: &'static str,
}

/// Names on the command line and codes (`KEY_*`).
const KEYS: [LocalKey; 17] = [
    key("F1", 59),
    key("F2", 60),
    key("F3", 61),
    key("F4", 62),
    key("F5", 63),
    key("F6", 64),
    key("F7", 65),
    key("F8", 66),
    key("F9", 67),
    key("F10", 68),
    key("F11", 87),
    key("F12", 88),
    key("Insert", 110),
    key("Menu", 127),
    key("Pause", 119),
    key("Right-Control", 97),
    key("Scroll-Lock", 70),
];

const fn key(name: &'static str, code: u16) -> LocalKey {
    LocalKey { code, name }
}

impl LocalKey {
    /// Opens the menu unless the person chooses another one.
    pub const F8: Self = KEYS[7];

    /// The key that an `option` of the command line names; `None` if it is to be none.
    ///
    /// # Errors
    /// [`ViewError::Usage`] if the viewer cannot keep it.
    pub(super) fn option(option: &str, text: &str) -> Result<Option<Self>, ViewError> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        let wrong = |why| ViewError::Usage(format!("{option} {text}: {why}"));
        text.parse().map(Some).map_err(wrong)
    }

    /// Its position on the keyboard.
    #[must_use]
    pub const fn code(self) -> KeyCode {
        KeyCode(self.code)
    }
}

impl fmt::Display for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for LocalKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut keys = KEYS.into_iter();
        let found = keys.find(|key| key.name.eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            format!("the viewer can keep none or one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_name_in_any_case() {
        assert_eq!("f8".parse(), Ok(LocalKey::F8));
        assert_eq!(LocalKey::F8.code(), KeyCode(66));
        assert_eq!(LocalKey::F8.to_string(), "F8");
        for key in KEYS {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        let error = "x".parse::<LocalKey>().expect_err("it types something");
        assert!(error.contains("Right-Control"), "{error}");
    }
}
