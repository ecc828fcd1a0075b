//! Names of sessions and nodes.

use std::fmt;
use std::str::FromStr;

/// Longest name in bytes; a ULID has 26.
pub(crate) const MAX_NAME_BYTES: usize = 64;

/// The text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {MAX_NAME_BYTES} letters, digits, dots, dashes and underscores, and begins with a letter or digit"
)]
pub struct NameError;

/// Checks that a text can be a part of a path, of a host name's label and of a log line.
fn checked(text: &str) -> Result<String, NameError> {
    let fits = (1..=MAX_NAME_BYTES).contains(&text.len());
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if fits && begins_well && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(NameError)
    }
}

macro_rules! name {
    ($(#[$about:meta])* $type:ident) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                checked(text).map(Self)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Which session: what the control plane calls it, such as a ULID. At most 64 bytes, safe in
    /// paths and log lines.
    SessionId
}

name! {
    /// Which node the session runs on. At most 64 bytes, safe in paths and log lines.
    NodeId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_paths_and_logs() {
        for good in [
            "01JDXW6YB2X6A7K4R7Q1ZV3N5M",
            "a",
            "node-1.example_2",
            &"x".repeat(64),
        ] {
            assert_eq!(good.parse::<SessionId>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "..",
            "-x",
            "_",
            "a/b",
            "a b",
            "a\n",
            "é",
            "a\0",
            &"x".repeat(65),
        ] {
            assert_eq!(bad.parse::<NodeId>(), Err(NameError), "{bad:?}");
        }
    }
}
