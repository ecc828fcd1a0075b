//! Ids that sort by the time at which they were made.
//!
//! 48 bits of milliseconds and 80 random bits, written as 26 characters of Crockford's base 32: the
//! [ULID specification](https://github.com/ulid/spec). Time and randomness are arguments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::UnixMillis;

/// Characters in the written form.
pub const ULID_CHARACTERS: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// One id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ulid(u128);

/// A text is no ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of 0-9 and A-Z without I, L, O and U")]
pub struct NoUlid;

impl Ulid {
    /// The id made at `now` from ten random bytes.
    #[must_use]
    pub fn new(now: UnixMillis, random: [u8; 10]) -> Self {
        let time = u128::from(now.0 & 0xffff_ffff_ffff) << 80;
        let random = random
            .iter()
            .fold(0, |value, byte| value << 8 | u128::from(*byte));
        Self(time | random)
    }

    /// When it was made.
    #[must_use]
    pub const fn time(self) -> UnixMillis {
        UnixMillis((self.0 >> 80) as u64)
    }
}

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; ULID_CHARACTERS];
        for (place, character) in text.iter_mut().rev().enumerate() {
            *character = ALPHABET[(self.0 >> (5 * place) & 31) as usize];
        }
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Ulid {
    type Err = NoUlid;

    /// Strict: one text for each id, so that ids can be compared as texts.
    fn from_str(text: &str) -> Result<Self, NoUlid> {
        // The first character holds three bits.
        if text.len() != ULID_CHARACTERS || text.as_bytes()[0] > b'7' {
            return Err(NoUlid);
        }
        let mut value = 0;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|character| *character == byte);
            value = value << 5 | digit.ok_or(NoUlid)? as u128;
        }
        Ok(Self(value))
    }
}

impl Serialize for Ulid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ulid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_the_specification_has_its_time() {
        let id: Ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        assert_eq!(id.time(), UnixMillis(1_469_922_850_259));
        assert_eq!(id.to_string(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in [
            "",
            "01ARZ3NDEKTSV4RRFFQ69G5FA",
            "81ARZ3NDEKTSV4RRFFQ69G5FAV",
            "01arz3ndektsv4rrffq69g5fav",
            "01ARZ3NDEKTSV4RRFFQ69G5FAU",
            "01ARZ3NDEKTSV4RRFFQ69G5Fé",
        ] {
            assert_eq!(text.parse::<Ulid>(), Err(NoUlid), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_sorts_by_time(
            first in 0_u64..1 << 48, second in 0_u64..1 << 48, random: [u8; 10], other: [u8; 10],
        ) {
            let a = Ulid::new(UnixMillis(first), random);
            let b = Ulid::new(UnixMillis(second), other);
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.time(), UnixMillis(first));
            if first != second {
                prop_assert_eq!(first < second, a.to_string() < b.to_string());
            }
        }
    }
}
