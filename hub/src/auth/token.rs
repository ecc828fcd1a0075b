//! Tokens: random texts that the hub keeps only as hashes.
//!
//! `hsa_` or another prefix, 64 hexadecimal digits of randomness, and 8 of a checksum by which a
//! program, or a scanner for leaked secrets, knows a token from a typing error.

use crate::random::{NoRandomness, bytes, hex, sha256};

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Requests of a person, for some minutes.
    Access,
    /// The next access token, once.
    Refresh,
    /// Requests of a program.
    Service,
    /// Requests of a node.
    Node,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Access, Self::Refresh, Self::Service, Self::Node];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "hsa_",
            Self::Refresh => "hsr_",
            Self::Service => "hss_",
            Self::Node => "hsn_",
        }
    }

    /// As it stands in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Service => "service",
            Self::Node => "node",
        }
    }
}

const SECRET_DIGITS: usize = 64;
const CHECKSUM_DIGITS: usize = 8;

/// A token that has the form of one. Its text stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    kind: Kind,
    text: String,
}

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn random(kind: Kind) -> Result<Self, NoRandomness> {
        Ok(Self::of(kind, &bytes::<32>()?))
    }

    /// The one of these bytes, which nobody else may know.
    #[must_use]
    pub fn of(kind: Kind, secret: &[u8; 32]) -> Self {
        let text = format!("{}{}", kind.prefix(), hex(secret));
        let checksum = checksum(&text);
        Self {
            kind,
            text: text + &checksum,
        }
    }

    /// The token that somebody shows; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))?;
        let length = kind.prefix().len() + SECRET_DIGITS;
        if text.len() != length + CHECKSUM_DIGITS || !text.is_ascii() {
            return None;
        }
        let (secret, sum) = text.split_at(length);
        (checksum(secret) == sum).then(|| Self {
            kind,
            text: text.to_owned(),
        })
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The text, for the one to whom it belongs.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the store keeps of it. The text has 256 random bits: no need to make hashing slow.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.text.as_bytes())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

fn checksum(text: &str) -> String {
    hex(&sha256(text.as_bytes())[..CHECKSUM_DIGITS / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_made(secret: [u8; 32], kind in 0_usize..4) {
            let token = Token::of(Kind::ALL[kind], &secret);
            prop_assert_eq!(Token::parse(token.text()), Some(token));
        }

        #[test]
        fn a_typing_error_is_seen(secret: [u8; 32], place in 4_usize..76, other in "[0-9a-f]") {
            let token = Token::of(Kind::Access, &secret);
            let mut text = token.text().to_owned();
            text.replace_range(place..=place, &other);
            prop_assume!(text != token.text());
            prop_assert_eq!(Token::parse(&text), None);
        }

        #[test]
        fn no_text_makes_it_panic(text: String, tail in "\\PC{72}") {
            prop_assert_eq!(Token::parse(&text), None);
            prop_assert_eq!(Token::parse(&format!("hsa_{tail}")), None);
        }
    }

    #[test]
    fn the_text_does_not_get_into_logs() {
        let token = Token::of(Kind::Refresh, &[7; 32]);
        assert_eq!(format!("{token:?}"), "hsr_…");
    }
}
