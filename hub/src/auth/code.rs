//! One-use codes by which machines become nodes.

use crate::random::{NoRandomness, bytes, hex, sha256};

const PREFIX: &str = "hse_";

/// Hexadecimal digits of a code: 128 bits, which nobody guesses in its ten minutes.
const DIGITS: usize = 32;

/// A code that has the form of one. Its text stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode(String);

impl JoinCode {
    /// A new one.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        Ok(Self(format!("{PREFIX}{}", hex(&bytes::<16>()?))))
    }

    /// The code that somebody shows; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_code = digits.len() == DIGITS && digits.bytes().all(is_digit);
        is_code.then(|| Self(text.to_owned()))
    }

    /// The text, for the one to whom it belongs.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

impl std::fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_made_and_does_not_show() {
        let code = JoinCode::random().unwrap();
        assert_eq!(JoinCode::parse(code.text()), Some(code.clone()));
        assert_eq!(format!("{code:?}"), "hse_…");
        for bad in ["", "hse_", "hse_0", &code.text().to_uppercase()] {
            assert_eq!(JoinCode::parse(bad), None);
        }
    }
}
